"""What outlives a restart: how far each conversation was read, and what is not sent yet."""

import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol


class Store(Protocol):
    """Keeps cursors, marks and the outbox. Each call is whole before it returns."""

    def cursor(self, conversation_id: int) -> int | None:
        """The last entry that the program is done with; None where it has seen none."""

    def advance(self, conversation_id: int, seq: int) -> None:
        """The program is done with everything up to the entry; never less than before."""

    def marks(self) -> Mapping[int, int]:
        """Read marks that the server has not acknowledged, by conversation."""

    def mark(self, conversation_id: int, seq: int) -> None:
        """The mark has to be told."""

    def unmark(self, conversation_id: int, seq: int) -> None:
        """The mark is told, unless a later one stands there by now."""

    def waiting(self) -> list[dict[str, Any]]:
        """What is not acknowledged, in the order in which it was said."""

    def put(self, item: Mapping[str, Any]) -> None:
        """The item (`id`, `conversation_id`, …) waits from now on."""

    def drop(self, item_id: str) -> None:
        """The item is acknowledged, or given up."""

    def close(self) -> None:
        """Nothing is asked of the store any more."""


class MemoryStore:
    """Forgets with the program."""

    def __init__(self) -> None:
        self._cursors: dict[int, int] = {}
        self._marks: dict[int, int] = {}
        self._items: dict[str, dict[str, Any]] = {}

    def cursor(self, conversation_id: int) -> int | None:
        """See Store."""
        return self._cursors.get(conversation_id)

    def advance(self, conversation_id: int, seq: int) -> None:
        """See Store."""
        self._cursors[conversation_id] = max(self._cursors.get(conversation_id, 0), seq)

    def marks(self) -> Mapping[int, int]:
        """See Store."""
        return dict(self._marks)

    def mark(self, conversation_id: int, seq: int) -> None:
        """See Store."""
        self._marks[conversation_id] = max(self._marks.get(conversation_id, 0), seq)

    def unmark(self, conversation_id: int, seq: int) -> None:
        """See Store."""
        if self._marks.get(conversation_id, 0) <= seq:
            self._marks.pop(conversation_id, None)

    def waiting(self) -> list[dict[str, Any]]:
        """See Store."""
        return [dict(item) for item in self._items.values()]

    def put(self, item: Mapping[str, Any]) -> None:
        """See Store."""
        self._items[str(item["id"])] = dict(item)

    def drop(self, item_id: str) -> None:
        """See Store."""
        self._items.pop(item_id, None)

    def close(self) -> None:
        """See Store."""


_TABLES = """
CREATE TABLE IF NOT EXISTS cursor (conversation_id INTEGER PRIMARY KEY, seq INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS mark (conversation_id INTEGER PRIMARY KEY, seq INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS outbox (
    place INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, content TEXT NOT NULL);
"""


class SqliteStore:
    """A file that survives the program and the machine's fall. One program uses it at a time."""

    def __init__(self, path: Path | str) -> None:
        self._base = sqlite3.connect(path, isolation_level=None)
        self._base.execute("PRAGMA journal_mode = WAL")
        self._base.execute("PRAGMA synchronous = FULL")
        self._base.executescript(_TABLES)

    def cursor(self, conversation_id: int) -> int | None:
        """See Store."""
        found = self._base.execute(
            "SELECT seq FROM cursor WHERE conversation_id = ?", (conversation_id,)
        ).fetchone()
        return int(found[0]) if found else None

    def advance(self, conversation_id: int, seq: int) -> None:
        """See Store."""
        self._base.execute(
            "INSERT INTO cursor VALUES (?, ?)"
            " ON CONFLICT (conversation_id) DO UPDATE SET seq = max(seq, excluded.seq)",
            (conversation_id, seq),
        )

    def marks(self) -> Mapping[int, int]:
        """See Store."""
        return dict(self._base.execute("SELECT conversation_id, seq FROM mark").fetchall())

    def mark(self, conversation_id: int, seq: int) -> None:
        """See Store."""
        self._base.execute(
            "INSERT INTO mark VALUES (?, ?)"
            " ON CONFLICT (conversation_id) DO UPDATE SET seq = max(seq, excluded.seq)",
            (conversation_id, seq),
        )

    def unmark(self, conversation_id: int, seq: int) -> None:
        """See Store."""
        self._base.execute(
            "DELETE FROM mark WHERE conversation_id = ? AND seq <= ?", (conversation_id, seq)
        )

    def waiting(self) -> list[dict[str, Any]]:
        """See Store."""
        rows = self._base.execute("SELECT content FROM outbox ORDER BY place").fetchall()
        return [json.loads(content) for (content,) in rows]

    def put(self, item: Mapping[str, Any]) -> None:
        """See Store."""
        self._base.execute(
            "INSERT OR IGNORE INTO outbox (id, content) VALUES (?, ?)",
            (item["id"], json.dumps(dict(item), ensure_ascii=False)),
        )

    def drop(self, item_id: str) -> None:
        """See Store."""
        self._base.execute("DELETE FROM outbox WHERE id = ?", (item_id,))

    def close(self) -> None:
        """See Store."""
        self._base.close()
