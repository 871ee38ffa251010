"""How units and people stood at an instant, and what changed since (docs/adr/0012).

A unit's present state stands in its own row and holds since `changed_at`; each state before it is
a row of UnitPast. The tree of an instant is read by parents from the top: the numbers of the tree
know the present only.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from django.db import connection

from core import paging
from org import errors
from org.kinds import ChangeKind, Scene, UnitKind
from org.queries.units import UnitName
from org.queries.visibility import Sight, Viewer

_CHILDREN: Final = paging.Cursors("org.history.children", tuple[int, int])
_PEOPLE: Final = paging.Cursors("org.history.people", tuple[int, int, int, int])
_CHANGES: Final = paging.Cursors("org.history.changes", tuple[int])

_COLUMNS: Final = "id, code, name, short_name, kind, level, parent_id"
_NOW_HELD: Final = """coalesce(u.changed_at, u.valid_from) <= %(at)s
   AND (u.valid_to IS NULL OR u.valid_to > %(at)s)"""
_PAST_HELD: Final = "p.valid_from <= %(at)s AND p.valid_to > %(at)s"
_STATES: Final = f"""
SELECT u.id, u.code, u.name, u.short_name, u.kind, u.level, u.parent_id, u.sort
  FROM org_unit u WHERE {{now}} AND {_NOW_HELD}
UNION ALL
SELECT p.unit_id, p.code, p.name, p.short_name, p.kind, p.level, p.parent_id, p.sort
  FROM org_unitpast p WHERE {{past}} AND {_PAST_HELD}"""
_HELD: Final = "a.valid_from <= %(at)s AND (a.valid_to IS NULL OR a.valid_to > %(at)s)"
# The unit and those above it at the instant, the unit itself first.
_UP: Final = f"""
WITH RECURSIVE up AS (
  SELECT s.*, 0 AS height FROM ({_STATES.format(now="u.id = %(id)s", past="p.unit_id = %(id)s")}) s
  UNION ALL
  SELECT s.*, up.height + 1 FROM up CROSS JOIN LATERAL (
    {_STATES.format(now="u.id = up.parent_id", past="p.unit_id = up.parent_id")}) s
)"""
# The unit and all that stood below it at the instant; `place` puts them in the order of the tree.
_ALONE: Final = f"""
WITH down AS (
  SELECT s.id, s.name, ARRAY[]::bigint[] AS place
    FROM ({_STATES.format(now="u.id = %(id)s", past="p.unit_id = %(id)s")}) s
)"""
_DOWN: Final = f"""
WITH RECURSIVE down AS (
  SELECT s.id, s.name, ARRAY[]::bigint[] AS place
    FROM ({_STATES.format(now="u.id = %(id)s", past="p.unit_id = %(id)s")}) s
  UNION ALL
  SELECT s.id, s.name, down.place || s.sort::bigint || s.id FROM down CROSS JOIN LATERAL (
    {_STATES.format(now="u.parent_id = down.id", past="p.parent_id = down.id")}) s
)"""
# The recursion ends where the limit is reached.
_DOWN_COUNT: Final = f"{_DOWN} SELECT count(*) FROM (SELECT 1 FROM down LIMIT %(most)s + 1) counted"
UNITS_AT_MOST: Final = 20_000
_RESOLVE: Final = """
WITH RECURSIVE named AS (
  SELECT u.id FROM org_unit u WHERE u.code = %(code)s
  UNION
  SELECT p.unit_id FROM org_unitpast p WHERE p.code = %(code)s
), followed AS (
  SELECT id FROM named
  UNION
  SELECT s.successor_id FROM followed f JOIN org_unit u ON u.id = f.id
    JOIN org_unitsuccession s ON s.predecessor_id = u.id AND s.since = u.valid_to
   WHERE u.valid_to <= %(at)s
)
SELECT u.id FROM followed JOIN org_unit u USING (id)
 WHERE u.valid_from <= %(at)s AND (u.valid_to IS NULL OR u.valid_to > %(at)s)"""
_SELECT_CHANGES: Final = """
SELECT c.id, c.kind, c.effective_at, c.unit_id, coalesce(u.name, ''), c.person_id,
       coalesce(p.name, ''), c.actor_name, coalesce(s.name, ''), c.basis, c.reorganisation_id,
       c.before::text, c.after::text
  FROM org_orgchange c LEFT JOIN org_unit u ON u.id = c.unit_id
  LEFT JOIN org_person p ON p.id = c.person_id LEFT JOIN org_person s ON s.id = c.approved_by_id"""


@dataclass(frozen=True, slots=True)
class UnitThen:
    """A unit as it stood; the counts are of that instant: units directly below, people in it."""

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

    @property
    def kind_name(self) -> str:
        """The kind in words."""
        return str(UnitKind(self.kind).label)


@dataclass(frozen=True, slots=True)
class PersonThen:
    """Who held which post, in which unit by its name of then."""

    appointment_id: int
    person_id: int
    name: str
    title: str
    kind: str
    unit_id: int
    unit_name: str


@dataclass(frozen=True, slots=True)
class Change:
    """One change: what of whom, by whom, on what basis, before and after."""

    id: int
    kind: str
    kind_name: str
    effective_at: datetime
    unit_id: int | None
    unit_name: str
    person_id: int | None
    person_name: str
    actor_name: str
    approver_name: str
    basis: str
    reorganisation_id: int | None
    before: dict[str, Any]
    after: dict[str, Any]


def first_record() -> datetime | None:
    """Since when there is a unit to tell of; None while there is none."""
    (first,) = _fetch("SELECT min(valid_from) FROM org_unit WHERE parent_id IS NULL", {})[0]
    return cast("datetime | None", first)


def children_as_of(
    unit_id: int | None,
    *,
    at: datetime,
    viewer: Viewer,
    limit: int = 100,
    cursor: str | None = None,
) -> paging.Page[UnitThen]:
    """The units that stood directly below then (None: the roots), in the order of then."""
    sight = viewer.sight(Scene.TREE)
    after = _CHILDREN.decode(cursor) or (-(2**31), 0)
    below = "{0}.parent_id IS NULL" if unit_id is None else "{0}.parent_id = %(id)s"
    states = _STATES.format(now=below.format("u"), past=below.format("p"))
    rows = _fetch(
        f"""
        SELECT s.*, {_counts(sight)} FROM ({states}) s JOIN org_unit u ON u.id = s.id
         WHERE {sight.shows_unit("u")} AND (s.sort, s.id) > (%(sort)s, %(after)s)
         ORDER BY s.sort, s.id LIMIT %(limit)s""",
        {
            "id": unit_id,
            "at": at,
            "sort": after[0],
            "after": after[1],
            "limit": limit + 1,
            **sight.values,
        },
    )
    items = [UnitThen(*row) for row in rows[:limit]]
    last = items[-1] if len(rows) > limit else None
    return paging.Page(items, _CHILDREN.encode((last.sort, last.id)) if last else None)


def unit_as_of(unit_id: int, *, at: datetime, viewer: Viewer) -> UnitThen:
    """The unit as it stood then; UnitNotFound where it did not, or is hidden."""
    sight = viewer.sight(Scene.TREE)
    states = _STATES.format(now="u.id = %(id)s", past="p.unit_id = %(id)s")
    rows = _fetch(
        f"SELECT s.*, {_counts(sight)} FROM ({states}) s JOIN org_unit u ON u.id = s.id"
        f" WHERE {sight.shows_unit('u')}",
        {"id": unit_id, "at": at, **sight.values},
    )
    if not rows:
        raise errors.UnitNotFound
    return UnitThen(*rows[0])


def path_as_of(unit_id: int, *, at: datetime, viewer: Viewer) -> list[UnitName]:
    """The unit and everything that stood above it then, the root first; empty where it did not.

    A former place that is hidden from the viewer is left out.
    """
    sight = viewer.sight(Scene.TREE)
    rows = _fetch(
        f"{_UP} SELECT {_COLUMNS} FROM up WHERE EXISTS (SELECT FROM org_unit u"
        f" WHERE u.id = up.id AND {sight.shows_unit()}) ORDER BY height DESC",
        {"id": unit_id, "at": at, **sight.values},
    )
    return [UnitName(*row) for row in rows]


def people_as_of(
    unit_id: int,
    *,
    at: datetime,
    viewer: Viewer,
    with_below: bool = False,
    limit: int = 50,
    cursor: str | None = None,
) -> paging.Page[PersonThen]:
    """Who held posts in the unit (or in all below it too) then: by unit, rank, order.

    UnitNotFound as unit_as_of; PastTooLarge where more units stood below it than are read at once.
    """
    unit_as_of(unit_id, at=at, viewer=viewer)
    sight = viewer.sight(Scene.TREE)
    unit, rank, order, after = _PEOPLE.decode(cursor) or (unit_id, -1, -(2**31), 0)
    within = {"id": unit_id, "at": at, "most": UNITS_AT_MOST}
    scope = _DOWN if with_below else _ALONE
    if with_below and _fetch(_DOWN_COUNT, within)[0][0] > UNITS_AT_MOST:
        raise errors.PastTooLarge(most=UNITS_AT_MOST)
    rows = _fetch(
        f"""
        {scope}
        SELECT a.id, a.person_id, p.name, t.title, a.kind, s.id, s.name, t.rank, a."order"
          FROM down s JOIN org_unit u ON u.id = s.id
          JOIN org_appointment a ON a.unit_id = s.id AND {_HELD}
          JOIN org_person p ON p.id = a.person_id JOIN org_post t ON t.id = a.post_id
         WHERE {sight.shows_holder()}
           AND (s.place, t.rank, a."order", a.id)
             > ((SELECT place FROM down WHERE id = %(unit)s), %(rank)s, %(order)s, %(after)s)
         ORDER BY s.place, t.rank, a."order", a.id LIMIT %(limit)s""",
        {**within, **sight.values, "limit": limit + 1}
        | {"unit": unit, "rank": rank, "order": order, "after": after},
    )
    items = [PersonThen(*row[:7]) for row in rows[:limit]]
    last = rows[limit - 1] if len(rows) > limit else None
    following = _PEOPLE.encode((last[5], last[7], last[8], last[0])) if last else None
    return paging.Page(items, following)


def changes(
    *,
    unit_id: int | None = None,
    person_id: int | None = None,
    with_below: bool = False,
    limit: int = 50,
    cursor: str | None = None,
) -> paging.Page[Change]:
    """What changed of the unit (and of all now below it) or of the person, newest first."""
    conditions = ["TRUE"]
    position = _CHANGES.decode(cursor)
    if unit_id is not None and with_below:
        conditions.append(
            "c.unit_id IN (SELECT b.id FROM org_unit r JOIN org_unit b ON b.tree_id = r.tree_id"
            " AND b.lft BETWEEN r.lft AND r.rght WHERE r.id = %(unit)s)"
        )
    elif unit_id is not None:
        conditions.append("c.unit_id = %(unit)s")
    if person_id is not None:
        conditions.append("c.person_id = %(person)s")
    if position is not None:
        conditions.append("c.id < %(before)s")
    rows = _fetch(
        f"{_SELECT_CHANGES} WHERE {' AND '.join(conditions)} ORDER BY c.id DESC LIMIT %(limit)s",
        {
            "unit": unit_id,
            "person": person_id,
            "before": position[0] if position else None,
            "limit": limit + 1,
        },
    )
    items = [_change(row) for row in rows[:limit]]
    return paging.Page(items, _CHANGES.encode((items[-1].id,)) if len(rows) > limit else None)


def resolve(code: str, *, at: datetime, viewer: Viewer) -> list[UnitName]:
    """The units that go on with what has or once had the code: itself, or its successors.

    Successors of successors are followed until one stands; empty where nobody goes on, or nobody
    that is shown to the viewer.
    """
    sight = viewer.sight(Scene.TREE)
    rows = _fetch(
        f"{_RESOLVE} AND {sight.shows_unit()} ORDER BY u.id",
        {"code": code.strip().upper(), "at": at, **sight.values},
    )
    return shown([row[0] for row in rows], viewer)


def successors(unit_id: int, *, viewer: Viewer) -> list[UnitName]:
    """The units that went on with what this one did, directly, as far as the viewer sees them."""
    rows = _fetch(
        "SELECT successor_id FROM org_unitsuccession WHERE predecessor_id = %(id)s ORDER BY 1",
        {"id": unit_id},
    )
    return shown([row[0] for row in rows], viewer)


def predecessors(unit_id: int, *, viewer: Viewer) -> list[UnitName]:
    """The units whose work this one went on with, directly, as far as the viewer sees them."""
    rows = _fetch(
        "SELECT predecessor_id FROM org_unitsuccession WHERE successor_id = %(id)s ORDER BY 1",
        {"id": unit_id},
    )
    return shown([row[0] for row in rows], viewer)


def _counts(sight: Sight) -> str:
    inner = _STATES.replace("u.", "c.").replace("org_unit u", "org_unit c")
    states = inner.format(now="c.parent_id = s.id", past="p.parent_id = s.id")
    return f"""
      (SELECT count(*) FROM ({states}) below JOIN org_unit b ON b.id = below.id
        WHERE {sight.shows_unit("b")}),
      (SELECT count(DISTINCT a.person_id) FROM org_appointment a
        WHERE a.unit_id = s.id AND {_HELD} AND {sight.shows_person("a.person_id")})"""


def shown(unit_ids: Collection[int], viewer: Viewer) -> list[UnitName]:
    """The units by id, abolished ones too, as far as the viewer sees them."""
    sight = viewer.sight(Scene.TREE)
    rows = _fetch(
        f"SELECT {_COLUMNS} FROM org_unit u WHERE id = ANY(%(ids)s) AND {sight.shows_unit()}"
        " ORDER BY id",
        {"ids": list(unit_ids), **sight.values},
    )
    return [UnitName(*row) for row in rows]


def _change(row: tuple[Any, ...]) -> Change:
    # Whether a bare cursor decodes JSON depends on what the connection was used for before.
    sides = (json.loads(text) for text in row[-2:])
    told: tuple[Any, ...] = (*row[2:-2], *sides)
    return Change(row[0], row[1], str(ChangeKind(row[1]).label), *told)


def _fetch(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
