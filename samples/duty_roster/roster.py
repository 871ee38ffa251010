"""Who is on duty when, in a SQLite file of the app's own."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

_TABLE = """
CREATE TABLE IF NOT EXISTS duty (
  day TEXT PRIMARY KEY, sub TEXT NOT NULL, name TEXT NOT NULL, unit_name TEXT NOT NULL,
  set_by TEXT NOT NULL
)"""


@dataclass(frozen=True, slots=True)
class Duty:
    """One person's day on duty."""

    day: date
    sub: str
    name: str
    unit_name: str
    set_by: str


class Roster:
    """The table; a connection per call, so that any thread may use it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with closing(self._connect()) as connection, connection:
            connection.execute(_TABLE)

    def week(self, monday: date) -> dict[date, Duty]:
        """The duties of the seven days from that Monday, by day."""
        days = (monday.isoformat(), (monday + timedelta(days=6)).isoformat())
        with closing(self._connect()) as connection:
            rows = connection.execute(
                "SELECT day, sub, name, unit_name, set_by FROM duty WHERE day BETWEEN ? AND ?", days
            ).fetchall()
        duties = [Duty(date.fromisoformat(day), *rest) for day, *rest in rows]
        return {duty.day: duty for duty in duties}

    def on(self, day: date) -> Duty | None:
        """Who is on duty that day."""
        return self.week(day - timedelta(days=day.weekday())).get(day)

    def put(self, duty: Duty) -> None:
        """The day is that person's, whoever had it before."""
        values = (duty.day.isoformat(), duty.sub, duty.name, duty.unit_name, duty.set_by)
        with closing(self._connect()) as connection, connection:
            connection.execute("INSERT OR REPLACE INTO duty VALUES (?, ?, ?, ?, ?)", values)

    def clear(self, day: date) -> None:
        """Nobody is on duty that day."""
        with closing(self._connect()) as connection, connection:
            connection.execute("DELETE FROM duty WHERE day = ?", (day.isoformat(),))

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=10)
