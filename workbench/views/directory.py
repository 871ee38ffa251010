"""通讯录: the tree of units, the people of one, the card of one person."""

from dataclasses import dataclass
from datetime import date, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from core import http, paging
from core.actor import Actor
from messaging.queries import unit_conversations
from org import errors as org_errors
from org import policies as org_policies
from org.queries import former_names, people, units
from org.queries.visibility import Viewer
from org.services import people as people_services
from workbench import offices, parameters, past_trees, personnel, trees, viewers
from workbench.views import directory_past, directory_rooms, directory_search

PEOPLE_PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class PeopleOfUnit:
    """The middle pane: one unit and a page of its people."""

    unit: units.UnitCard
    above: list[units.UnitName]
    with_below: bool
    ending: former_names.Ending | None
    may_administer: bool
    rooms: unit_conversations.OfUnit | None
    """Not asked for again with further pages of people."""
    page: paging.Page[people.PersonInUnit]


@dataclass(frozen=True, slots=True)
class CardView:
    """The right pane: one person and what the viewer may do."""

    person: people.PersonCard
    may_reveal: bool
    may_message: bool
    may_administer: bool
    phone: str = ""


@http.page
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The screen; `unit`, `person`, `q`, `on` and `view` in the address open what they name."""
    now = timezone.now()
    actor = http.actor_of(request)
    asked_unit = parameters.optional_id(request.GET, "unit")
    person_id = parameters.optional_id(request.GET, "person")
    viewer, day = viewers.of(request, at=now), directory_past.asked_day(request)
    unit_id = asked_unit or actor.unit_id or _first_root(viewer, at=now)
    by_lines = directory_past.chosen_line(request)
    found = directory_search.found_for(request, unit_id)
    picked = found.range == directory_search.IN_UNIT if found else bool(asked_unit)
    context = {
        "screen": "directory",
        "today": timezone.localdate(),
        "on": day,
        "early": directory_past.before_records(request),
        "lines": directory_past.own_lines(actor.unit_id) if by_lines else None,
        "by_lines": by_lines,
        "tree": None if by_lines else _tree(unit_id, day, viewer, at=now),
        "unit_id": unit_id,
        "card": _card(actor, viewer, person_id, at=now) if person_id else None,
        "found": found,
        "keeps_to_unit": picked,
        "is_detail": bool(asked_unit and not found),
        **_pane(request, unit_id, day, at=now),
    }
    return render(request, "workbench/directory/index.html", context)


@http.page
@require_GET
def branch(request: HttpRequest, unit_id: int) -> HttpResponse:
    """Fragment: the units directly below one, on the day in `on` where there is one."""
    depth = min(max(parameters.optional_id(request.GET, "depth") or 1, 1), 20)
    cursor = request.GET.get("cursor")
    now, day = timezone.now(), directory_past.asked_day(request)
    viewer = viewers.of(request, at=now)
    if day is None:
        shown = trees.branch(unit_id, depth=depth, at=now, viewer=viewer, cursor=cursor)
    else:
        at = directory_past.end_of(day)
        shown = past_trees.branch(unit_id, depth=depth, at=at, viewer=viewer, cursor=cursor)
    context = {
        "branch": shown,
        "tree_screen": request.GET.get("screen", "directory"),
        "on": day,
    }
    return render(request, "workbench/components/branch.html", context)


@http.page
@require_GET
def listing(request: HttpRequest, unit_id: int) -> HttpResponse:
    """Fragment: the people of a unit, from the first or from a cursor on."""
    day = directory_past.asked_day(request)
    context = {"unit_id": unit_id, "on": day, **_pane(request, unit_id, day, at=timezone.now())}
    template = "rows" if request.GET.get("cursor") else "listing"
    folder = "workbench/directory/past_" if day else "workbench/directory/"
    return render(request, f"{folder}{template}.html", context)


@http.page
@require_GET
def card(request: HttpRequest, person_id: int) -> HttpResponse:
    """Fragment: the card of one person, the phone masked."""
    now = timezone.now()
    viewer = viewers.of(request, at=now)
    shown = _card(http.actor_of(request), viewer, person_id, at=now)
    return render(request, "workbench/directory/card.html", {"card": shown})


@http.page
@require_POST
def reveal(request: HttpRequest, person_id: int) -> HttpResponse:
    """Fragment: the phone in full, once the look at it stands in the audit log."""
    now = timezone.now()
    actor = http.actor_of(request)
    phone = people_services.reveal_phone(actor=actor, person_id=person_id, now=now)
    return render(request, "workbench/directory/phone.html", {"phone": phone})


def _tree(unit_id: int | None, day: date | None, viewer: Viewer, *, at: datetime) -> trees.Branch:
    if day is None:
        return trees.opened(to_unit_id=unit_id, at=at, viewer=viewer)
    then = directory_past.end_of(day)
    return past_trees.opened(to_unit_id=unit_id, at=then, viewer=viewer)


def _pane(
    request: HttpRequest, unit_id: int | None, day: date | None, *, at: datetime
) -> dict[str, object]:
    """The middle pane: the unit and its people, as they are or as they were on the day.

    A unit that did not stand on the day leaves the pane to say so.
    """
    if unit_id is None:
        return {"listing": None}
    if day is None:
        return {"listing": _people_of(request, unit_id, at=at)}
    try:
        past = directory_past.listing_of(
            unit_id,
            day,
            viewer=viewers.of(request, at=at),
            with_below=_is_with_below(request),
            cursor=request.GET.get("cursor"),
        )
    except org_errors.UnitNotFound:
        return {"past": None}
    return {"past": past}


def _people_of(request: HttpRequest, unit_id: int, *, at: datetime) -> PeopleOfUnit:
    with_below = _is_with_below(request)
    viewer = viewers.of(request, at=at)
    page = people.in_unit(
        unit_id,
        at=at,
        viewer=viewer,
        with_below=with_below,
        limit=PEOPLE_PER_PAGE,
        cursor=request.GET.get("cursor"),
    )
    above = units.path(unit_id)[:-1]
    unit = units.card(unit_id, at=at, viewer=viewer)
    ending = former_names.ending(unit_id, viewer=viewer) if unit.abolished else None
    actor = http.actor_of(request)
    return PeopleOfUnit(
        unit=unit,
        above=above,
        with_below=with_below,
        ending=ending,
        may_administer=offices.reaches(actor, unit_id, at=at),
        rooms=(
            unit_conversations.of_unit(actor=actor, unit_id=unit_id, at=at)
            if not request.GET.get("cursor")
            else None
        ),
        page=page,
    )


def _is_with_below(request: HttpRequest) -> bool:
    return request.GET.get("scope") == "below"


def _card(actor: Actor, viewer: Viewer, person_id: int, *, at: datetime) -> CardView:
    person = people.card(person_id, at=at, viewer=viewer)
    return CardView(
        person=person,
        may_reveal=bool(person.phone_masked)
        and org_policies.may_reveal_phone(actor, person_id, at=at),
        may_message=person_id != actor.person_id and bool(person.appointments),
        may_administer=personnel.is_in_charge(actor, person_id, at=at),
    )


def _first_root(viewer: Viewer, *, at: datetime) -> int | None:
    roots = units.roots(at=at, viewer=viewer)
    return roots[0].id if roots else None


urlpatterns = [
    path("", index, name="directory"),
    path("search/", directory_search.search, name="directory-search"),
    path("units/<int:unit_id>/branch/", branch, name="directory-branch"),
    path("units/<int:unit_id>/people/", listing, name="directory-people"),
    path("units/<int:unit_id>/rooms/", directory_rooms.dialog, name="directory-rooms"),
    path("lines/<int:line_id>/", directory_past.line, name="directory-line"),
    path("people/<int:person_id>/", card, name="directory-card"),
    path("people/<int:person_id>/phone/", reveal, name="directory-phone"),
]
