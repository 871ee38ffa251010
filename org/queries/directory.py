"""Searching the directory: people and units by what one remembers of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from org import errors, policies
from org import names as readings
from org.kinds import Scene, UnitKind
from org.models import Unit
from org.queries import people, units
from org.queries.people import PersonInUnit
from org.queries.visibility import Viewer

ORGAN_LIKE: Final = units.ORGAN_LIKE
ANCHORS: Final = {2: "city_id", 3: "county_id", 4: "township_id"}
"""Columns of the search rows, by the level of the region they name."""

_STANDS = "u.valid_from <= %(at)s AND (u.valid_to IS NULL OR u.valid_to > %(at)s)"
_HOLDS = "a.valid_from <= %(at)s AND (a.valid_to IS NULL OR a.valid_to > %(at)s)"
_WITHIN_ROOT = (
    "JOIN org_unit r ON r.id = %(root)s AND u.tree_id = r.tree_id"
    " AND u.lft BETWEEN r.lft AND r.rght"
)
_OF_ADMINISTRATOR = f"""EXISTS (
  SELECT 1 FROM org_appointment o JOIN org_unit u ON u.id = o.unit_id
   WHERE o.person_id = p.id AND o.valid_from <= %(at)s
     AND (o.valid_to IS NULL OR o.valid_to > %(at)s) AND {policies.ADMINISTERED})"""
_BY_LATIN = "(s.pinyin LIKE %(prefix)s OR s.initials LIKE %(prefix)s)"
_BY_CHARACTERS = "s.grams @> %(grams)s::varchar[] AND s.name LIKE %(infix)s"


@dataclass(frozen=True, slots=True)
class UnitFound:
    """A unit found by name, with the names of all units above it, top first."""

    id: int
    code: str
    name: str
    kind: str
    level: int
    path: str


def search_people(
    text: str,
    *,
    at: datetime,
    viewer: Viewer,
    root_id: int | None = None,
    administrator: policies.Administrator | None = None,
    limit: int = 20,
) -> list[PersonInUnit]:
    """People by any two neighbouring characters of the name, by pinyin or by initials.

    Only those with a post in a unit of the administrator where one is given. SearchTooWide for a
    single Chinese character over a province or a city.
    """
    wanted = "".join(text.replace("\x00", "").split()).lower()
    if not wanted:
        return []
    sight = viewer.sight(Scene.SEARCH)
    rows = _fetch(
        f"""
        SELECT {people.listed(sight)}
          FROM org_appointmentsearch s JOIN org_appointment a ON a.id = s.appointment_id
           AND {_HOLDS}
          JOIN org_unit u ON u.id = a.unit_id {_WITHIN_ROOT if root_id is not None else ""}
          JOIN org_person p ON p.id = a.person_id JOIN org_post t ON t.id = a.post_id
         WHERE {_person_matches(wanted, root_id)} AND {sight.shows_holder()}
           AND {_OF_ADMINISTRATOR if administrator else "TRUE"}
         ORDER BY s.initials <> %(exact)s, length(s.name), s.pinyin, u.level, t.rank, a.id
         LIMIT %(limit)s""",
        {
            "at": at,
            "organs": list(units.ORGAN_LIKE),
            "root": root_id,
            "grams": readings.probe(wanted),
            "infix": f"%{_literal(wanted)}%",
            "prefix": f"{_literal(wanted)}%",
            "exact": wanted,
            "limit": limit,
            **sight.values,
            **(administrator.values if administrator else {}),
        },
    )
    return [people.person_in_unit(row) for row in rows]


def search_units(
    text: str,
    *,
    at: datetime,
    viewer: Viewer,
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
    sight = viewer.sight(Scene.SEARCH)
    rows = _fetch(
        f"""
        SELECT u.id, u.code, u.name, u.kind, u.level FROM org_unit u
          {_WITHIN_ROOT if root_id is not None else ""}
         WHERE {_STANDS} AND (%(any_kind)s OR u.kind = ANY(%(kinds)s))
           AND {_unit_matches(wanted)} AND {sight.shows_unit()}
           AND {policies.ADMINISTERED if administrator else "TRUE"}
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
            **sight.values,
            **(administrator.values if administrator else {}),
        },
    )
    return _with_paths(rows)


def _person_matches(wanted: str, root_id: int | None) -> str:
    latin = readings.is_latin(wanted)
    anchor = _anchor(root_id, is_narrow_enough=latin or len(wanted) > 1)
    return f"{_BY_LATIN if latin else _BY_CHARACTERS}{anchor}"


def _anchor(root_id: int | None, *, is_narrow_enough: bool) -> str:
    """A condition that spares the search the rows of other cities, counties and townships."""
    root = Unit.objects.filter(pk=root_id).first() if root_id is not None else None
    if not is_narrow_enough and (root is None or root.level <= 2):
        raise errors.SearchTooWide
    if root is None or root.kind != UnitKind.REGION or root.level not in ANCHORS:
        return ""
    return f" AND s.{ANCHORS[root.level]} = %(root)s"


def _unit_matches(wanted: str) -> str:
    if wanted.isascii():
        return "u.code LIKE %(prefix)s"
    return "u.name_grams @> %(grams)s::varchar[] AND lower(u.name) LIKE %(infix)s"


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


def _literal(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _fetch(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
