"""系统管理, 管理权限: who administers what, from whom, and until when."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from core import http
from core.actor import Actor
from org import errors as org_errors
from org import policies as org_policies
from org.kinds import LEVEL_NAMES, AdminRole
from org.queries import authority, directory, people, units
from org.services import authority as authority_services
from org.services import requests as request_services
from workbench import dialogs, grant_lines, offices, parameters, viewers
from workbench.forms import grants as forms
from workbench.forms.base import Choices

FOUND_AT_MOST: Final = 20
CHILDREN_AT_MOST: Final = 100
SEARCHED_FROM: Final = 2


@http.page
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """What the viewer may administer, and what he has granted."""
    now = timezone.now()
    actor = http.actor_of(request)
    office = offices.of(actor, at=now)
    held = grant_lines.lines(actor, office.grants, at=now)
    context = {
        "screen": "administration",
        "tab": "grants",
        "view": "mine",
        "office": office,
        "held": held,
        "ending": grant_lines.ending(held),
        "given": grant_lines.lines(
            actor, authority.granted_by(actor.require_person(), at=now), at=now
        ),
    }
    return render(request, "workbench/administration/grants.html", context)


@http.page
@require_GET
def of_unit(request: HttpRequest) -> HttpResponse:
    """Who administers a unit, the rights inherited from above marked as such."""
    now = timezone.now()
    actor = http.actor_of(request)
    office = offices.of(actor, at=now)
    viewer = viewers.of(request, at=now)
    asked = parameters.optional_id(request.GET, "unit")
    unit_id = asked or office.grants[0].root_id
    card = units.card(unit_id, at=now, viewer=viewer)
    above = units.path(unit_id)[:-1]
    below = units.children(unit_id, at=now, viewer=viewer, limit=CHILDREN_AT_MOST)
    around = [unit.id for unit in above] + [unit.id for unit in below.items]
    shown = _shown(actor, [unit_id, *around], at=now)
    if unit_id not in shown:
        raise org_errors.UnitNotFound
    context = {
        "screen": "administration",
        "tab": "grants",
        "view": "units",
        "office": office,
        "unit": card,
        "above": [unit for unit in above if unit.id in shown],
        "below": [unit for unit in below.items if unit.id in shown],
        "is_cut": below.next_cursor is not None,
        "lines": grant_lines.lines(
            actor, authority.of_unit(unit_id, at=now), at=now, unit_id=unit_id
        ),
        "may_grant": bool(authority.passable(actor.require_person(), unit_id, at=now)),
        "is_detail": asked is not None,
    }
    return render(request, "workbench/administration/grants_unit.html", context)


@http.page
@require_GET
def of_person(request: HttpRequest, person_id: int) -> HttpResponse:
    """What one person may administer; PersonNotFound where that is not the viewer's business."""
    now = timezone.now()
    actor = http.actor_of(request)
    office = offices.of(actor, at=now)
    if not org_policies.may_see_rights(actor, person_id, at=now):
        raise org_errors.PersonNotFound
    person = people.names([person_id], at=now).get(person_id)
    if person is None:
        raise org_errors.PersonNotFound
    context = {
        "screen": "administration",
        "tab": "grants",
        "view": "people",
        "office": office,
        "person": person,
        "held": grant_lines.lines(actor, authority.of_person(person_id, at=now), at=now),
        "given": grant_lines.lines(actor, authority.granted_by(person_id, at=now), at=now),
    }
    return render(request, "workbench/administration/grants_person.html", context)


@http.page
@require_GET
def find(request: HttpRequest) -> HttpResponse:
    """按人员查询: people by name, whose rights may be looked at."""
    now = timezone.now()
    actor = http.actor_of(request)
    wanted = parameters.text(request.GET, "q", longest=40)
    context = {
        "screen": "administration",
        "tab": "grants",
        "view": "people",
        "office": offices.of(actor, at=now),
        "wanted": wanted,
        "found": [
            one
            for one in _people(request, wanted, at=now)
            if org_policies.may_see_rights(actor, one.person_id, at=now)
        ],
    }
    template = "grants_people_rows" if request.headers.get("HX-Request") else "grants_people"
    return render(request, f"workbench/administration/{template}.html", context)


@http.page
@require_GET
def find_units(request: HttpRequest) -> HttpResponse:
    """Fragment: units by name, each leading to its administrators."""
    now = timezone.now()
    actor = http.actor_of(request)
    offices.of(actor, at=now)
    wanted = parameters.text(request.GET, "q", longest=40)
    viewer = viewers.of(request, at=now)
    found = directory.search_units(wanted, at=now, viewer=viewer, limit=FOUND_AT_MOST)
    shown = _shown(actor, [unit.id for unit in found], at=now)
    context = {"found": [unit for unit in found if unit.id in shown], "wanted": wanted}
    return render(request, "workbench/administration/grant_units.html", context)


@http.page
@require_http_methods(["GET", "POST"])
def give(request: HttpRequest, unit_id: int) -> HttpResponse:
    """Dialog: a right over this unit for somebody, within the viewer's own."""
    now = timezone.now()
    actor = http.actor_of(request)
    own = authority.passable(actor.require_person(), unit_id, at=now)
    if not own:
        raise org_errors.GrantBeyondOwn
    unit = units.names([unit_id])[unit_id]
    form = _form(request, own, unit)
    outcome: list[request_services.Done | request_services.Asked] = []

    def act(given: dict[str, Any]) -> None:
        outcome.append(_grant(actor, unit_id, given, now=now))

    if form.is_bound and form.carry_out(act):
        if isinstance(outcome[0], request_services.Asked):
            return dialogs.asked(request, outcome[0].request_id)
        return dialogs.done(request, to=_unit_page(unit_id), notice="权限已授予")
    return dialogs.show(
        request,
        form,
        title=f"授予“{unit.name}”的管理权限",
        verb="授予",
        template="workbench/administration/grant_give.html",
        limits=grant_lines.lines(actor, own, at=now),
        chosen=_chosen(form, at=now),
    )


@http.page
@require_http_methods(["GET", "POST"])
def revoke(request: HttpRequest, grant_id: int) -> HttpResponse:
    """Dialog: what ends with the right, and the word that ends it."""
    now = timezone.now()
    actor = http.actor_of(request)
    grant = authority.by_id(grant_id, at=now)
    if grant is None or not grant_lines.may_revoke(actor, grant, at=now):
        raise org_errors.GrantNotFound
    form = forms.RevokeGrant(request.POST or None)
    ended: list[int] = []

    def act(given: dict[str, Any]) -> None:
        ended.append(authority_services.revoke(actor=actor, grant_id=grant_id, now=now, **given))

    if request.method == "POST" and form.carry_out(act):
        notice = f"已收回 {ended[0]} 项权限" if ended[0] > 1 else "权限已收回"
        return dialogs.done(request, to=_unit_page(grant.root_id), notice=notice)
    is_own = grant.person_id == actor.person_id
    return dialogs.show(
        request,
        form,
        title=f"放弃{grant.role_name}权限" if is_own else f"收回{grant.person_name}的权限",
        verb="放弃" if is_own else "收回",
        is_own=is_own,
        template="workbench/administration/grant_revoke.html",
        line=grant_lines.line(actor, grant, at=now),
        cascade=grant_lines.lines(actor, authority.passed_on(grant_id, at=now), at=now),
    )


def _shown(actor: Actor, unit_ids: Sequence[int], *, at: datetime) -> set[int]:
    return authority.shown_to(actor.require_person(), unit_ids, at=at)


def _people(request: HttpRequest, wanted: str, *, at: datetime) -> list[people.PersonInUnit]:
    """Everybody found, once, with the first post."""
    if len(wanted) < SEARCHED_FROM:
        return []
    viewer = viewers.of(request, at=at)
    found = directory.search_people(wanted, at=at, viewer=viewer, limit=FOUND_AT_MOST)
    return list({one.person_id: one for one in reversed(found)}.values())[::-1]


def _form(
    request: HttpRequest, own: Sequence[authority.Grant], unit: units.UnitName
) -> forms.GiveGrant:
    held = list(dict.fromkeys(grant.role for grant in own))
    roles = [(role, str(AdminRole(role).label)) for role in held]
    return forms.GiveGrant(
        request.POST or None,
        roles=roles,
        lines=_line_choices(own, unit),
        levels=_level_choices(own, unit),
        most_depth=max(grant.delegation_depth for grant in own) - 1,
    )


def _line_choices(own: Sequence[authority.Grant], unit: units.UnitName) -> Choices:
    """Any line kept above the unit; only the viewer's own lines where he has no more."""
    own_lines = {(grant.line_id, grant.line_name) for grant in own}
    if all(line_id is not None for line_id, _name in own_lines):
        return [(str(line_id), name) for line_id, name in sorted(own_lines)]
    offered = authority.lines_over([place.id for place in units.path(unit.id)])
    return [("", "不限")] + [(str(line_id), name) for line_id, name in offered]


def _level_choices(own: Sequence[authority.Grant], unit: units.UnitName) -> Choices:
    floor = min(grant.highest_level or 1 for grant in own)
    levels = [level for level in LEVEL_NAMES if level > unit.level and level >= floor]
    choices = [(str(level), f"{LEVEL_NAMES[level]}及以下") for level in levels]
    return choices if floor > unit.level else [("", "不限"), *choices]


def _grant(
    actor: Actor, unit_id: int, given: dict[str, Any], *, now: datetime
) -> request_services.Done | request_services.Asked:
    return authority_services.grant(
        actor=actor,
        person_id=given["person_id"],
        wanted=org_policies.Wanted(
            role=AdminRole(given["role"]),
            root_id=unit_id,
            subtree=given["reach"] == forms.ENTIRE,
            line_id=given.get("line_id"),
            highest_level=given.get("highest_level"),
            depth=given["depth"],
            until=given["until"],
        ),
        reason=given["reason"],
        now=now,
    )


def _chosen(form: forms.GiveGrant, *, at: datetime) -> list[people.PersonName]:
    """The person who was sent, so that a refusal does not lose the choice."""
    person_id = form.cleaned_data.get("person_id") if form.is_bound else None
    return list(people.names([person_id], at=at).values()) if person_id else []


def _unit_page(unit_id: int) -> str:
    return f"{reverse('administration-grants-units')}?unit={unit_id}"


urlpatterns = [
    path("grants/", index, name="administration-grants"),
    path("grants/units/", of_unit, name="administration-grants-units"),
    path("grants/units/find/", find_units, name="administration-grants-find-units"),
    path("grants/units/<int:unit_id>/give/", give, name="administration-grant-give"),
    path("grants/people/", find, name="administration-grants-people"),
    path("grants/people/<int:person_id>/", of_person, name="administration-grants-person"),
    path("grants/<int:grant_id>/revoke/", revoke, name="administration-grant-revoke"),
]
