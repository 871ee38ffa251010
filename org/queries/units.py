"""Units by id, by place in the tree and by name."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from core import paging
from org import codes, errors
from org.kinds import MaskedField, Scene, UnitKind, UnitNature
from org.models import Unit
from org.queries import headcounts
from org.queries.visibility import Viewer

_CHILDREN: Final = paging.Cursors("org.children", tuple[int, int])

_FIELDS = ("id", "code", "name", "short_name", "kind", "level", "parent_id")
_COLUMNS = ", ".join(f"u.{field}" for field in _FIELDS)
_STANDS = "u.valid_from <= %(at)s AND (u.valid_to IS NULL OR u.valid_to > %(at)s)"
# Each unit once, however many stand below it. Those above are looked up one by one (OFFSET 0): the
# planner would read all units for each step up from a few thousand.
_ABOVE = f"""
WITH RECURSIVE up AS (
  SELECT {_COLUMNS} FROM org_unit u WHERE u.id = ANY(%(ids)s)
  UNION SELECT p.* FROM up CROSS JOIN LATERAL (
    SELECT {_COLUMNS} FROM org_unit u WHERE u.id = up.parent_id OFFSET 0) p
) SELECT * FROM up"""
_HOLDS = "a.valid_from <= %(at)s AND (a.valid_to IS NULL OR a.valid_to > %(at)s)"
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
    other_names: tuple[str, ...]
    nature: str
    note: str
    """For those who administer the unit."""

    @property
    def nature_name(self) -> str:
        """What kind of body it is, in words; empty where nobody has said."""
        return str(UnitNature(self.nature).label) if self.nature else ""

    @property
    def awaits_code(self) -> bool:
        """The code is ours until the real one is given."""
        return self.kind == UnitKind.ORGAN and codes.is_temporary(self.code)


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
    return paths([unit_id]).get(unit_id, [])


def paths(unit_ids: Collection[int]) -> dict[int, list[UnitName]]:
    """`path` for many units in one statement."""
    known = {row[0]: UnitName(*row) for row in _fetch(_ABOVE, {"ids": list(unit_ids)})}
    found: dict[int, list[UnitName]] = {}
    for unit_id in sorted(known.keys() & set(unit_ids)):
        above = [known[unit_id]]
        while (parent_id := above[-1].parent_id) is not None:
            above.append(known[parent_id])
        found[unit_id] = above[::-1]
    return found


def roots(*, at: datetime, viewer: Viewer) -> list[UnitBranch]:
    """The tops of all trees, in order."""
    return children(None, at=at, viewer=viewer, limit=100).items


def children(
    unit_id: int | None,
    *,
    at: datetime,
    viewer: Viewer,
    limit: int = 100,
    cursor: str | None = None,
) -> paging.Page[UnitBranch]:
    """The units directly below (None: the roots) by their order, with counts.

    What is hidden from the viewer is in no list and no count; below a hidden unit there is
    nothing.
    """
    sight = viewer.sight(Scene.TREE)
    after = _CHILDREN.decode(cursor) or (-(2**31), 0)
    rows = _fetch(
        f"""
        WITH here AS (
          SELECT u.* FROM org_unit u
           WHERE {"u.parent_id IS NULL" if unit_id is None else "u.parent_id = %(id)s"}
             AND {_STANDS} AND {sight.shows_unit()} AND (u.sort, u.id) > (%(sort)s, %(after)s)
           ORDER BY u.sort, u.id LIMIT %(limit)s
        ), {headcounts.tables(sight)}
        SELECT {_COLUMNS}, u.sort,
               (SELECT count(*) FROM org_unit c WHERE c.parent_id = u.id AND {sight.shows_unit("c")}
                   AND c.valid_from <= %(at)s AND (c.valid_to IS NULL OR c.valid_to > %(at)s)),
               {headcounts.shown(sight)}
          FROM here u ORDER BY u.sort, u.id""",
        {
            "id": unit_id,
            "at": at,
            "sort": after[0],
            "after": after[1],
            "limit": limit + 1,
            **sight.values,
        },
    )
    items = [UnitBranch(*row) for row in rows[:limit]]
    last = items[-1] if len(rows) > limit else None
    return paging.Page(items, _CHILDREN.encode((last.sort, last.id)) if last else None)


def card(unit_id: int, *, at: datetime, viewer: Viewer) -> UnitCard:
    """The unit with its contact and counts; UnitNotFound, also for one hidden from the viewer."""
    sight = viewer.sight(Scene.TREE)
    contact = sight.masks(MaskedField.OFFICE_PHONE, person="NULL::bigint")
    rows = _fetch(
        f"""
        WITH {headcounts.tables(sight)}
        SELECT {_COLUMNS}, CASE WHEN {contact} THEN '' ELSE u.phone END,
               CASE WHEN {contact} THEN '' ELSE u.address END, u.origin, NOT ({_STANDS}),
               (SELECT count(DISTINCT a.person_id) FROM org_appointment a
                 WHERE a.unit_id = u.id AND {_HOLDS} AND {sight.shows_person("a.person_id")}),
               {headcounts.shown(sight)}, u.other_names, u.nature, u.note
          FROM org_unit u WHERE u.id = %(id)s AND {sight.shows_unit()}""",
        {"id": unit_id, "at": at, **sight.values},
    )
    if not rows:
        raise errors.UnitNotFound
    (row,) = rows
    return UnitCard(
        **asdict(UnitName(*row[:7])),
        kind_name=str(UnitKind(row[4]).label),
        phone=row[7],
        address=row[8],
        synthetic=row[9] == "synthetic",
        abolished=row[10],
        people_count=row[11],
        people_below_count=row[12],
        other_names=tuple(row[13]),
        nature=row[14],
        note=row[15],
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


def _fetch(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
