"""The statements of a search: candidates judged and ranked, names and titles of the first only.

Candidates are judged inside the statement by live ranges, rights and visibility; they are ranked
by what the search rows hold, so that four more tables are read for one page and no further.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from django.db import connection

from core import crypto
from org import policies
from org.kinds import AdminRole, Scene, UnitKind
from org.queries import people, units
from org.queries.matching import Query, Term
from org.queries.people import PersonInUnit
from org.queries.visibility import Sight, Viewer

ORGAN_LIKE: Final = units.ORGAN_LIKE
ANCHORS: Final = {2: "city_id", 3: "county_id", 4: "township_id"}
"""Columns of the search rows, by the level of the region they name."""
CANDIDATES_AT_MOST: Final = 2000
NAMESAKES_AT_MOST: Final = 2 * CANDIDATES_AT_MOST
"""So many of one name are looked at for a place or a post that was typed besides."""
COUNTY: Final = 3

_STANDS = "u.valid_from <= %(at)s AND (u.valid_to IS NULL OR u.valid_to > %(at)s)"
_HOLDS = "a.valid_from <= %(at)s AND (a.valid_to IS NULL OR a.valid_to > %(at)s)"
# One range of ranges answers for any number of grants; those with limits are judged one by one.
_REACH = f"""reach AS MATERIALIZED (
  SELECT r.tree_id, range_agg(
           int8range(r.lft, CASE WHEN g.subtree THEN r.rght ELSE r.lft END, '[]')) AS ranges
    FROM org_admingrant g JOIN org_unit r ON r.id = g.root_id
   WHERE g.person_id = %(administrator)s AND g.role = %(role)s AND {policies.LIVE}
     AND g.line_id IS NULL AND g.highest_level IS NULL GROUP BY r.tree_id)"""
_REACHED = f"""(EXISTS (SELECT 1 FROM reach WHERE reach.tree_id = u.tree_id
    AND u.lft <@ reach.ranges) OR EXISTS (
  SELECT 1 FROM org_admingrant g JOIN org_unit r ON r.id = g.root_id AND {policies.REACHES}
   WHERE g.person_id = %(administrator)s AND g.role = %(role)s AND {policies.LIVE}
     AND (g.line_id IS NOT NULL OR g.highest_level IS NOT NULL)))"""
_ROOT = "root AS MATERIALIZED (SELECT tree_id, lft, rght FROM org_unit WHERE id = %(root)s)"
_IN_ROOT = """(u.tree_id = (SELECT tree_id FROM root)
  AND u.lft BETWEEN (SELECT lft FROM root) AND (SELECT rght FROM root))"""
_NEAR = "near AS MATERIALIZED (SELECT tree_id, lft, rght FROM org_unit WHERE id = %(near_county)s)"
_STANDING = """SELECT s.organ_id, s.county_id FROM org_appointment a
  JOIN org_appointmentsearch s ON s.appointment_id = a.id
 WHERE a.person_id = %(viewer)s AND a.unit_id = %(viewer_unit)s AND a.valid_from <= %(at)s
   AND (a.valid_to IS NULL OR a.valid_to > %(at)s) LIMIT 1"""
_OF_ADMINISTRATOR = f"""EXISTS (
  SELECT 1 FROM org_appointment o JOIN org_unit u ON u.id = o.unit_id
   WHERE o.person_id = a.person_id AND o.valid_from <= %(at)s
     AND (o.valid_to IS NULL OR o.valid_to > %(at)s) AND {_REACHED})"""
# The planner cannot know how many units a range holds, and would rather read all appointments:
# OFFSET 0 keeps each step where it stands, from few rows to few rows by index.
_UNIT = "CROSS JOIN LATERAL (SELECT * FROM org_unit u WHERE u.id = a.unit_id OFFSET 0) u"
_POST = "CROSS JOIN LATERAL (SELECT * FROM org_post t WHERE t.id = a.post_id OFFSET 0) t"
_ROW = """CROSS JOIN LATERAL (
    SELECT * FROM org_appointmentsearch s WHERE s.appointment_id = a.id OFFSET 0) s"""
_BELOW = """org_unit b CROSS JOIN LATERAL (SELECT * FROM org_unit u
    WHERE u.tree_id = b.tree_id AND u.lft BETWEEN b.lft AND b.rght OFFSET 0) u"""
_APPOINTMENT = f"""CROSS JOIN LATERAL (
    SELECT * FROM org_appointment a WHERE a.id = s.appointment_id AND {_HOLDS} OFFSET 0) a"""
_BY_ROWS = f"org_appointmentsearch s {_APPOINTMENT}"
# Each row knows its organ, so that the rows of some places are read together; the live ranges
# judge them.
_PLACES = """places AS MATERIALIZED (
  SELECT tree_id, range_agg(int8range(lft, rght, '[]')) AS ranges
    FROM org_unit WHERE id = ANY(%(places)s) GROUP BY tree_id)"""
_IN_PLACES = """EXISTS (SELECT 1 FROM places WHERE places.tree_id = u.tree_id
    AND u.lft <@ places.ranges)"""
_ORGANS = f"""organs AS MATERIALIZED (
  SELECT u.id FROM {_BELOW} WHERE b.id = ANY(%(places)s) AND u.kind = ANY(%(organs)s)
  UNION SELECT (SELECT o.id FROM org_unit o WHERE o.tree_id = b.tree_id AND o.lft <= b.lft
      AND o.rght >= b.rght AND o.kind = ANY(%(organs)s) ORDER BY o.lft DESC LIMIT 1)
    FROM org_unit b WHERE b.id = ANY(%(places)s))"""
_IN_ORGANS = "= ANY(ARRAY(SELECT id FROM organs))"
_BY_PLACES = f"""{_BELOW} CROSS JOIN LATERAL (
    SELECT * FROM org_appointment a WHERE a.unit_id = u.id AND {_HOLDS} OFFSET 0) a {_ROW}"""
_BY_POSTS = f"""{_BELOW} CROSS JOIN LATERAL (
    SELECT * FROM org_post t WHERE t.unit_id = u.id AND {{titled}} OFFSET 0) t
  CROSS JOIN LATERAL (
    SELECT * FROM org_appointment a WHERE a.post_id = t.id AND {_HOLDS} OFFSET 0) a {_ROW}"""
_NAMESAKES = f"""(
    SELECT * FROM org_appointmentsearch s WHERE {{named}} LIMIT {NAMESAKES_AT_MOST}) s"""
_RANKED_BY = """s.appointment_id, s.organ_id, s.county_id, s.main, s.name, s.pinyin, s.initials,
  s.level, s.rank"""
_DISTANCE = """CASE WHEN s.organ_id = %(near_organ)s THEN 0
    WHEN s.county_id = %(near_county)s THEN 1 ELSE 2 END"""
_RANK = f"""NOT {{written}}, {_DISTANCE}, NOT {{exact}}, NOT s.main, length(s.name),
  s.pinyin, s.level, s.rank, s.appointment_id"""
RANK_BY_POST: Final = f"{_DISTANCE}, NOT s.main, s.rank, s.level, s.pinyin, s.appointment_id"
"""The order of those who are found by what they do: near ones, main and high posts."""


@dataclass(frozen=True, slots=True)
class UnitFound:
    """A unit found by name, with the names of all units above it, top first."""

    id: int
    code: str
    name: str
    kind: str
    level: int
    path: str


@dataclass(frozen=True, slots=True)
class Near:
    """Where the viewer stands: what is found there comes first."""

    organ_id: int | None = None
    county_id: int | None = None


@dataclass(frozen=True, slots=True)
class Search:
    """One search on its way: who asks, where, and how many are wanted."""

    query: Query
    at: datetime
    viewer: Viewer
    root: units.UnitName | None
    near: Near
    administrator: policies.Administrator | None
    limit: int

    @property
    def sight(self) -> Sight:
        """What is kept from the viewer in searches."""
        return self.viewer.sight(Scene.SEARCH)

    @property
    def is_wide(self) -> bool:
        """Over a city, a province or everything."""
        return self.root is None or (self.root.kind == UnitKind.REGION and self.root.level < COUNTY)

    @property
    def anchor(self) -> str:
        """The column that keeps a search of the root to its rows; empty where there is none."""
        if self.root is None or self.root.kind != UnitKind.REGION:
            return ""
        return ANCHORS.get(self.root.level, "")

    @property
    def values(self) -> dict[str, Any]:
        """The parameters of every statement."""
        return {
            "at": self.at,
            "organs": list(ORGAN_LIKE),
            "root": self.root.id if self.root else None,
            "near_organ": self.near.organ_id,
            "near_county": self.near.county_id,
            "limit": self.limit,
            **self.query.values,
            **self.sight.values,
            **(self.administrator.values if self.administrator else {}),
        }


def near(viewer: Viewer, *, at: datetime) -> Near:
    """The organ and the county of the post that the viewer looks from."""
    if viewer.person_id is None or viewer.unit_id is None:
        return Near()
    values = {"viewer": viewer.person_id, "viewer_unit": viewer.unit_id, "at": at}
    return next((Near(*row) for row in _fetch(_STANDING, values)), Near())


def rank(name: Term) -> str:
    """The order of the found: name as written, near ones, name as read, main and high posts."""
    return _RANK.format(written=name.is_written_name(), exact=name.is_name())


def found_by_name(search: Search, name: Term, others: Sequence[Term]) -> list[PersonInUnit]:
    """The first of those named so whose post, unit, organ or region the other terms name."""
    named = name.names_person()
    said = " AND ".join(_said_of(search, term) for term in others) or "TRUE"
    known = [_named_by(term) for term in others]
    posts = f" {_POST}" if others else ""
    ranked = rank(name)
    if search.root is not None and not search.anchor and not search.is_wide:
        source = (f"{_BY_PLACES}{posts}", f"b.id = %(root)s AND {named} AND {said}")
        return _found(search, [source], ranked=ranked, known=known)
    # Most searches need no unit: nothing is hidden, and there is no root to stand below.
    needs_unit = search.root or search.administrator or search.sight != Sight() or others
    judged = f"{_APPOINTMENT}{f' {_UNIT}' if needs_unit else ''}{posts}"
    if search.anchor:
        named = f"s.{search.anchor} = %(root)s AND {named}"
    conditions = [f"s.organ_id = %(near_organ)s AND {named}", named]
    if others:
        sources = [(f"{_NAMESAKES.format(named=one)} {judged}", said) for one in conditions]
        return _found(search, sources, ranked=ranked, known=known)
    if search.administrator:
        sources = [(f"org_appointmentsearch s {judged}", one) for one in conditions]
        return _found(search, sources, ranked=ranked)
    # The name says it all but for a few: judged in the order of ranks until the page is full.
    sources = [("org_appointmentsearch s", one) for one in conditions]
    return _found(search, sources, ranked=ranked, judged_last=judged)


def found_by_place(
    search: Search, place_ids: Sequence[int], *, named: Sequence[Term], titled: Sequence[Term]
) -> list[PersonInUnit]:
    """The first of those in the places who are named so and whose posts are called so."""
    people = " AND ".join(term.reads_as_person() for term in named) or "TRUE"
    posts = " AND ".join(term.names_post(search.sight) for term in titled)
    values = {"places": list(place_ids)}
    if not titled:
        source = (f"{_BY_ROWS} {_UNIT}", f"s.organ_id {_IN_ORGANS} AND {people} AND {_IN_PLACES}")
        known = [_PLACES, _ORGANS]
        return _found(search, [source], ranked=RANK_BY_POST, values=values, known=known)
    tables = _BY_POSTS.format(titled=" AND ".join(term.is_in_title() for term in titled))
    source = (tables, f"b.id = ANY(%(places)s) AND {people} AND {posts}")
    return _found(search, [source], ranked=RANK_BY_POST, values=values)


def _named_by(term: Term) -> str:
    return f"""said_{term.place} AS MATERIALIZED (
      SELECT o.id FROM org_unit o WHERE {term.names_unit("o")})"""


def _said_of(search: Search, term: Term) -> str:
    """The term is in the title of the post or in a name of the unit or one that holds it."""
    held_by = ("a.unit_id", "s.organ_id", "s.township_id", "s.county_id", "s.city_id")
    above = " OR ".join(f"{unit} IN (SELECT id FROM said_{term.place})" for unit in held_by)
    return f"({term.names_post(search.sight)} OR {above})"


def _found(
    search: Search,
    sources: Sequence[tuple[str, str]],
    *,
    ranked: str,
    values: Mapping[str, Any] = MappingProxyType({}),
    known: Sequence[str] = (),
    judged_last: str = "",
) -> list[PersonInUnit]:
    """The first of those whom any source brings up, each so many at most.

    A source is tables and a condition. What is `known` is looked up once, for all of them. Tables
    that are `judged_last` are read for the first of the ranked only.
    """
    judgement = _judgement(search)
    # Of those who have served somewhere once, one in ten at the least is still there.
    ranked_at_most = "%(limit)s * 10" if judged_last else "%(limit)s"
    early, late = (
        ("", f"{judged_last} WHERE {judgement}") if judged_last else (f" AND {judgement}", "")
    )
    branches = " UNION ALL ".join(
        f"(SELECT {_RANKED_BY} FROM {tables} WHERE {condition}{early} LIMIT {CANDIDATES_AT_MOST})"
        for tables, condition in sources
    )
    common = ", ".join([_ROOT, *([_REACH] if search.administrator else []), *known])
    rows = _fetch(
        f"""
        WITH {common}, found AS MATERIALIZED (
          SELECT DISTINCT ON (appointment_id) * FROM ({branches}) every),
        s AS MATERIALIZED (
          SELECT s.* FROM (SELECT * FROM found s ORDER BY {ranked} LIMIT {ranked_at_most}) s {late}
           LIMIT %(limit)s)
        SELECT {people.listed(search.sight)}
          FROM s JOIN org_appointment a ON a.id = s.appointment_id
          JOIN org_unit u ON u.id = a.unit_id JOIN org_person p ON p.id = a.person_id
          JOIN org_post t ON t.id = a.post_id
         ORDER BY {ranked}""",
        {**search.values, **values},
    )
    return [people.person_in_unit(row) for row in rows]


def _judgement(search: Search) -> str:
    """What a candidate `a` in `u` must meet: the subtree, the viewer's sight, the office."""
    shown = search.sight.shows_holder(person="a.person_id")
    within = _IN_ROOT if search.root else "TRUE"
    reached = _OF_ADMINISTRATOR if search.administrator else "TRUE"
    return f"{within} AND {shown} AND {reached}"


def found_by_phone(search: Search) -> list[PersonInUnit]:
    """The holders of the number among those whose people the viewer administers."""
    if search.viewer.person_id is None:
        return []
    rows = _fetch(
        f"""
        WITH {_REACH} SELECT {people.listed(search.sight)}
          FROM org_person p JOIN org_appointment a ON a.person_id = p.id AND {_HOLDS}
          JOIN org_unit u ON u.id = a.unit_id JOIN org_post t ON t.id = a.post_id
         WHERE p.phone_index = %(phone)s AND {_OF_ADMINISTRATOR}
           AND {search.sight.shows_holder()}
         ORDER BY p.id, a.kind <> 'main', a.id LIMIT %(limit)s""",
        {
            **search.values,
            **policies.Administrator(search.viewer.person_id, AdminRole.PEOPLE).values,
            "phone": crypto.blind_index(search.query.phone),
        },
    )
    return [people.person_in_unit(row) for row in rows]


def found_units(
    search: Search, term: Term, condition: str, kinds: Sequence[str], *, limit: int
) -> list[UnitFound]:
    """The first units that meet the condition, those with the term for a name before all."""
    exact = f"%(exact_{term.place})s IN (lower(u.name), lower(u.short_name))"
    common = ", ".join([_NEAR, _ROOT, *([_REACH] if search.administrator else [])])
    rows = _fetch(
        f"""
        WITH {common} SELECT u.id, u.code, u.name, u.kind, u.level FROM org_unit u
         WHERE {_STANDS} AND (%(any_kind)s OR u.kind = ANY(%(kinds)s)) AND {condition}
           AND {_IN_ROOT if search.root else "TRUE"}
           AND {search.sight.shows_unit()} AND {_REACHED if search.administrator else "TRUE"}
         ORDER BY NOT {exact}, NOT EXISTS (SELECT 1 FROM near WHERE near.tree_id = u.tree_id
               AND u.lft BETWEEN near.lft AND near.rght),
               u.level, length(u.name), u.depth, u.id LIMIT %(limit)s""",
        {**search.values, "any_kind": not kinds, "kinds": list(kinds), "limit": limit},
    )
    return _with_paths(rows)


def people_by_id(
    person_ids: Sequence[int], *, at: datetime, sight: Sight
) -> dict[int, PersonInUnit]:
    """The people with the main post of that instant, else another; the hidden are left out."""
    rows = _fetch(
        f"""
        SELECT DISTINCT ON (a.person_id) {people.listed(sight)}
          FROM org_appointment a JOIN org_person p ON p.id = a.person_id
          JOIN org_unit u ON u.id = a.unit_id JOIN org_post t ON t.id = a.post_id
         WHERE a.person_id = ANY(%(ids)s) AND {_HOLDS} AND {sight.shows_holder()}
         ORDER BY a.person_id, a.kind <> 'main', a.valid_from, a.id""",
        {"ids": list(person_ids), "at": at, "organs": list(ORGAN_LIKE), **sight.values},
    )
    return {row[1]: people.person_in_unit(row) for row in rows}


def units_by_id(unit_ids: Sequence[int], *, at: datetime, sight: Sight) -> dict[int, UnitFound]:
    """The units of that instant; the hidden are left out."""
    rows = _fetch(
        f"""SELECT u.id, u.code, u.name, u.kind, u.level FROM org_unit u
             WHERE u.id = ANY(%(ids)s) AND {_STANDS} AND {sight.shows_unit()}""",
        {"ids": list(unit_ids), "at": at, **sight.values},
    )
    return {unit.id: unit for unit in _with_paths(rows)}


def _with_paths(rows: list[tuple[Any, ...]]) -> list[UnitFound]:
    above = units.paths([row[0] for row in rows])
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


def _fetch(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
