"""系统管理 › 组织与人员, the search: units and people within the viewer's office."""

from dataclasses import dataclass, field
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_GET

from core import http
from org import errors as org_errors
from org import policies as org_policies
from org.kinds import AdminRole, AppointmentKind
from org.queries import authority, directory, people
from workbench import offices, parameters, personnel, searches, viewers


@dataclass(frozen=True, slots=True)
class PersonFound:
    """Somebody of the office, with the page that opens for the viewer."""

    name: str
    detail: str
    page: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a search of the office brought up, or why it was not tried."""

    text: str
    units: searches.First[directory.UnitFound] = field(default_factory=searches.First.none)
    people: searches.First[PersonFound] = field(default_factory=searches.First.none)
    refusal: str = ""
    shown: int = 0

    @property
    def may_show_more(self) -> bool:
        """Whether what was cut can be asked for."""
        return searches.may_show_more(self.shown)

    @property
    def more(self) -> str:
        """What the address of the search ends with that shows more of it."""
        return searches.more_of(self.text)


@http.page
@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """Fragment: units and people that the viewer administers, by name, pinyin or initials."""
    now = timezone.now()
    office = offices.of(http.actor_of(request), at=now)
    context = {"found": found_for(request, office, at=now)}
    return render(request, "workbench/administration/found.html", context)


def found_for(request: HttpRequest, office: offices.Office, *, at: datetime) -> Found | None:
    """What the text in the address finds within the office; None where there is no text."""
    wanted = parameters.text(request.GET, "q", longest=searches.LONGEST_SEARCH)
    if not wanted:
        return None
    actor, viewer = http.actor_of(request), viewers.of(request, at=at)
    shown = searches.shown(request)
    # With one top, a single character is looked for below it, if that is no city or province.
    root_id = office.unit_roots[0] if len(office.unit_roots) == 1 else None
    named: dict[int, directory.UnitFound] = {}
    met: dict[int, PersonFound] = {}
    refusal = ""
    for role in office.unit_roles:
        reach = org_policies.Administrator(actor.require_person(), role)
        some = directory.search_units(
            wanted, at=at, viewer=viewer, root_id=root_id, administrator=reach, limit=shown + 1
        )
        for unit in some:
            named.setdefault(unit.id, unit)
        try:
            holders = directory.search_people(
                wanted, at=at, viewer=viewer, root_id=root_id, administrator=reach, limit=shown + 1
            )
        except org_errors.SearchTooWide as refused:
            refusal = refused.text
            continue
        # Somebody is found by any post, and shown by one that is in the office.
        within = authority.administered(reach, {one.unit_id for one in holders}, at=at)
        for one in holders:
            if one.unit_id in within:
                met.setdefault(one.person_id, _person(one, role))
    return Found(
        wanted,
        units=searches.First.of(list(named.values()), shown),
        people=searches.First.of(list(met.values()), shown),
        refusal="" if met or named else refusal,
        shown=shown,
    )


def _person(one: people.PersonInUnit, role: AdminRole) -> PersonFound:
    """Whoever is in charge of people where the main post is opens the person, others the unit."""
    has_page = role == AdminRole.PEOPLE and one.kind == AppointmentKind.MAIN
    return PersonFound(
        name=one.name,
        detail=f"{one.place}，{one.title}",
        page=personnel.page_of_person(one.person_id)
        if has_page
        else personnel.page_of_unit(one.unit_id),
    )


urlpatterns = [path("search/", search, name="administration-search")]
