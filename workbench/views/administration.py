"""系统管理: what the signed-in person may administer, and nothing beyond it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_GET

from core import http, paging
from core.actor import Actor
from org import errors as org_errors
from org import policies as org_policies
from org.kinds import AdminRole, UnitKind
from org.queries import appointments, authority, concerned, former_names, units, visibility
from workbench import line_cards, offices, parameters, trees, unit_dialogs, viewers
from workbench.views import (
    administration_accounts,
    administration_audit,
    administration_changes,
    administration_departures,
    administration_duty,
    administration_exchange,
    administration_grants,
    administration_helpdesk,
    administration_histories,
    administration_lines,
    administration_mergers,
    administration_moves,
    administration_officers,
    administration_people,
    administration_person,
    administration_posts,
    administration_reorganisations,
    administration_requests,
    administration_search,
    administration_sync,
    administration_units,
    administration_visibility,
)

PEOPLE_PER_PAGE = 50
PARTS_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Administrator:
    """One person's roles over one unit or all below it, in one line."""

    name: str
    root_name: str
    roles: str


@dataclass(frozen=True, slots=True)
class UnitPane:
    """One unit and what the viewer may do to it."""

    unit: units.UnitCard
    above: list[units.UnitName]
    page: paging.Page[appointments.RosterLine]
    administrators: list[Administrator]
    may_manage_units: bool
    may_manage_people: bool
    may_add: bool
    """Whether any kind of unit may stand below this one."""
    may_rename: bool
    may_recode: bool
    may_see_changes: bool
    may_leave: bool
    """Whether the unit may be moved, merged or abolished: takes the right over the one above."""
    parts: list[units.UnitBranch]
    """The first units directly below, in order."""
    has_more_parts: bool
    lines: list[line_cards.LineOfUnit]
    ending: former_names.Ending | None
    pending: list[concerned.Pending]
    """What waits for a second person about the unit."""


@http.page
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """Units and people of the viewer's scope; an auditor begins with the log."""
    now = timezone.now()
    actor = http.actor_of(request)
    office = offices.of(actor, at=now)
    if not office.unit_roots:
        return redirect("administration-audit" if office.sees_audit else "administration-grants")
    unit_id = parameters.optional_id(request.GET, "unit")
    found = administration_search.found_for(request, office, at=now)
    shown = _pane(request, actor, unit_id or office.unit_roots[0], at=now)
    context = {
        "screen": "administration",
        "office": office,
        "tab": "units",
        "tree": trees.opened_from(
            office.unit_roots,
            to_unit_id=shown.unit.id,
            at=now,
            viewer=viewers.of(request, at=now),
        ),
        "unit_id": shown.unit.id,
        "pane": shown,
        "found": found,
        "is_detail": unit_id is not None and not found,
    }
    return render(request, "workbench/administration/units.html", context)


@http.page
@require_GET
def unit(request: HttpRequest, unit_id: int) -> HttpResponse:
    """Fragment: one unit of the scope with its people and its actions."""
    pane = _pane(request, http.actor_of(request), unit_id, at=timezone.now())
    template = "people_rows" if request.GET.get("cursor") else "unit"
    return render(request, f"workbench/administration/{template}.html", {"pane": pane})


def _pane(request: HttpRequest, actor: Actor, unit_id: int, *, at: datetime) -> UnitPane:
    """UnitNotFound for a unit outside the viewer's scope: hidden and absent look alike."""
    may_manage_units = org_policies.may_manage_units(actor, unit_id, at=at)
    may_manage_people = org_policies.may_manage_people(actor, unit_id, at=at)
    if not (may_manage_units or may_manage_people) and not _helps(actor, unit_id, at=at):
        raise org_errors.UnitNotFound
    viewer = visibility.viewer_of(actor, at=at)
    card = units.card(unit_id, at=at, viewer=viewer)
    may_change = may_manage_units and not card.abolished
    may_leave = (
        card.parent_id is not None
        and not card.abolished
        and org_policies.may_manage_units(actor, card.parent_id, at=at)
    )
    below = units.children(unit_id, at=at, viewer=viewer, limit=PARTS_SHOWN)
    judged = org_policies.names_from(unit_id, kind=card.kind, parent_id=card.parent_id)
    may_rename = may_change if judged == unit_id else may_leave
    return UnitPane(
        unit=card,
        above=units.path(unit_id)[:-1],
        page=appointments.roster(
            unit_id, at=at, limit=PEOPLE_PER_PAGE, cursor=request.GET.get("cursor")
        ),
        administrators=_administrators(authority.of_unit(unit_id, at=at)),
        may_manage_units=may_change,
        may_add=may_change and bool(unit_dialogs.kinds_below(card.kind, card.level)),
        may_rename=may_rename,
        may_recode=may_rename and card.kind in (UnitKind.REGION, UnitKind.GROUP),
        may_see_changes=may_manage_units,
        may_manage_people=may_manage_people and not card.abolished,
        may_leave=may_leave,
        parts=below.items,
        has_more_parts=below.next_cursor is not None,
        lines=line_cards.of(unit_id, viewer=viewer, at=at),
        ending=former_names.ending(unit_id, viewer=viewer) if card.abolished else None,
        pending=concerned.pending(unit_id, person_id=actor.require_person(), at=at),
    )


def _helps(actor: Actor, unit_id: int, *, at: datetime) -> bool:
    """A helpdesk sees the people whose accounts it serves."""
    person_id = actor.require_person()
    return authority.administers(person_id, AdminRole.HELPDESK, unit_id, at=at)


def _administrators(grants: Iterable[authority.Grant]) -> list[Administrator]:
    roles: dict[tuple[int, int], list[authority.Grant]] = {}
    for grant in grants:
        roles.setdefault((grant.person_id, grant.root_id), []).append(grant)
    return [
        Administrator(
            name=held[0].person_name,
            root_name=held[0].root_name,
            roles="、".join(grant.role_name for grant in held),
        )
        for held in roles.values()
    ]


urlpatterns = [
    path("", index, name="administration"),
    path("units/<int:unit_id>/", unit, name="administration-unit"),
    *administration_search.urlpatterns,
    *administration_units.urlpatterns,
    *administration_moves.urlpatterns,
    *administration_mergers.urlpatterns,
    *administration_changes.urlpatterns,
    *administration_people.urlpatterns,
    *administration_person.urlpatterns,
    *administration_departures.urlpatterns,
    *administration_exchange.urlpatterns,
    *administration_posts.urlpatterns,
    *administration_sync.urlpatterns,
    *administration_accounts.urlpatterns,
    *administration_helpdesk.urlpatterns,
    *administration_audit.urlpatterns,
    *administration_histories.urlpatterns,
    *administration_grants.urlpatterns,
    *administration_officers.urlpatterns,
    *administration_requests.urlpatterns,
    *administration_reorganisations.urlpatterns,
    *administration_lines.urlpatterns,
    *administration_visibility.urlpatterns,
    *administration_duty.urlpatterns,
]
