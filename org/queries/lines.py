"""Lines of work (条线): the other view of the same units and people.

Where no relation of the line says who stands above a unit, the place in the tree does: first an
organ above it that serves the line, then the nearest region above its own that has one.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from core import paging
from org import errors
from org.kinds import LineRelationKind, LineRole, Scene
from org.models import Line
from org.queries import headcounts
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
# Somebody below two units of the line stands with the deepest. The units go in the order of the
# page and each is read by itself: the planner does not know how few people a range holds, and
# would read and sort everybody of the line, or of the province, for one page.
_PEOPLE_OF = f"""
WITH held AS MATERIALIZED (
  SELECT u.id, u.code, u.name, u.level, u.tree_id, u.lft, u.rght
    FROM org_lineunit l JOIN org_unit u ON u.id = l.unit_id {_WITHIN}
   WHERE {_IN_LINE} AND {_STANDS}
)
SELECT p.id, p.person_id, p.name, p.title, p.unit, p.place, h.id, h.name,
       h.level, h.code, p.rank, p."order"
  FROM (SELECT * FROM held WHERE (level, code) >= (%(level)s, %(code)s)
         ORDER BY level, code OFFSET 0) h
  CROSS JOIN LATERAL (
    SELECT a.id, a.person_id, p.name, t.title, b.id AS unit, b.name AS place, t.rank, a."order"
      FROM org_unit b CROSS JOIN LATERAL (
        SELECT * FROM org_appointment a WHERE a.unit_id = b.id AND {_HOLDS} OFFSET 0) a
      CROSS JOIN LATERAL (SELECT * FROM org_person WHERE id = a.person_id OFFSET 0) p
      CROSS JOIN LATERAL (SELECT * FROM org_post WHERE id = a.post_id OFFSET 0) t
     WHERE b.tree_id = h.tree_id AND b.lft BETWEEN h.lft AND h.rght AND {{shown}}
       AND NOT EXISTS (
         SELECT FROM held d WHERE d.tree_id = h.tree_id AND d.lft > h.lft AND d.rght < h.rght
            AND b.lft BETWEEN d.lft AND d.rght)
       AND (h.level, h.code, t.rank, a."order", a.id)
         > (%(level)s, %(code)s, %(rank)s, %(order)s, %(after)s)
     ORDER BY t.rank, a."order", a.id LIMIT %(limit)s) p
 ORDER BY h.level, h.code, p.rank, p."order", p.id LIMIT %(limit)s"""
# Whoever serves below two units of a line is counted in the upper one.
_CARDS = f"""
held AS MATERIALIZED (
  SELECT l.line_id, u.id, u.kind, u.tree_id, u.lft, u.rght,
         max(u.rght) OVER (PARTITION BY l.line_id, u.tree_id ORDER BY u.lft
                           ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS covered
    FROM org_lineunit l JOIN org_unit u ON u.id = l.unit_id {_WITHIN}
   WHERE (%(line)s::bigint IS NULL OR l.line_id = %(line)s) AND l.valid_from <= %(at)s
     AND (l.valid_to IS NULL OR l.valid_to > %(at)s) AND {_STANDS} AND {{shown}}
), counted AS (
  SELECT u.line_id, count(*) AS units,
         sum(CASE WHEN u.covered > u.lft THEN 0 ELSE {{people}} END) AS people
    FROM held u GROUP BY u.line_id
)
SELECT n.id, n.code, n.name, n.root_id, k.name, n.name_endings,
       coalesce(c.units, 0), coalesce(c.people, 0)::bigint
  FROM org_line n JOIN org_unit k ON k.id = n.root_id JOIN org_unit r ON r.id = %(root)s
       AND k.tree_id = r.tree_id
       AND (r.lft BETWEEN k.lft AND k.rght OR k.lft BETWEEN r.lft AND r.rght)
  LEFT JOIN counted c ON c.line_id = n.id
 WHERE (n.ended_at IS NULL OR n.ended_at > %(at)s) AND {{keeper_shown}}
   AND (%(line)s::bigint IS NULL OR n.id = %(line)s)
 ORDER BY n.sort, n.id"""


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

    Units and people are those of the line at or below the unit, as far as the viewer sees them,
    people counted by their main posts; a line kept by a hidden unit is not listed. UnitNotFound
    where the unit itself is hidden.
    """
    return _cards(root_id, None, at=at, viewer=viewer)


def line(line_id: int, *, root_id: int | None = None, at: datetime, viewer: Viewer) -> LineCard:
    """One line, with the counts at or below the unit (its own root where none is given).

    LineNotFound for none, for one that has ended, for one that does not run there, and where
    the unit is hidden from the viewer.
    """
    kept = Line.objects.filter(pk=line_id).values_list("root_id", flat=True).first()
    if kept is None:
        raise errors.LineNotFound
    try:
        found = _cards(root_id or kept, line_id, at=at, viewer=viewer)
    except errors.UnitNotFound as hidden:
        raise errors.LineNotFound from hidden
    if not found:
        raise errors.LineNotFound
    return found[0]


def units_of(
    line_id: int,
    *,
    root_id: int,
    at: datetime,
    viewer: Viewer,
    cursor: str | None = None,
    limit: int = 50,
) -> paging.Page[LineUnitRow]:
    """The line's units at or below the root, the higher levels first, then by code.

    Each with the people who have their main post there or below, as the tree counts them.
    """
    after = _UNITS.decode(cursor) or (0, "")
    sight = viewer.sight(Scene.TREE)
    rows = _fetch(
        f"""
        WITH {headcounts.tables(sight)}, page AS MATERIALIZED (
          SELECT u.*, l.role FROM org_lineunit l JOIN org_unit u ON u.id = l.unit_id {_WITHIN}
           WHERE {_IN_LINE} AND {_STANDS} AND {sight.shows_unit()}
             AND (u.level, u.code) > (%(level)s, %(code)s)
           ORDER BY u.level, u.code LIMIT %(limit)s
        )
        SELECT u.id, u.code, u.name, u.kind, u.level, u.role, {headcounts.shown(sight)}
          FROM page u ORDER BY u.level, u.code""",
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


_STRONGEST_FIRST: Final = [kind.value for kind in LineRelationKind]


def _cards(root_id: int, line_id: int | None, *, at: datetime, viewer: Viewer) -> list[LineCard]:
    require_unit(root_id, viewer=viewer, scene=Scene.TREE)
    sight = viewer.sight(Scene.TREE)
    cards = _CARDS.format(
        shown=sight.shows_unit(),
        people=headcounts.shown(sight),
        keeper_shown=sight.shows_unit("k"),
    )
    rows = _fetch(
        f"WITH {headcounts.tables(sight)}, {cards}",
        {"root": root_id, "line": line_id, "at": at, **sight.values},
    )
    return [
        LineCard(line_id, code, name, kept_by, keeper, tuple(_json(endings)), unit_count, people)
        for line_id, code, name, kept_by, keeper, endings, unit_count, people in rows
    ]


def _unit_row(row: tuple[Any, ...]) -> LineUnitRow:
    unit_id, code, name, kind, level, role, people = row
    return LineUnitRow(unit_id, code, name, kind, level, role, str(LineRole(role).label), people)


def _json(value: Any) -> list[str]:
    return value if isinstance(value, list) else json.loads(value)


def _fetch(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
