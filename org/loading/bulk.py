"""Writes many rows at once: COPY in batches, with secondary indexes out of the way.

Everything happens in the caller's transaction, dropping and building indexes included: whatever
breaks off in the middle, the server too, leaves tables, constraints and indexes as they were.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import psycopg
from django.db import connection

Progress = Callable[[str, int, int], None]
"""Called with the stage, how much of it is done and how much it has."""

_BATCH: Final = 5_000
_AHEAD: Final = 6
_BUILD_MEMORY: Final = "256MB"
# Primary keys stay: they are filled in order, which costs little, and others' foreign keys hang on
# them. Checks cost nothing either.
_CONSTRAINTS: Final = """
SELECT conrelid::regclass::text, conname, contype::text, pg_get_constraintdef(oid)
  FROM pg_constraint WHERE conrelid = ANY(%s::regclass[]) AND contype IN ('u', 'x', 'f')
 ORDER BY contype = 'f', conname"""
_INDEXES: Final = """
SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i
 WHERE i.indrelid = ANY(%s::regclass[]) AND NOT i.indisprimary
   AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)
 ORDER BY 1"""


@dataclass(frozen=True, slots=True)
class _Dropped:
    """How to take an index or a constraint away, and how to bring it back."""

    name: str
    drop: str
    create: str


def reserve(table: str, count: int) -> int:
    """The first of `count` ids that nobody else will get."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [table])
        first: int = cursor.fetchone()[0]
        if count > 1:
            cursor.execute(
                "SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [table, first + count - 1]
            )
    return first


def copy(
    table: str,
    columns: str,
    rows: Iterable[Sequence[object]],
    total: int,
    stage: str,
    progress: Progress,
) -> None:
    """The rows stand in the table, in batches; None is NULL."""
    done = 0
    progress(stage, 0, total)
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as stream,
    ):
        waiting = iter(rows)
        while batch := list(islice(waiting, _BATCH)):
            stream.write("".join(_line(row) for row in batch))
            done += len(batch)
            progress(stage, done, total)


@contextmanager
def writing_behind() -> Iterator[Callable[[str, str, Sequence[str]], None]]:
    """Within, lines in COPY's text form are written while the caller makes the next ones.

    It is given table, columns and lines, and waits once a few batches are ahead of the database.
    The transaction is the caller's: the same connection, lent to one thread at a time.
    """
    connection.ensure_connection()
    raw: psycopg.Connection[Any] = connection.connection
    ahead: deque[Future[None]] = deque()

    def send(table: str, columns: str, lines: Sequence[str]) -> None:
        with raw.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as stream:
            for start in range(0, len(lines), _BATCH):
                stream.write("".join(lines[start : start + _BATCH]))

    with ThreadPoolExecutor(max_workers=1) as pool:

        def write(table: str, columns: str, lines: Sequence[str]) -> None:
            ahead.append(pool.submit(send, table, columns, lines))
            while len(ahead) > _AHEAD:
                ahead.popleft().result()

        yield write
        while ahead:
            ahead.popleft().result()


@contextmanager
def indexes_off(tables: Collection[str], *, stage: str, progress: Progress) -> Iterator[None]:
    """Within, the tables have primary keys and checks only; afterwards all is built and checked.

    Nobody else reads or writes the tables until the transaction ends.
    """
    dropped = _secondary(tables)
    # A table with checks still to be made of rows written before cannot be altered.
    _run("SET CONSTRAINTS ALL IMMEDIATE")
    for item in dropped:
        _run(item.drop)
    yield
    # Foreign keys are checked at once by a join; their queue of checks by row is empty.
    _run(f"SET LOCAL maintenance_work_mem = '{_BUILD_MEMORY}'")
    progress(stage, 0, len(dropped))
    for done, item in enumerate(dropped, start=1):
        _run(item.create)
        progress(stage, done, len(dropped))


def analyse(tables: Iterable[str]) -> None:
    """The planner knows what stands in the tables."""
    for table in tables:
        _run(f"ANALYZE {table}")


def array(values: Iterable[str]) -> str:
    """A list of texts as PostgreSQL reads an array."""
    quoted = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return "{" + ",".join(f'"{value}"' for value in quoted) + "}"


def octets(value: bytes) -> str:
    """Bytes as PostgreSQL reads them."""
    return "\\x" + value.hex()


def _secondary(tables: Collection[str]) -> list[_Dropped]:
    with connection.cursor() as cursor:
        cursor.execute(_INDEXES, [list(tables)])
        found = [_Dropped(name, f"DROP INDEX {name}", create) for name, create in cursor.fetchall()]
        cursor.execute(_CONSTRAINTS, [list(tables)])
        found += [
            _Dropped(
                name,
                f"ALTER TABLE {table} DROP CONSTRAINT {name}",
                f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}",
            )
            for table, name, _type, definition in cursor.fetchall()
        ]
    return found


def _run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def _line(row: Sequence[object]) -> str:
    return "\t".join("\\N" if cell is None else _escaped(str(cell)) for cell in row) + "\n"


def _escaped(text: str) -> str:
    if "\\" not in text and text.isprintable():
        return text
    text = text.replace("\\", "\\\\").replace("\t", "\\t")
    return text.replace("\n", "\\n").replace("\r", "\\r")
