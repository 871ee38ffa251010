"""系统管理, people: appoint, admit, end an appointment."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core import http
from core.actor import Actor
from org import errors as org_errors
from org import policies as org_policies
from org.kinds import AdminRole, AppointmentKind, PostFunction
from org.queries import appointments, directory, people, units, visibility
from org.services import appointments as appointment_services
from org.services import people as people_services
from workbench import dialogs, parameters
from workbench.forms import people as forms
from workbench.forms.base import Choices

CANDIDATES_AT_MOST = 20


@http.page
@require_http_methods(["GET", "POST"])
def appoint(request: HttpRequest, unit_id: int) -> HttpResponse:
    """Dialog: someone who is known takes a post here."""
    now = timezone.now()
    actor = http.actor_of(request)
    unit = _managed(actor, unit_id, at=now)
    form = forms.Appoint(request.POST or None, functions=_functions(), kinds=_kinds())

    def act(given: dict[str, Any]) -> None:
        appointment_services.appoint(
            actor=actor,
            unit_id=unit_id,
            person_id=given["person_id"],
            title=given["title"],
            function=PostFunction(given["function"]),
            kind=AppointmentKind(given["kind"]),
            now=now,
        )

    if form.is_bound and form.carry_out(act):
        return dialogs.done(request, to=_page_of(unit_id), notice="任命已生效")
    return dialogs.show(
        request,
        form,
        title=f"任命到“{unit.name}”",
        verb="任命",
        template="workbench/administration/appoint.html",
        unit=unit,
        chosen=_chosen(actor, form, at=now),
    )


@http.page
@require_http_methods(["GET", "POST"])
def admit(request: HttpRequest, unit_id: int) -> HttpResponse:
    """Dialog: someone new, with a main appointment here."""
    now = timezone.now()
    actor = http.actor_of(request)
    unit = _managed(actor, unit_id, at=now)
    form = forms.Admit(request.POST or None, functions=_functions())

    def act(given: dict[str, Any]) -> None:
        function = PostFunction(given.pop("function"))
        people_services.admit(actor=actor, unit_id=unit_id, function=function, now=now, **given)

    if form.is_bound and form.carry_out(act):
        notice = f"已新增{form.cleaned_data['name']}，任命已生效"
        return dialogs.done(request, to=_page_of(unit_id), notice=notice)
    return dialogs.show(request, form, title=f"在“{unit.name}”新增人员", verb="新增")


@http.page
@require_GET
def candidates(request: HttpRequest, unit_id: int) -> HttpResponse:
    """Fragment: people by name whom the viewer may appoint."""
    now = timezone.now()
    actor = http.actor_of(request)
    _managed(actor, unit_id, at=now)
    wanted = parameters.text(request.GET, "q", longest=40)
    administrator = org_policies.Administrator(actor.require_person(), AdminRole.PEOPLE)
    found = (
        directory.search_people(
            wanted,
            at=now,
            viewer=visibility.viewer_of(actor, at=now),
            administrator=administrator,
            limit=CANDIDATES_AT_MOST,
        )
        if len(wanted) > 1
        else []
    )
    # Someone with several posts is one candidate.
    offered = {person.person_id: person for person in found}
    context = {"found": list(offered.values()), "wanted": wanted}
    return render(request, "workbench/administration/candidates.html", context)


@http.page
@require_POST
def end(request: HttpRequest, appointment_id: int) -> HttpResponse:
    """The appointment ends now; the page shows the unit without it."""
    now = timezone.now()
    held = appointments.by_id(appointment_id, at=now)
    if held is None:
        raise org_errors.AppointmentNotFound
    appointment_services.end(actor=http.actor_of(request), appointment_id=appointment_id, now=now)
    return dialogs.done(request, to=_page_of(held.unit_id), notice="任职已结束")


def _chosen(actor: Actor, form: forms.Appoint, *, at: datetime) -> people.PersonName | None:
    """The person who was sent, so that a refusal does not lose the choice."""
    person_id = form.cleaned_data.get("person_id") if form.is_bound else None
    if not person_id or not org_policies.may_appoint(actor, person_id, at=at):
        return None
    return people.names([person_id], at=at).get(person_id)


def _managed(actor: Actor, unit_id: int, *, at: datetime) -> units.UnitCard:
    if not org_policies.may_manage_people(actor, unit_id, at=at):
        raise org_errors.UnitNotFound
    return units.card(unit_id, at=at, viewer=visibility.viewer_of(actor, at=at))


def _functions() -> Choices:
    return [(function.value, str(function.label)) for function in PostFunction]


def _kinds() -> Choices:
    return [(kind.value, str(kind.label)) for kind in AppointmentKind]


def _page_of(unit_id: int) -> str:
    return f"{reverse('administration')}?unit={unit_id}"


urlpatterns = [
    path("units/<int:unit_id>/appoint/", appoint, name="administration-appoint"),
    path("units/<int:unit_id>/admit/", admit, name="administration-admit"),
    path("units/<int:unit_id>/candidates/", candidates, name="administration-candidates"),
    path("appointments/<int:appointment_id>/end/", end, name="administration-end"),
]
