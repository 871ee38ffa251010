"""How the units of a reorganisation stand before and after it, and whom it touches."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

_STANDS: Final = "u.valid_from <= %(at)s AND (u.valid_to IS NULL OR u.valid_to > %(at)s)"
_HOLDS: Final = "a.valid_from <= %(at)s AND (a.valid_to IS NULL OR a.valid_to > %(at)s)"
_LIVE: Final = (
    "g.revoked_at IS NULL AND g.valid_from <= %(at)s"
    " AND (g.valid_until IS NULL OR g.valid_until > %(at)s)"
)
_BELOW: Final = (
    "SELECT DISTINCT b.id FROM org_unit t JOIN org_unit b ON b.tree_id = t.tree_id"
    " AND b.lft BETWEEN t.lft AND t.rght WHERE t.id = ANY(%(ids)s)"
)


@dataclass(frozen=True, slots=True)
class PlacedUnit:
    """A unit as it stands; `people` are those at and below it, None for a unit of context."""

    id: int
    name: str
    code: str
    kind: str
    level: int
    parent_id: int | None
    sort: int
    stands: bool
    child_count: int
    people: int | None


Snapshot = Mapping[int, PlacedUnit]


@dataclass(frozen=True, slots=True)
class Held:
    """An appointment that holds: whose, where, and under which title."""

    appointment_id: int
    person_id: int
    unit_id: int
    title: str
    kind: str


@dataclass(frozen=True, slots=True)
class Below:
    """Everything at and below some units: what the higher apps count their own by."""

    unit_ids: tuple[int, ...]
    person_ids: tuple[int, ...]
    grants: int


def snapshot(
    focus_ids: Collection[int],
    context_ids: Collection[int],
    *,
    at: datetime,
    near_ids: Collection[int] = (),
) -> Snapshot:
    """The units in focus with those directly below them, the context, and the way up from all.

    `near_ids` are counted like those below a focus, wherever they stand now.

    Everything is read in one statement from the live numbers of the tree.
    """
    rows = _fetch(
        f"""
        WITH RECURSIVE up AS (
          SELECT id, parent_id FROM org_unit
           WHERE id = ANY(%(ids)s) OR id = ANY(%(context)s) OR id = ANY(%(near)s)
          UNION
          SELECT p.id, p.parent_id FROM org_unit p JOIN up c ON p.id = c.parent_id
        ), wanted AS (
          SELECT id, id = ANY(%(ids)s) OR id = ANY(%(near)s) AS near FROM up
          UNION SELECT id, TRUE FROM org_unit WHERE parent_id = ANY(%(ids)s)
        )
        SELECT u.id, u.name, u.code, u.kind, u.level, u.parent_id, u.sort, {_STANDS},
               (SELECT count(*) FROM org_unit c WHERE c.parent_id = u.id
                  AND c.valid_from <= %(at)s AND (c.valid_to IS NULL OR c.valid_to > %(at)s)),
               CASE WHEN bool_or(w.near) THEN (
                 SELECT count(DISTINCT a.person_id) FROM org_unit b
                   JOIN org_appointment a ON a.unit_id = b.id AND {_HOLDS}
                  WHERE b.tree_id = u.tree_id AND b.lft BETWEEN u.lft AND u.rght) END
          FROM wanted w JOIN org_unit u ON u.id = w.id GROUP BY u.id""",
        {
            "ids": list(focus_ids),
            "context": list(context_ids),
            "near": list(near_ids),
            "at": at,
        },
    )
    return {row[0]: PlacedUnit(*row) for row in rows}


def held_below(unit_ids: Collection[int], *, at: datetime) -> dict[int, Held]:
    """The appointments that hold at or below the units, by id."""
    rows = _fetch(
        f"SELECT a.id, a.person_id, a.unit_id, t.title, a.kind FROM ({_BELOW}) b"
        f" JOIN org_appointment a ON a.unit_id = b.id AND {_HOLDS}"
        " JOIN org_post t ON t.id = a.post_id",
        {"ids": list(unit_ids), "at": at},
    )
    return {row[0]: Held(*row) for row in rows}


def below(unit_ids: Collection[int], *, at: datetime) -> Below:
    """What stands at and below the units: units, people, rights over them."""
    values: dict[str, Any] = {"ids": list(unit_ids), "at": at}
    rows = _fetch(
        f"SELECT b.id FROM ({_BELOW}) b JOIN org_unit u ON u.id = b.id WHERE {_STANDS}", values
    )
    here = [row[0] for row in rows]
    people = [
        row[0]
        for row in _fetch(
            "SELECT DISTINCT a.person_id FROM org_appointment a"
            f" WHERE a.unit_id = ANY(%(ids)s) AND {_HOLDS}",
            {"ids": here, "at": at},
        )
    ]
    ((grants,),) = _fetch(
        f"SELECT count(*) FROM org_admingrant g WHERE g.root_id = ANY(%(ids)s) AND {_LIVE}",
        {"ids": here, "at": at},
    )
    return Below(tuple(here), tuple(people), grants)


def account_count(person_ids: Collection[int]) -> int:
    """How many of the people have an active account."""
    rows = _fetch(
        "SELECT count(*) FROM org_account c WHERE c.person_id = ANY(%(ids)s) AND c.is_active",
        {"ids": list(person_ids)},
    )
    return int(rows[0][0])


def successors(unit_ids: Collection[int]) -> dict[int, list[int]]:
    """The units that go on with what these did."""
    found: dict[int, list[int]] = {}
    for old, new in _fetch(
        "SELECT predecessor_id, successor_id FROM org_unitsuccession"
        " WHERE predecessor_id = ANY(%(ids)s) ORDER BY predecessor_id, successor_id",
        {"ids": list(unit_ids)},
    ):
        found.setdefault(old, []).append(new)
    return found


def strangers(unit_ids: Collection[int], scope_id: int) -> list[int]:
    """Those of the units that do not stand below the scope; the scope itself is one of them."""
    rows = _fetch(
        "SELECT u.id FROM org_unit u JOIN org_unit r ON r.id = %(scope)s WHERE u.id = ANY(%(ids)s)"
        " AND NOT (u.id <> r.id AND u.tree_id = r.tree_id AND u.lft BETWEEN r.lft AND r.rght)"
        " ORDER BY u.id",
        {"ids": list(unit_ids), "scope": scope_id},
    )
    return [row[0] for row in rows]


def serves_below(person_id: int, scope_id: int, *, at: datetime) -> bool:
    """The person holds an appointment at or below the scope."""
    rows = _fetch(
        "SELECT EXISTS (SELECT 1 FROM org_unit r JOIN org_unit u ON u.tree_id = r.tree_id"
        " AND u.lft BETWEEN r.lft AND r.rght JOIN org_appointment a ON a.unit_id = u.id"
        f" AND a.person_id = %(person)s AND {_HOLDS} WHERE r.id = %(scope)s)",
        {"person": person_id, "scope": scope_id, "at": at},
    )
    return bool(rows[0][0])


def _fetch(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
