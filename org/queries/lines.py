"""Lines of work (条线): the other view of the same units and people.

Where no relation of the line says who stands above a unit, the place in the tree does: first an
organ above it that serves the line, then the nearest region above its own that has one.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from core import paging
from org import errors
from org.kinds import LineRelationKind, LineRole, Scene
from org.models import Line
from org.queries.visibility import EVERYTHING, Viewer, require_unit

_UNITS: Final = paging.Cursors("org.lines.units", tuple[int, str])
_PEOPLE: Final = paging.Cursors("org.lines.people", tuple[int, str, int, int, int])

_IN_LINE = (
    "l.line_id = %(line)s AND l.valid_from <= %(at)s"
    " AND (l.valid_to IS NULL OR l.valid_to > %(at)s)"
)
_STANDS = "u.valid_from <= %(at)s AND (u.valid_to IS NULL OR u.valid_to > %(at)s)"
_WITHIN = (
    "JOIN org_unit r ON r.id = %(root)s AND u.tree_id = r.tree_id"
    " AND u.lft BETWEEN r.lft AND r.rght"
)
_HOLDS = "a.valid_from <= %(at)s AND (a.valid_to IS NULL OR a.valid_to > %(at)s)"
# The units that stand above each start: by a relation of the line (height 0), by an organ above
# that serves it (1, or more when further up), or by the region above its own that has a unit in
# the line. A unit belongs to a region where it stands below it on the same administrative level.
_COMPETENT = f"""
WITH RECURSIVE up AS (
  SELECT id AS start, id, parent_id, kind, level, tree_id, lft, rght, 0 AS height FROM org_unit
   WHERE id = ANY(%(ids)s)
  UNION ALL
  SELECT c.start, p.id, p.parent_id, p.kind, p.level, p.tree_id, p.lft, p.rght, c.height + 1
    FROM org_unit p JOIN up c ON p.id = c.parent_id
), held AS MATERIALIZED (
  SELECT l.unit_id, l.role, u.id, u.tree_id, u.lft, u.level, u.depth
    FROM org_lineunit l JOIN org_unit u ON u.id = l.unit_id WHERE {_IN_LINE} AND {_STANDS}
), own AS (
  SELECT start, level FROM up WHERE height = 0
), found AS (
  SELECT l.lower_id AS start, l.upper_id AS unit_id, l.kind AS relation, l.id AS relation_id,
         array_position(%(kinds)s::varchar[], l.kind) AS height, 0 AS role
    FROM org_linerelation l WHERE l.lower_id = ANY(%(ids)s) AND {_IN_LINE}
  UNION ALL
  SELECT up.start, h.unit_id, '', NULL, 100 + up.height, 0
    FROM up JOIN held h ON h.unit_id = up.id AND up.height > 0 AND up.kind <> 'region'
  UNION ALL
  SELECT up.start, h.unit_id, '', NULL, 200 + up.height,
         CASE WHEN h.role = 'lead' THEN 0 ELSE 1 END
    FROM up JOIN own USING (start)
    JOIN held h ON h.tree_id = up.tree_id AND h.lft BETWEEN up.lft AND up.rght
               AND h.level = up.level AND h.unit_id <> up.start
   WHERE up.kind = 'region' AND up.level < own.level
)
SELECT DISTINCT ON (f.start) f.start, u.id, u.name, f.relation, f.relation_id
  FROM found f JOIN org_unit u ON u.id = f.unit_id WHERE {_STANDS} AND {{shown}}
 ORDER BY f.start, f.height, f.role, u.depth, u.sort, u.id"""
# Somebody below two units of the line stands with the deepest.
_PEOPLE_OF = f"""
WITH held AS MATERIALIZED (
  SELECT u.id, u.code, u.name, u.level, u.depth, u.tree_id, u.lft, u.rght
    FROM org_lineunit l JOIN org_unit u ON u.id = l.unit_id {_WITHIN}
   WHERE {_IN_LINE} AND {_STANDS}
), here AS (
  SELECT DISTINCT ON (a.id) a.id, a.person_id, p.name, t.title, b.id AS unit,
         b.name AS place, h.id AS line_unit, h.name AS line_unit_name, h.level, h.code,
         t.rank, a."order"
    FROM held h JOIN org_unit b ON b.tree_id = h.tree_id AND b.lft BETWEEN h.lft AND h.rght
    JOIN org_appointment a ON a.unit_id = b.id AND {_HOLDS}
    JOIN org_person p ON p.id = a.person_id JOIN org_post t ON t.id = a.post_id
   WHERE {{shown}}
   ORDER BY a.id, h.depth DESC
)
SELECT * FROM here WHERE (level, code, rank, "order", id)
     > (%(level)s, %(code)s, %(rank)s, %(order)s, %(after)s)
 ORDER BY level, code, rank, "order", id LIMIT %(limit)s"""


@dataclass(frozen=True, slots=True)
class LineCard:
    """A line with what is in it at or below the unit that was asked for."""

    id: int
    code: str
    name: str
    root_id: int
    root_name: str
    name_endings: tuple[str, ...]
    unit_count: int
    people_count: int


@dataclass(frozen=True, slots=True)
class LineUnitRow:
    """A unit of a line in its role."""

    id: int
    code: str
    name: str
    kind: str
    level: int
    role: str
    role_name: str
    people_count: int


@dataclass(frozen=True, slots=True)
class LinePerson:
    """A person of a line: who, what, and in which unit of the line."""

    appointment_id: int
    person_id: int
    name: str
    title: str
    unit_id: int
    unit_name: str
    line_unit_id: int
    line_unit_name: str


@dataclass(frozen=True, slots=True)
class Competent:
    """The unit above in a line. `relation` is empty where the place in the tree decides."""

    unit_id: int
    name: str
    relation: str
    relation_name: str
    relation_id: int | None


@dataclass(frozen=True, slots=True)
class LineOfUnit:
    """A unit's part in one line."""

    line_id: int
    line_name: str
    role: str
    role_name: str


def lines_of_root(root_id: int) -> list[LineCard]:
    """The lines that the unit itself keeps, without counts."""
    return [
        LineCard(
            id=line.pk,
            code=line.code,
            name=line.name,
            root_id=root_id,
            root_name="",
            name_endings=tuple(line.name_endings),
            unit_count=0,
            people_count=0,
        )
        for line in Line.objects.filter(root_id=root_id, ended_at__isnull=True).order_by(
            "sort", "id"
        )
    ]


def lines(root_id: int, *, at: datetime, viewer: Viewer) -> list[LineCard]:
    """The lines that run at or below the unit: kept by it, by one above, or by one below.

    Units and people are those of the line at or below the unit, as far as the viewer sees them;
    a line kept by a hidden unit is not listed. UnitNotFound where the unit itself is hidden.
    """
    require_unit(root_id, viewer=viewer, scene=Scene.TREE)
    sight = viewer.sight(Scene.TREE)
    rows = _fetch(
        f"""
        SELECT n.id, n.code, n.name, n.root_id, k.name, n.name_endings, c.units, c.people
          FROM org_line n JOIN org_unit k ON k.id = n.root_id JOIN org_unit r ON r.id = %(root)s
               AND k.tree_id = r.tree_id
               AND (r.lft BETWEEN k.lft AND k.rght OR k.lft BETWEEN r.lft AND r.rght)
          CROSS JOIN LATERAL (
            SELECT count(DISTINCT l.unit_id) AS units, count(DISTINCT a.person_id) AS people
              FROM org_lineunit l JOIN org_unit u ON u.id = l.unit_id AND {_STANDS}
                   AND u.tree_id = r.tree_id AND u.lft BETWEEN r.lft AND r.rght
              JOIN org_unit b ON b.tree_id = u.tree_id AND b.lft BETWEEN u.lft AND u.rght
              LEFT JOIN org_appointment a ON a.unit_id = b.id AND {_HOLDS}
                   AND {sight.shows_holder(unit="b", person="a.person_id")}
             WHERE l.line_id = n.id AND l.valid_from <= %(at)s AND {sight.shows_unit()}
               AND (l.valid_to IS NULL OR l.valid_to > %(at)s)) c
         WHERE (n.ended_at IS NULL OR n.ended_at > %(at)s) AND {sight.shows_unit("k")}
         ORDER BY n.sort, n.id""",
        {"root": root_id, "at": at, **sight.values},
    )
    return [
        LineCard(line_id, code, name, kept_by, keeper, tuple(_json(endings)), unit_count, people)
        for line_id, code, name, kept_by, keeper, endings, unit_count, people in rows
    ]


def line(line_id: int, *, root_id: int | None = None, at: datetime, viewer: Viewer) -> LineCard:
    """One line, with the counts at or below the unit (its own root where none is given).

    LineNotFound for none, for one that has ended, for one that does not run there, and where
    the unit is hidden from the viewer.
    """
    kept = Line.objects.filter(pk=line_id).values_list("root_id", flat=True).first()
    if kept is None:
        raise errors.LineNotFound
    try:
        found = lines(root_id or kept, at=at, viewer=viewer)
    except errors.UnitNotFound as hidden:
        raise errors.LineNotFound from hidden
    for card in found:
        if card.id == line_id:
            return card
    raise errors.LineNotFound


def units_of(
    line_id: int,
    *,
    root_id: int,
    at: datetime,
    viewer: Viewer,
    cursor: str | None = None,
    limit: int = 50,
) -> paging.Page[LineUnitRow]:
    """The line's units at or below the root, the higher levels first, then by code."""
    after = _UNITS.decode(cursor) or (0, "")
    sight = viewer.sight(Scene.TREE)
    rows = _fetch(
        f"""
        SELECT u.id, u.code, u.name, u.kind, u.level, l.role,
               (SELECT count(DISTINCT a.person_id) FROM org_unit b JOIN org_appointment a
                    ON a.unit_id = b.id AND {_HOLDS}
                 WHERE b.tree_id = u.tree_id AND b.lft BETWEEN u.lft AND u.rght
                   AND {sight.shows_holder(unit="b", person="a.person_id")})
          FROM org_lineunit l JOIN org_unit u ON u.id = l.unit_id {_WITHIN}
         WHERE {_IN_LINE} AND {_STANDS} AND {sight.shows_unit()}
           AND (u.level, u.code) > (%(level)s, %(code)s)
         ORDER BY u.level, u.code LIMIT %(limit)s""",
        {"line": line_id, "root": root_id, "at": at, "level": after[0], "code": after[1],
         "limit": limit + 1, **sight.values},
    )  # fmt: skip
    items = [_unit_row(row) for row in rows[:limit]]
    last = items[-1] if len(rows) > limit else None
    return paging.Page(items, _UNITS.encode((last.level, last.code)) if last else None)


def people_of(
    line_id: int,
    *,
    root_id: int,
    at: datetime,
    viewer: Viewer,
    cursor: str | None = None,
    limit: int = 50,
) -> paging.Page[LinePerson]:
    """The people who serve in the line's units and below them, unit by unit, by rank and order.

    Somebody below two units of the line stands with the nearer one only.
    """
    after = _PEOPLE.decode(cursor) or (0, "", 0, 0, 0)
    sight = viewer.sight(Scene.TREE)
    rows = _fetch(
        _PEOPLE_OF.format(shown=sight.shows_holder(unit="b", person="p.id")),
        {"line": line_id, "root": root_id, "at": at, "level": after[0], "code": after[1],
         "rank": after[2], "order": after[3], "after": after[4], "limit": limit + 1,
         **sight.values},
    )  # fmt: skip
    items = [LinePerson(*row[:8]) for row in rows[:limit]]
    if len(rows) <= limit:
        return paging.Page(items, None)
    appointment_id, _person, *_shown, level, code, rank, order = rows[limit - 1]
    return paging.Page(items, _PEOPLE.encode((level, code, rank, order, appointment_id)))


def competent_units(
    unit_ids: Collection[int], line_id: int, *, at: datetime, viewer: Viewer
) -> dict[int, Competent]:
    """The 上级业务主管部门 of each unit in the line; units that have none are left out.

    What a relation says goes first: vertical before leadership, dual and guidance.
    """
    sight = viewer.sight(Scene.TREE)
    rows = _fetch(
        _COMPETENT.format(shown=sight.shows_unit()),
        {"ids": list(unit_ids), "line": line_id, "at": at, "kinds": _STRONGEST_FIRST,
         **sight.values},
    )  # fmt: skip
    return {
        row[0]: Competent(
            unit_id=row[1],
            name=row[2],
            relation=row[3],
            relation_name=str(LineRelationKind(row[3]).label) if row[3] else "",
            relation_id=row[4],
        )
        for row in rows
    }


def competent_unit(unit_id: int, line_id: int, *, at: datetime, viewer: Viewer) -> Competent | None:
    """The unit above this one in the line, if there is one."""
    return competent_units([unit_id], line_id, at=at, viewer=viewer).get(unit_id)


def subordinates(unit_id: int, line_id: int, *, at: datetime, viewer: Viewer) -> list[LineUnitRow]:
    """The line's units for which this one is the competent unit."""
    members = all_units(line_id, at=at, viewer=viewer)
    above = competent_units([row.id for row in members], line_id, at=at, viewer=EVERYTHING)
    return [row for row in members if row.id in above and above[row.id].unit_id == unit_id]


def all_units(line_id: int, *, at: datetime, viewer: Viewer) -> list[LineUnitRow]:
    """Every unit of the line, at most some thousands."""
    rows = _fetch(
        f"""
        SELECT u.id, u.code, u.name, u.kind, u.level, l.role, 0
          FROM org_lineunit l JOIN org_unit u ON u.id = l.unit_id
         WHERE {_IN_LINE} AND {_STANDS} AND {viewer.sight(Scene.TREE).shows_unit()}
         ORDER BY u.level, u.code""",
        {"line": line_id, "at": at, **viewer.sight(Scene.TREE).values},
    )
    return [_unit_row(row) for row in rows]


def lines_of(unit_ids: Collection[int], *, at: datetime) -> dict[int, list[LineOfUnit]]:
    """The lines in which the units serve; units in none are left out."""
    found: dict[int, list[LineOfUnit]] = {}
    rows = _fetch(
        "SELECT l.unit_id, n.id, n.name, l.role FROM org_lineunit l JOIN org_line n"
        " ON n.id = l.line_id WHERE l.unit_id = ANY(%(ids)s) AND l.valid_from <= %(at)s"
        " AND (l.valid_to IS NULL OR l.valid_to > %(at)s)"
        " ORDER BY l.unit_id, l.role DESC, n.sort, n.id",
        {"ids": list(unit_ids), "at": at},
    )
    for unit_id, line_id, name, role in rows:
        found.setdefault(unit_id, []).append(
            LineOfUnit(line_id, name, role, str(LineRole(role).label))
        )
    return found


def proposal(
    line_id: int, endings: Sequence[str], *, root_id: int, at: datetime
) -> list[LineUnitRow]:
    """The organs and field offices at or below the root whose names end so, not in the line yet."""
    if not endings:
        return []
    rows = _fetch(
        f"""
        SELECT u.id, u.code, u.name, u.kind, u.level, 'lead', 0 FROM org_unit u {_WITHIN}
         WHERE u.kind IN ('organ', 'field_office') AND {_STANDS} AND u.name LIKE ANY(%(like)s)
           AND NOT EXISTS (SELECT 1 FROM org_lineunit l WHERE l.unit_id = u.id AND {_IN_LINE})
         ORDER BY u.level, u.code LIMIT 2000""",
        {"line": line_id, "root": root_id, "at": at,
         "like": [f"%{_literal(ending)}" for ending in endings]},
    )  # fmt: skip
    return [_unit_row(row) for row in rows]


def outside(root_id: int, unit_ids: Collection[int]) -> list[int]:
    """Those of the units that stand neither at nor below the root."""
    rows = _fetch(
        "SELECT u.id FROM org_unit u JOIN org_unit r ON r.id = %(root)s WHERE u.id = ANY(%(ids)s)"
        " AND NOT (u.tree_id = r.tree_id AND u.lft BETWEEN r.lft AND r.rght) ORDER BY u.id",
        {"root": root_id, "ids": list(unit_ids)},
    )
    return [row[0] for row in rows]


_STRONGEST_FIRST: Final = [kind.value for kind in LineRelationKind]


def _unit_row(row: tuple[Any, ...]) -> LineUnitRow:
    unit_id, code, name, kind, level, role, people = row
    return LineUnitRow(unit_id, code, name, kind, level, role, str(LineRole(role).label), people)


def _literal(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _json(value: Any) -> list[str]:
    return value if isinstance(value, list) else json.loads(value)


def _fetch(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
