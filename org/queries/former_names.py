"""Names and codes of before: they lead to who goes on, and an abolished unit tells of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from org.queries import history
from org.queries.units import UnitName
from org.queries.visibility import Viewer

_FORMER_AT_LEAST: Final = 2
_FORMER: Final = """
WITH RECURSIVE old AS (
  (SELECT u.id, u.name, u.code FROM org_unit u
    WHERE u.valid_to IS NOT NULL AND u.valid_to <= %(at)s
      AND (u.code = %(code)s OR u.name LIKE %(part)s) ORDER BY u.id LIMIT 10)
  UNION
  (SELECT p.unit_id, p.name, p.code FROM org_unitpast p JOIN org_unit u ON u.id = p.unit_id
    WHERE (p.code = %(code)s AND p.code <> u.code OR p.name LIKE %(start)s AND p.name <> u.name)
    ORDER BY p.id LIMIT 10)
), followed AS (
  SELECT id AS old_id, id FROM old
  UNION
  SELECT f.old_id, s.successor_id FROM followed f JOIN org_unit u ON u.id = f.id
    JOIN org_unitsuccession s ON s.predecessor_id = u.id AND s.since = u.valid_to
   WHERE u.valid_to <= %(at)s
)
SELECT DISTINCT old.id, u.id, old.name, old.code FROM followed JOIN old ON old.id = followed.old_id
  JOIN org_unit u ON u.id = followed.id
 WHERE u.valid_from <= %(at)s AND (u.valid_to IS NULL OR u.valid_to > %(at)s)
 ORDER BY u.id, old.id LIMIT 20"""


@dataclass(frozen=True, slots=True)
class Ending:
    """When a unit ceased, and who goes on with what it did."""

    at: datetime
    successors: tuple[UnitName, ...]


@dataclass(frozen=True, slots=True)
class Former:
    """A standing unit, found by a name or code of before."""

    unit: UnitName
    name: str
    code: str


def ending(unit_id: int, *, viewer: Viewer) -> Ending | None:
    """When the unit ceased and who goes on with what it did; None while it stands."""
    rows = _fetch("SELECT valid_to FROM org_unit WHERE id = %(id)s", {"id": unit_id})
    if not rows or rows[0][0] is None:
        return None
    return Ending(at=rows[0][0], successors=tuple(history.successors(unit_id, viewer=viewer)))


def formerly(text: str, *, at: datetime, viewer: Viewer) -> list[Former]:
    """The standing units that go on with what once bore the name or code, told by it.

    Abolished units are found by any part of the name, earlier names by how they begin. Where the
    viewer sees either end no more, there is nothing.
    """
    wanted = text.strip()
    if len(wanted) < _FORMER_AT_LEAST:
        return []
    pattern = wanted.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    rows = _fetch(
        _FORMER,
        {"at": at, "code": wanted.upper(), "part": f"%{pattern}%", "start": f"{pattern}%"},
    )
    named = {
        unit.id: unit for unit in history.shown(list({one for r in rows for one in r[:2]}), viewer)
    }
    return [
        Former(unit=named[now_id], name=name, code=code)
        for old_id, now_id, name, code in rows
        if old_id in named and now_id in named
    ]


def _fetch(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
