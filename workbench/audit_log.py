"""What the audit page reads and exports: entries by time, person, act and object, newest first."""

import csv
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from io import TextIOWrapper
from itertools import islice
from tempfile import SpooledTemporaryFile
from typing import IO

from django.utils import timezone

from core import audit, errors, paging
from core.actor import Actor
from org.queries import people, units
from workbench import audit_words

PER_PAGE = 50
EXPORTED_AT_MOST = 50_000
_CHANGES_OF_MESSAGES = frozenset({"messaging.message.edited", "messaging.message.recalled"})
_BATCH = 500
_IN_MEMORY = 4 * 1024 * 1024
_HEADINGS = (
    "时间", "操作人", "操作", "操作代码", "对象", "内容", "地址", "链", "序号", "SM3 摘要",
)  # fmt: skip


class ExportTooLong(errors.Invalid):
    """More entries fit than one table may hold."""

    code = "WORKBENCH_AUDIT_EXPORT_TOO_LONG"
    message = "符合条件的记录超过 {at_most} 条，请缩小时间范围后再导出"


@dataclass(frozen=True, slots=True)
class Filters:
    """What the auditor asked for; empty fields don't narrow."""

    action: str = ""
    name: str = ""
    address: str = ""
    object_kind: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One entry as the page shows it."""

    id: int
    at: datetime
    actor_name: str
    action: str
    code: str
    subject: str
    subject_code: str
    detail: str
    raw: str
    address: str
    chain: int
    seq: int
    digest: str
    message: tuple[int, int] | None
    """Conversation and seq of a message that said something else before."""


def page(filters: Filters, *, cursor: str | None, at: datetime) -> paging.Page[Line]:
    """The entries that fit, newest first, people and units by the names they have now."""
    found = audit.entries(_asked(filters), cursor=cursor, limit=PER_PAGE)
    names = _names(audit_words.spoken_of(found.items), at=at)
    return paging.Page([_line(entry, names) for entry in found.items], found.next_cursor)


def export(filters: Filters, *, actor: Actor, at: datetime) -> IO[bytes]:
    """The entries that fit as a CSV file (UTF-8 with BOM), newest first; ExportTooLong.

    That they were taken away stands in the log before the file is handed out.
    """
    asked = _asked(filters)
    count = audit.count(asked, at_most=EXPORTED_AT_MOST + 1)
    if count > EXPORTED_AT_MOST:
        raise ExportTooLong(at_most=EXPORTED_AT_MOST)
    audit.note_export(actor=actor, asked=_spelled(filters), count=count, now=at)
    # Closed by the response that sends it.
    table = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115
    text = TextIOWrapper(table, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(_HEADINGS)
    entries = audit.walk(asked, at_most=EXPORTED_AT_MOST)
    while batch := list(islice(entries, _BATCH)):
        names = _names(audit_words.spoken_of(batch), at=at)
        writer.writerows(_cells(_line(entry, names)) for entry in batch)
    text.detach()
    table.seek(0)
    return table


def _cells(line: Line) -> list[str]:
    at = timezone.localtime(line.at).isoformat(sep=" ", timespec="milliseconds")
    cells = [at, line.actor_name, line.action, line.code, line.subject, line.detail, line.address]
    return [*map(_inert, cells), str(line.chain), str(line.seq), line.digest]


def _inert(text: str) -> str:
    """The text so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _spelled(filters: Filters) -> dict[str, str]:
    return {name: str(value) for name, value in asdict(filters).items() if value}


def _asked(filters: Filters) -> audit.Filters:
    return audit.Filters(
        actions=frozenset(audit_words.codes_of(filters.action)) if filters.action else None,
        actor_name=filters.name,
        address=filters.address,
        object_kind=filters.object_kind,
        since=_start_of(filters.since) if filters.since else None,
        until=_start_of(filters.until + timedelta(days=1)) if filters.until else None,
    )


def _names(spoken: audit_words.Spoken, *, at: datetime) -> audit_words.Names:
    held = people.names(spoken.person_ids, at=at) if spoken.person_ids else {}
    known = units.names(spoken.unit_ids) if spoken.unit_ids else {}
    return audit_words.Names(
        people={identifier: person.name for identifier, person in held.items()},
        units={identifier: unit.name for identifier, unit in known.items()},
    )


def _line(entry: audit.Entry, names: audit_words.Names) -> Line:
    return Line(
        id=entry.id,
        at=entry.at,
        actor_name=audit_words.actor(entry.actor_name),
        action=audit_words.action(entry.action),
        code=entry.action,
        subject=audit_words.subject(entry.object_kind, entry.object_id, names),
        subject_code=f"{entry.object_kind} {entry.object_id}",
        detail=audit_words.details(entry.action, entry.detail, names),
        raw=audit_words.raw(entry.detail),
        address=entry.address,
        chain=entry.chain,
        seq=entry.seq,
        digest=entry.digest,
        message=_message(entry),
    )


def _message(entry: audit.Entry) -> tuple[int, int] | None:
    if entry.action not in _CHANGES_OF_MESSAGES:
        return None
    conversation_id, _, seq = entry.object_id.partition("#")
    return int(conversation_id), int(seq)


def _start_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
