"""Searching the directory: people and units by what one remembers of them."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from org import errors, policies
from org.kinds import Scene, UnitKind
from org.queries import finding, matching, units
from org.queries.finding import ANCHORS, ORGAN_LIKE, Search, UnitFound
from org.queries.matching import Term
from org.queries.people import PersonInUnit
from org.queries.visibility import Viewer

__all__ = [
    "ANCHORS",
    "ORGAN_LIKE",
    "UnitFound",
    "people_by_id",
    "search_people",
    "search_units",
    "units_by_id",
]

_PLACES_AT_MOST: Final = 150


def search_people(
    text: str,
    *,
    at: datetime,
    viewer: Viewer,
    root_id: int | None = None,
    administrator: policies.Administrator | None = None,
    limit: int = 20,
) -> list[PersonInUnit]:
    """People by name, pinyin or initials, also with a post or a unit: 张 卫健局, 民政局 局长.

    Exact names come first, then the viewer's own organ and county, main posts, high posts. A post
    alone is looked for in the viewer's county; a whole phone number is found by administrators of
    people among their own. Only those with a post in a unit of the administrator where one is
    given. SearchTooWide for a single Chinese character over a city or a province.
    """
    search = _read(text, at, viewer, root_id, administrator, limit)
    if search is None:
        return []
    if search.query.phone:
        return finding.found_by_phone(search)
    if len(search.query.terms) == 1 and search.query.whole.is_single and search.is_wide:
        raise errors.SearchTooWide
    found: dict[int, PersonInUnit] = {}
    try:
        for some in _ways(search):
            found.update((p.appointment_id, p) for p in some if p.appointment_id not in found)
            if len(found) >= limit:
                break
    except errors.SearchTooWide:
        # What was found by name before stands; only nothing at all needs a narrower question.
        if not found:
            raise
    return list(found.values())[:limit]


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
    """Units by any of their names, by initials, or by the beginning of the code.

    Of several words one names the unit and the others it or a unit above it: 西湖 民政局. Where no
    name has the text, one that has its characters in that order is found: 卫健局. Exact names come
    first, then the viewer's county, higher units, shorter names. Only those of the administrator
    where one is given. Village groups (第3村民小组, thousands of each) are found by code only.
    """
    search = _read(text, at, viewer, root_id, administrator, limit)
    if search is None:
        return []
    query, wanted = search.query, [UnitKind(kind).value for kind in kinds]

    def by(term: Term, condition: str) -> list[UnitFound]:
        return finding.found_units(search, term, condition, wanted, limit=limit)

    found = by(query.whole, query.whole.names_unit())
    if not found and len(query.terms) > 1:
        last = query.terms[-1]
        found = [
            unit
            for unit in finding.found_units(
                search, last, last.names_unit(), wanted, limit=_PLACES_AT_MOST
            )
            if all(term.text in f"{unit.path} {unit.name}".lower() for term in query.terms[:-1])
        ]
    if not found and query.whole.may_abbreviate:
        found = by(query.whole, query.whole.abbreviates_unit())
    return found[:limit]


def _read(
    text: str,
    at: datetime,
    viewer: Viewer,
    root_id: int | None,
    administrator: policies.Administrator | None,
    limit: int,
) -> Search | None:
    """The search; None where nothing was typed or there is no such root."""
    query = matching.read(text)
    if query is None:
        return None
    root = units.names([root_id]).get(root_id) if root_id is not None else None
    if root_id is not None and root is None:
        return None
    near = finding.near(viewer, at=at)
    return Search(query, at, viewer, root, near, administrator, limit)


def _ways(search: Search) -> Iterator[list[PersonInUnit]]:
    """What each way to look brings up, the likeliest way first; the next only when asked for."""
    query = search.query
    by_name = finding.found_by_name(search, query.whole, [])
    yield by_name
    if len(query.terms) == 1:
        if not by_name and not query.whole.is_latin and not query.whole.is_single:
            yield _by_post(search)
        return
    named = [term for term in query.terms if not term.is_single and not term.text.isdecimal()]
    for term in named:
        if not term.is_latin:
            yield finding.found_by_name(search, term, query.others(term))
    by_place = _by_place(search)
    yield by_place
    if not by_place:
        for term in named:
            if term.is_latin:
                yield finding.found_by_name(search, term, query.others(term))


def _by_post(search: Search) -> list[PersonInUnit]:
    """People whose post is called so, in the searched unit or in the viewer's own county."""
    place_id = search.near.county_id or search.near.organ_id
    if search.root is not None and not search.is_wide:
        place_id = search.root.id
    if place_id is None:
        return []
    return finding.found_by_place(search, [place_id], named=(), titled=[search.query.whole])


def _by_place(search: Search) -> list[PersonInUnit]:
    """People of the units that one term names, whose name or post the others give.

    Names of two characters and more were looked for before: here those are names that too many
    people have to look at each, single characters and pinyin.
    SearchTooWide where only a city or a province is named.
    """
    for place in sorted(search.query.terms, key=lambda term: -len(term.text)):
        places, others = _places(search, place), search.query.others(place)
        narrow = [
            unit for unit in places if unit.kind != UnitKind.REGION or unit.level >= finding.COUNTY
        ]
        is_wide = bool(places) and places[0].name.lower() == place.text
        if places and (not narrow or (is_wide and places[0] not in narrow)):
            raise errors.SearchTooWide
        if narrow:
            # A term that names a unit above the place is spent on the place.
            spent = [term for term in others if all(term.text in unit.path for unit in narrow)]
            left = [term for term in others if term not in spent]
            return finding.found_by_place(
                search,
                [unit.id for unit in narrow],
                named=[term for term in left if term.is_single or term.is_latin],
                titled=[term for term in left if not (term.is_single or term.is_latin)],
            )
    return []


def _places(search: Search, term: Term) -> list[UnitFound]:
    """The units that the term names or, where it names none, abbreviates."""
    if term.is_single or term.text.isdecimal():
        return []
    limit = _PLACES_AT_MOST
    named = finding.found_units(search, term, term.names_unit(), [], limit=limit)
    if named or not term.may_abbreviate:
        return named
    return finding.found_units(search, term, term.abbreviates_unit(), [], limit=limit)


def people_by_id(person_ids: Sequence[int], *, at: datetime, viewer: Viewer) -> list[PersonInUnit]:
    """The people in the order asked for, each with the first post; the hidden are left out."""
    found = finding.people_by_id(person_ids, at=at, sight=viewer.sight(Scene.SEARCH))
    return [found[one] for one in person_ids if one in found]


def units_by_id(unit_ids: Sequence[int], *, at: datetime, viewer: Viewer) -> list[UnitFound]:
    """The units that stand, in the order asked for; the hidden are left out."""
    found = finding.units_by_id(unit_ids, at=at, sight=viewer.sight(Scene.SEARCH))
    return [found[one] for one in unit_ids if one in found]
