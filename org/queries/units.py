"""Units by id, by place in the tree and by name."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from core import paging
from org import codes, errors, policies
from org import names as readings
from org.kinds import UnitKind
from org.models import Unit

_CHILDREN: Final = paging.Cursors("org.children", tuple[int, int])

_FIELDS = ("id", "code", "name", "short_name", "kind", "level", "parent_id")
_COLUMNS = ", ".join(f"u.{field}" for field in _FIELDS)
_STANDS = "u.valid_from <= %(at)s AND (u.valid_to IS NULL OR u.valid_to > %(at)s)"
_ANCESTORS = """
WITH RECURSIVE up AS (
  SELECT id, parent_id, 0 AS height FROM org_unit WHERE id = %(id)s
  UNION ALL
  SELECT p.id, p.parent_id, c.height + 1 FROM org_unit p JOIN up c ON p.id = c.parent_id
)"""
# People of a range are counted from one of two ends: near the top from the appointments, of which
# there are fewer than units; further down from the few units of the range. The planner cannot
# tell, for it does not know the range.
_HOLDS = "a.valid_from <= %(at)s AND (a.valid_to IS NULL OR a.valid_to > %(at)s)"
_HELD = f"""SELECT a.person_id, b.tree_id, b.lft FROM org_appointment a
  JOIN org_unit b ON b.id = a.unit_id WHERE {_HOLDS}"""
_PEOPLE_BELOW = f"""CASE WHEN u.depth < 2 THEN (
    WITH held AS MATERIALIZED ({_HELD})
    SELECT count(DISTINCT person_id) FROM held
     WHERE held.tree_id = u.tree_id AND held.lft BETWEEN u.lft AND u.rght)
  ELSE (
    SELECT count(DISTINCT a.person_id) FROM org_unit b JOIN org_appointment a ON a.unit_id = b.id
     WHERE b.tree_id = u.tree_id AND b.lft BETWEEN u.lft AND u.rght AND {_HOLDS})
  END"""
_WITHIN_ROOT = (
    "JOIN org_unit r ON r.id = %(root)s AND u.tree_id = r.tree_id"
    " AND u.lft BETWEEN r.lft AND r.rght"
)
ORGAN_LIKE = (UnitKind.ORGAN.value, UnitKind.FIELD_OFFICE.value, UnitKind.REGION.value)


@dataclass(frozen=True, slots=True)
class UnitName:
    """What other apps and pages need to show and place a unit."""

    id: int
    code: str
    name: str
    short_name: str
    kind: str
    level: int
    parent_id: int | None


@dataclass(frozen=True, slots=True)
class UnitBranch:
    """A unit in a lazy tree: how many units stand directly below, how many people in all."""

    id: int
    code: str
    name: str
    short_name: str
    kind: str
    level: int
    parent_id: int | None
    sort: int
    child_count: int
    people_count: int


@dataclass(frozen=True, slots=True)
class UnitCard:
    """A unit with all that its page shows."""

    id: int
    code: str
    name: str
    short_name: str
    kind: str
    kind_name: str
    level: int
    parent_id: int | None
    phone: str
    address: str
    synthetic: bool
    abolished: bool
    people_count: int
    people_below_count: int

    @property
    def awaits_code(self) -> bool:
        """The code is ours until the real one is given."""
        return self.kind == UnitKind.ORGAN and codes.is_temporary(self.code)


@dataclass(frozen=True, slots=True)
class UnitFound:
    """A unit found by name, with the names of all units above it, top first."""

    id: int
    code: str
    name: str
    kind: str
    level: int
    path: str


def names(unit_ids: Collection[int]) -> dict[int, UnitName]:
    """The units by id; ids of no unit are left out. Abolished units keep their names."""
    if not unit_ids:
        return {}
    rows = Unit.objects.filter(pk__in=unit_ids).values_list(*_FIELDS)
    return {row[0]: UnitName(*row) for row in rows}


def standing(unit_ids: Collection[int], *, at: datetime) -> dict[int, UnitName]:
    """The units by id that stand at that instant: `names` without the abolished ones."""
    rows = _fetch(
        f"SELECT {_COLUMNS} FROM org_unit u WHERE u.id = ANY(%(ids)s) AND {_STANDS}",
        {"ids": list(unit_ids), "at": at},
    )
    return {row[0]: UnitName(*row) for row in rows}


def path(unit_id: int) -> list[UnitName]:
    """The unit and everything above it, the root first; empty for no unit."""
    return [
        UnitName(*row)
        for row in _fetch(
            f"{_ANCESTORS} SELECT {_COLUMNS} FROM up JOIN org_unit u USING (id)"
            " ORDER BY up.height DESC",
            {"id": unit_id},
        )
    ]


def paths(unit_ids: Collection[int]) -> dict[int, list[UnitName]]:
    """`path` for many units in one statement."""
    found: dict[int, list[UnitName]] = {}
    rows = _fetch(
        "WITH RECURSIVE up AS (SELECT id AS start, id, parent_id, 0 AS height FROM org_unit"
        " WHERE id = ANY(%(ids)s) UNION ALL SELECT c.start, p.id, p.parent_id, c.height + 1"
        " FROM org_unit p JOIN up c ON p.id = c.parent_id)"
        f" SELECT up.start, {_COLUMNS} FROM up JOIN org_unit u USING (id)"
        " ORDER BY up.start, up.height DESC",
        {"ids": list(unit_ids)},
    )
    for start, *row in rows:
        found.setdefault(start, []).append(UnitName(*row))
    return found


def roots(*, at: datetime) -> list[UnitBranch]:
    """The tops of all trees, in order."""
    return children(None, at=at, limit=100).items


def children(
    unit_id: int | None, *, at: datetime, limit: int = 100, cursor: str | None = None
) -> paging.Page[UnitBranch]:
    """The units directly below (None: the roots) by their order, with counts."""
    after = _CHILDREN.decode(cursor) or (-(2**31), 0)
    rows = _fetch(
        f"""
        WITH here AS (
          SELECT u.* FROM org_unit u
           WHERE {"u.parent_id IS NULL" if unit_id is None else "u.parent_id = %(id)s"}
             AND {_STANDS} AND (u.sort, u.id) > (%(sort)s, %(after)s)
           ORDER BY u.sort, u.id LIMIT %(limit)s
        ), held AS MATERIALIZED ({_HELD})
        SELECT {_COLUMNS}, u.sort,
               (SELECT count(*) FROM org_unit c WHERE c.parent_id = u.id
                   AND c.valid_from <= %(at)s AND (c.valid_to IS NULL OR c.valid_to > %(at)s)),
               (SELECT count(DISTINCT held.person_id) FROM held
                 WHERE held.tree_id = u.tree_id AND held.lft BETWEEN u.lft AND u.rght)
          FROM here u ORDER BY u.sort, u.id""",
        {"id": unit_id, "at": at, "sort": after[0], "after": after[1], "limit": limit + 1},
    )
    items = [UnitBranch(*row) for row in rows[:limit]]
    last = items[-1] if len(rows) > limit else None
    return paging.Page(items, _CHILDREN.encode((last.sort, last.id)) if last else None)


def card(unit_id: int, *, at: datetime) -> UnitCard:
    """The unit with its contact and counts; UnitNotFound."""
    rows = _fetch(
        f"""
        SELECT {_COLUMNS}, u.phone, u.address, u.origin, NOT ({_STANDS}),
               (SELECT count(DISTINCT a.person_id) FROM org_appointment a
                 WHERE a.unit_id = u.id AND {_HOLDS}),
               {_PEOPLE_BELOW}
          FROM org_unit u WHERE u.id = %(id)s""",
        {"id": unit_id, "at": at},
    )
    if not rows:
        raise errors.UnitNotFound
    uid, code, name, short, kind, level, parent_id, phone, address, origin, gone, own, below = rows[
        0
    ]
    return UnitCard(
        id=uid,
        code=code,
        name=name,
        short_name=short,
        kind=kind,
        kind_name=UnitKind(kind).label,
        level=level,
        parent_id=parent_id,
        phone=phone,
        address=address,
        synthetic=origin == "synthetic",
        abolished=gone,
        people_count=own,
        people_below_count=below,
    )


def is_within(unit_id: int, root_id: int) -> bool:
    """The unit is the root itself or stands anywhere below it."""
    rows = _fetch(
        "SELECT EXISTS (SELECT 1 FROM org_unit u JOIN org_unit r ON r.id = %(root)s"
        " AND u.tree_id = r.tree_id AND u.lft BETWEEN r.lft AND r.rght WHERE u.id = %(id)s)",
        {"id": unit_id, "root": root_id},
    )
    return bool(rows[0][0])


def within_any(unit_id: int, root_ids: Collection[int]) -> list[int]:
    """Those of the roots at or below which the unit stands, lowest first."""
    rows = _fetch(
        "SELECT r.id FROM org_unit u JOIN org_unit r ON r.id = ANY(%(roots)s)"
        " AND u.tree_id = r.tree_id AND u.lft BETWEEN r.lft AND r.rght WHERE u.id = %(id)s"
        " ORDER BY r.lft DESC",
        {"id": unit_id, "roots": list(root_ids)},
    )
    return [row[0] for row in rows]


def organ_of(unit_id: int) -> UnitName:
    """The nearest organ, field office or region at or above the unit; UnitNotFound."""
    for unit in reversed(path(unit_id)):
        if unit.kind in ORGAN_LIKE:
            return unit
    raise errors.UnitNotFound


def by_code(code: str) -> UnitName | None:
    """The unit with the code, abolished or not."""
    row = Unit.objects.filter(code=code).values_list(*_FIELDS).first()
    return UnitName(*row) if row else None


def organs_in(root_id: int, *, at: datetime) -> list[UnitName]:
    """The organs directly below a region, in order: where documents are sent."""
    rows = _fetch(
        f"SELECT {_COLUMNS} FROM org_unit u WHERE u.parent_id = %(id)s AND u.kind = 'organ'"
        f" AND {_STANDS} ORDER BY u.sort, u.id",
        {"id": root_id, "at": at},
    )
    return [UnitName(*row) for row in rows]


def search(
    text: str,
    *,
    at: datetime,
    root_id: int | None = None,
    kinds: Sequence[UnitKind] = (),
    administrator: policies.Administrator | None = None,
    limit: int = 20,
) -> list[UnitFound]:
    """Units whose name contains the text or whose code begins with it; higher units first.

    Only those of the administrator where one is given. Village groups (第3村民小组, thousands of
    each) are found by code only.
    """
    wanted = "".join(text.replace("\x00", "").split())
    if not wanted:
        return []
    rows = _fetch(
        f"""
        SELECT u.id, u.code, u.name, u.kind, u.level FROM org_unit u
          {_WITHIN_ROOT if root_id is not None else ""}
         WHERE {_STANDS} AND (%(any_kind)s OR u.kind = ANY(%(kinds)s))
           AND {_matches(wanted)} AND {policies.ADMINISTERED if administrator else "TRUE"}
         ORDER BY u.level, length(u.name), u.depth, u.id LIMIT %(limit)s""",
        {
            "at": at,
            "root": root_id,
            "any_kind": not kinds,
            "kinds": [UnitKind(kind).value for kind in kinds],
            "grams": readings.probe(wanted),
            "infix": f"%{_literal(wanted.lower())}%",
            "prefix": f"{_literal(wanted.upper())}%",
            "limit": limit,
            **(administrator.values if administrator else {}),
        },
    )
    return _with_paths(rows)


def _with_paths(rows: list[tuple[Any, ...]]) -> list[UnitFound]:
    above = paths([row[0] for row in rows])
    return [
        UnitFound(
            id=unit_id,
            code=code,
            name=name,
            kind=kind,
            level=level,
            path=" / ".join(unit.name for unit in above[unit_id][:-1]),
        )
        for unit_id, code, name, kind, level in rows
    ]


def _matches(wanted: str) -> str:
    if wanted.isascii():
        return "u.code LIKE %(prefix)s"
    return "u.name_grams @> %(grams)s::varchar[] AND lower(u.name) LIKE %(infix)s"


def _literal(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _fetch(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
