"""系统管理, the people of a unit: appoint, admit, put in order."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core import http
from core.actor import Actor
from org import policies as org_policies
from org.kinds import AppointmentKind, PostFunction
from org.queries import appointments, people
from org.services import appointments as appointment_services
from org.services import people as people_services
from workbench import dialogs, personnel
from workbench.forms import people as forms

ORDERED_AT_MOST = 300


@http.page
@require_http_methods(["GET", "POST"])
def appoint(request: HttpRequest, unit_id: int) -> HttpResponse:
    """Dialog: someone who is known takes a post here."""
    now = timezone.now()
    actor = http.actor_of(request)
    unit = personnel.unit_in_charge(actor, unit_id, at=now)
    form = forms.Appoint(
        request.POST or None, functions=personnel.functions(), kinds=personnel.kinds()
    )

    def act(given: dict[str, Any]) -> None:
        appointment_services.appoint(
            actor=actor,
            unit_id=unit_id,
            person_id=given["person_id"],
            title=given["title"],
            function=PostFunction(given["function"]),
            kind=AppointmentKind(given["kind"]),
            valid_from=forms.begin_of(given["valid_from"]),
            valid_to=forms.end_of(given["valid_to"]),
            office_phone=given["office_phone"],
            basis=given["basis"],
            now=now,
        )

    if form.is_bound and form.carry_out(act):
        is_coming = form.cleaned_data["valid_from"] and form.cleaned_data["valid_from"] > (
            timezone.localdate(now)
        )
        notice = "任命已登记，到期自动生效" if is_coming else "任命已生效"
        return dialogs.done(request, to=personnel.page_of_unit(unit_id), notice=notice)
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
    unit = personnel.unit_in_charge(actor, unit_id, at=now)
    form = forms.Admit(request.POST or None, functions=personnel.functions())

    def act(given: dict[str, Any]) -> None:
        function = PostFunction(given.pop("function"))
        begins = forms.begin_of(given.pop("valid_from"))
        people_services.admit(
            actor=actor, unit_id=unit_id, function=function, valid_from=begins, now=now, **given
        )

    if form.is_bound and form.carry_out(act):
        notice = f"已新增{form.cleaned_data['name']}，任命已生效"
        return dialogs.done(request, to=personnel.page_of_unit(unit_id), notice=notice)
    return dialogs.show(request, form, title=f"在“{unit.name}”新增人员", verb="新增")


@http.page
@require_GET
def order(request: HttpRequest, unit_id: int) -> HttpResponse:
    """Dialog: the people of the unit, to be put in order within their ranks."""
    now = timezone.now()
    personnel.unit_in_charge(http.actor_of(request), unit_id, at=now)
    return _order(request, unit_id, at=now)


@http.page
@require_POST
def place(request: HttpRequest, appointment_id: int, way: str) -> HttpResponse:
    """Dialog: the same, one person a place further up or down."""
    now = timezone.now()
    actor = http.actor_of(request)
    held = personnel.held_in_charge(actor, appointment_id, at=now)
    ranks = appointments.ranks_in(held.unit_id, at=now)
    peers = [peer for peer, rank in ranks.items() if rank == ranks.get(appointment_id)]
    target = peers.index(appointment_id) + (-1 if way == "up" else 2) if peers else 0
    if 0 <= target <= len(peers):
        appointment_services.reorder(
            actor=actor,
            appointment_id=appointment_id,
            before_id=peers[target] if target < len(peers) else None,
            now=now,
        )
    return _order(request, held.unit_id, at=now)


def _order(request: HttpRequest, unit_id: int, *, at: datetime) -> HttpResponse:
    lines = appointments.roster(unit_id, at=at, limit=ORDERED_AT_MOST).items
    standing = [line for line in lines if not line.is_coming]
    ranks = [line.rank for line in standing]
    rows = [
        {
            "line": line,
            "is_first": index == 0 or ranks[index - 1] != line.rank,
            "is_last": index + 1 == len(ranks) or ranks[index + 1] != line.rank,
        }
        for index, line in enumerate(standing)
    ]
    context = {"rows": rows, "page": personnel.page_of_unit(unit_id)}
    return render(request, "workbench/administration/people_order.html", context)


def _chosen(actor: Actor, form: forms.Appoint, *, at: datetime) -> list[people.PersonName]:
    """The person who was sent, so that a refusal does not lose the choice."""
    person_id = form.cleaned_data.get("person_id") if form.is_bound else None
    if not person_id or not org_policies.may_appoint(actor, person_id, at=at):
        return []
    return list(people.names([person_id], at=at).values())


urlpatterns = [
    path("units/<int:unit_id>/appoint/", appoint, name="administration-appoint"),
    path("units/<int:unit_id>/admit/", admit, name="administration-admit"),
    path("units/<int:unit_id>/order/", order, name="administration-order"),
    path(
        "appointments/<int:appointment_id>/up/",
        place,
        {"way": "up"},
        name="administration-place-up",
    ),
    path(
        "appointments/<int:appointment_id>/down/",
        place,
        {"way": "down"},
        name="administration-place-down",
    ),
]
