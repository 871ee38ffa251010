"""系统管理, one person: what is known, what was held, and what may be done about it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from core import http
from core.actor import Actor
from org import policies as org_policies
from org.kinds import AdminRole, DepartureReason, PostFunction
from org.queries import (
    accounts,
    appointments,
    authority,
    departures,
    people,
    units,
)
from org.services import appointments as appointment_services
from org.services import departures as departure_services
from org.services import people as people_services
from org.services import requests, transfers
from workbench import dialogs, offices, personnel
from workbench.forms import people as forms


@dataclass(frozen=True, slots=True)
class PersonPage:
    """A person as those in charge see him."""

    record: people.Record
    tenures: list[appointments.Tenure]
    manageable: set[int]
    """The units whose people the viewer administers."""
    grants: list[authority.Grant]
    account: accounts.AccountOfPerson | None
    departure: departures.Departure | None
    items: list[departures.Item]
    is_own: bool
    main: appointments.Tenure | None

    @property
    def settled(self) -> int:
        """How many items are done, by the rows that are shown: more may come meanwhile."""
        return sum(item.done_at is not None for item in self.items)


@http.page
@require_GET
def person(request: HttpRequest, person_id: int) -> HttpResponse:
    """Facts, posts past and present, rights and what is to be handed over."""
    now = timezone.now()
    actor = http.actor_of(request)
    personnel.home_in_charge(actor, person_id, at=now)
    context = {
        "screen": "administration",
        "office": offices.of(actor, at=now),
        "tab": "units",
        "shown": _page(actor, person_id, at=now),
    }
    return render(request, "workbench/administration/person.html", context)


@http.page
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, person_id: int) -> HttpResponse:
    """Dialog: name, job level, number and phone."""
    now = timezone.now()
    actor = http.actor_of(request)
    personnel.home_in_charge(actor, person_id, at=now)
    known = people.record(person_id)
    form = forms.EditPerson(
        request.POST or None,
        phone_masked=known.phone_masked,
        initial={
            "name": known.name,
            "job_level": known.job_level,
            "staff_number": known.staff_number,
        },
    )

    def act(given: dict[str, Any]) -> None:
        given["phone"] = given["phone"] or None
        people_services.update(actor=actor, person_id=person_id, now=now, **given)

    if form.is_bound and form.carry_out(act):
        return dialogs.done(request, to=personnel.page_of_person(person_id), notice="信息已修改")
    return dialogs.show(request, form, title=f"修改{known.name}的信息", verb="保存")


@http.page
@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, appointment_id: int) -> HttpResponse:
    """Dialog: title and office phone of an appointment."""
    now = timezone.now()
    actor = http.actor_of(request)
    held = personnel.held_in_charge(actor, appointment_id, at=now)
    initial = {"title": held.title, "function": held.function, "office_phone": held.office_phone}
    form = forms.ChangeAppointment(
        request.POST or None, functions=personnel.functions(), initial=initial
    )

    def act(given: dict[str, Any]) -> None:
        given["function"] = PostFunction(given["function"])
        appointment_services.change(actor=actor, appointment_id=appointment_id, now=now, **given)

    if form.is_bound and form.carry_out(act):
        to = personnel.page_of_unit(held.unit_id)
        return dialogs.done(request, to=to, notice="任职已变更")
    name = people.names([held.person_id], at=now)[held.person_id].name
    return dialogs.show(request, form, title=f"变更{name}的任职", verb="保存")


@http.page
@require_http_methods(["GET", "POST"])
def end(request: HttpRequest, appointment_id: int) -> HttpResponse:
    """Dialog: the appointment ends, now or on a day."""
    now = timezone.now()
    actor = http.actor_of(request)
    held = personnel.held_in_charge(actor, appointment_id, at=now)
    form = forms.EndAppointment(request.POST if request.method == "POST" else None)

    def act(given: dict[str, Any]) -> None:
        appointment_services.end(
            actor=actor,
            appointment_id=appointment_id,
            ends_at=forms.end_of(given["ends_on"]),
            basis=given["basis"],
            now=now,
        )

    if form.is_bound and form.carry_out(act):
        planned = form.cleaned_data["ends_on"]
        is_planned = planned is not None and planned >= timezone.localdate(now)
        notice = "任职到期自动结束" if is_planned else "任职已结束"
        return dialogs.done(request, to=personnel.page_of_unit(held.unit_id), notice=notice)
    name = people.names([held.person_id], at=now)[held.person_id].name
    title = f"结束{name}的“{held.title}”任职"
    return dialogs.show(
        request, form, title=title, verb="结束任职", template="workbench/administration/end.html"
    )


@http.page
@require_http_methods(["GET", "POST"])
def transfer(request: HttpRequest, person_id: int) -> HttpResponse:
    """Dialog: the main post goes to another unit; what that touches stands above the form."""
    now = timezone.now()
    actor = http.actor_of(request)
    personnel.home_in_charge(actor, person_id, at=now)
    shown = _page(actor, person_id, at=now)
    initial = {"from_appointment_id": shown.main.id if shown.main else None}
    form = forms.Transfer(request.POST or None, functions=personnel.functions(), initial=initial)
    outcome: list[requests.Done | requests.Asked] = []

    def act(given: dict[str, Any]) -> None:
        outcome.append(_transferred(actor, person_id, given, now=now))

    if form.is_bound and form.carry_out(act):
        asked = isinstance(outcome[0], requests.Asked)
        notice = "已提交复核，对方单位同意后生效" if asked else "调动已办理"
        return dialogs.done(request, to=personnel.page_of_person(person_id), notice=notice)
    return dialogs.show(
        request,
        form,
        title=f"调动{shown.record.name}",
        verb="调动",
        template="workbench/administration/transfer.html",
        shown=shown,
        chosen=_chosen_units(form),
        vacant=_would_be_vacant(shown, at=now),
    )


@http.page
@require_http_methods(["GET", "POST"])
def leave(request: HttpRequest, person_id: int) -> HttpResponse:
    """Dialog: what ends when the person leaves, and why he does."""
    now = timezone.now()
    actor = http.actor_of(request)
    personnel.home_in_charge(actor, person_id, at=now)
    shown = _page(actor, person_id, at=now)
    form = forms.Leave(request.POST or None, reasons=personnel.reasons())

    def act(given: dict[str, Any]) -> None:
        given["reason"] = DepartureReason(given["reason"])
        departure_services.leave(actor=actor, person_id=person_id, now=now, **given)

    if form.is_bound and form.carry_out(act):
        left = departures.of_person(person_id)
        notice = f"{shown.record.name}已离职"
        if left is not None and left.items:
            notice += "，请办理交接"
        return dialogs.done(request, to=personnel.page_of_person(person_id), notice=notice)
    has_account = shown.account is not None and shown.account.is_active
    return dialogs.show(
        request,
        form,
        title=f"为{shown.record.name}办理离职",
        verb="确认离职",
        template="workbench/administration/leave.html",
        ending=departures.consequences(person_id, has_account=has_account, at=now),
    )


@http.page
@require_http_methods(["GET", "POST"])
def rejoin(request: HttpRequest, person_id: int) -> HttpResponse:
    """Dialog: the main post with which somebody comes back."""
    now = timezone.now()
    actor = http.actor_of(request)
    personnel.home_in_charge(actor, person_id, at=now)
    shown = _page(actor, person_id, at=now)
    form = forms.Rejoin(request.POST or None, functions=personnel.functions())

    def act(given: dict[str, Any]) -> None:
        given["function"] = PostFunction(given["function"])
        departure_services.rejoin(actor=actor, person_id=person_id, now=now, **given)

    if form.is_bound and form.carry_out(act):
        notice = "已复职，账号须另行启用"
        return dialogs.done(request, to=personnel.page_of_person(person_id), notice=notice)
    return dialogs.show(
        request,
        form,
        title=f"为{shown.record.name}办理复职",
        verb="复职",
        template="workbench/administration/rejoin.html",
        shown=shown,
        chosen=_chosen_units(form),
    )


def _transferred(
    actor: Actor, person_id: int, given: dict[str, Any], *, now: datetime
) -> requests.Done | requests.Asked:
    return transfers.transfer(
        actor=actor,
        person_id=person_id,
        to=transfers.Destination(
            unit_id=given["unit_id"],
            title=given["title"],
            function=PostFunction(given["function"]),
            office_phone=given["office_phone"],
        ),
        from_appointment_id=given["from_appointment_id"],
        effective_at=forms.begin_of(given["effective_on"]),
        basis=given["basis"],
        now=now,
    )


def _page(actor: Actor, person_id: int, *, at: datetime) -> PersonPage:
    tenures = appointments.tenures(person_id, at=at)
    departure = departures.of_person(person_id)
    main = [one for one in tenures if one.standing == "present" and one.kind == "main"]
    return PersonPage(
        record=people.record(person_id),
        tenures=tenures,
        manageable=_manageable(actor, {one.unit_id for one in tenures}, at=at),
        grants=authority.of_person(person_id, at=at),
        account=accounts.of_person(person_id),
        departure=departure,
        items=departures.items(departure.id) if departure else [],
        is_own=actor.person_id == person_id,
        main=main[0] if main else None,
    )


def _manageable(actor: Actor, unit_ids: set[int], *, at: datetime) -> set[int]:
    administrator = org_policies.Administrator(actor.require_person(), AdminRole.PEOPLE)
    return authority.administered(administrator, unit_ids, at=at)


def _chosen_units(form: forms.Transfer | forms.Rejoin) -> list[units.UnitName]:
    """The unit that was sent, so that a refusal does not lose the choice."""
    unit_id = form.cleaned_data.get("unit_id") if form.is_bound else None
    return list(units.names([unit_id]).values()) if unit_id else []


def _would_be_vacant(shown: PersonPage, *, at: datetime) -> list[str]:
    """The headship of the main post that nobody else would hold."""
    if shown.main is None:
        return []
    return departures.vacancies(shown.record.id, unit_id=shown.main.unit_id, at=at)


urlpatterns = [
    path("people/<int:person_id>/", person, name="administration-person"),
    path("people/<int:person_id>/edit/", edit, name="administration-person-edit"),
    path("people/<int:person_id>/transfer/", transfer, name="administration-transfer"),
    path("people/<int:person_id>/leave/", leave, name="administration-leave"),
    path("people/<int:person_id>/return/", rejoin, name="administration-return"),
    path("appointments/<int:appointment_id>/change/", change, name="administration-change"),
    path("appointments/<int:appointment_id>/end/", end, name="administration-end"),
]
