"""系统管理, units: several become one, one gives off another."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from core import http
from org import policies
from org.kinds import RequestKind
from org.queries import appointments, impact, obstacles, people, units
from org.queries.impact import Impact
from org.services import mergers, requests
from workbench import dialogs, foresight, unit_dialogs
from workbench.forms import splits
from workbench.forms import units as forms
from workbench.forms.base import Choices

_BY_NUMBER = RequestKind.MASS_CHANGE


@dataclass(frozen=True, slots=True)
class Tick:
    """Something that may go over to the new unit."""

    id: int
    name: str
    detail: str
    number: int
    """The new unit that it goes to; 0 where it stays."""


@http.page
@require_http_methods(["GET", "POST"])
def merge(request: HttpRequest, unit_id: int) -> HttpResponse:
    """Dialog: other units with this one; it goes on, or all make way for a new one."""
    now, actor = timezone.now(), http.actor_of(request)
    unit = unit_dialogs.leaving(actor, unit_id, at=now)
    form = forms.MergeUnits(request.POST if foresight.is_asked_for(request) else None)
    outcome: list[mergers.Merged | requests.Asked] = []

    def act(given: dict[str, Any]) -> None:
        asked = _asked(unit_id, given)
        merged = mergers.merge(actor=actor, basis=given["basis"], now=now, **asked)
        outcome.append(merged)

    def foresee(given: dict[str, Any]) -> Impact:
        asked = _asked(unit_id, given)
        name = asked["new"].name if asked["new"] else ""
        into_id = asked["into_id"]
        impact.permit_foresight(actor, asked["unit_ids"], beside=[into_id], at=now)
        return impact.impact_of_merge(asked["unit_ids"], into_id=into_id, new_name=name, at=now)

    def takes_two(given: dict[str, Any], foreseen: Impact) -> bool:
        return policies.merger_takes_two(actor, {unit.kind}, people=foreseen.people)

    if foresight.is_confirmed(request) and form.carry_out(act):
        done = outcome[0]
        if isinstance(done, requests.Asked):
            return dialogs.asked(request, done.request_id)
        notice = f"已合并：{done.units} 个下级组织、{done.people} 人转入"
        return dialogs.done(request, to=unit_dialogs.page_of(done.unit_id), notice=notice)
    picked = foresight.given(form).get("others", [])
    return foresight.show(
        request,
        form,
        title=f"合并“{unit.name}”",
        verb="合并",
        foresee=foresee,
        takes_two=takes_two,
        template="workbench/administration/unit_merge.html",
        unit=unit,
        chosen=unit_dialogs.shown(actor, picked, at=now),
    )


@http.page
@require_http_methods(["GET", "POST"])
def split(request: HttpRequest, unit_id: int) -> HttpResponse:
    """Dialog: new units beside this one, each with some of its departments and people."""
    now = timezone.now()
    actor = http.actor_of(request)
    unit = unit_dialogs.leaving(actor, unit_id, at=now)
    form, sent = _split_form(request, unit)
    outcome: list[mergers.Split | requests.Asked] = []

    def act(given: dict[str, Any]) -> None:
        order = {"actor": actor, "basis": given["basis"], "now": now}
        outcome.append(mergers.split(unit_id=unit_id, new_units=form.parts(), **order))

    def foresee(given: dict[str, Any]) -> Impact:
        return impact.impact_of_split(unit_id, parts=form.parts(), at=now)

    def takes_two(given: dict[str, Any], foreseen: Impact) -> bool:
        return policies.needs_second_person(actor, RequestKind.MASS_CHANGE, people=foreseen.people)

    if foresight.is_confirmed(request) and form.carry_out(act):
        done = outcome[0]
        if isinstance(done, requests.Asked):
            return dialogs.asked(request, done.request_id)
        names = "、".join(f"“{part.name}”" for part in form.parts())
        notice = f"已分出{names}"
        return dialogs.done(request, to=unit_dialogs.page_of(done.unit_ids[0]), notice=notice)
    return foresight.show(
        request,
        form,
        title=f"拆分“{unit.name}”",
        verb="拆分",
        foresee=foresee,
        takes_two=takes_two,
        template="workbench/administration/unit_split.html",
        unit=unit,
        parts=_departments(unit_id, splits.chosen(sent, "department_ids")),
        people=_people(unit_id, splits.chosen(sent, "appointment_ids"), at=now),
    )


def _asked(unit_id: int, given: dict[str, Any]) -> dict[str, Any]:
    """Which units are merged into which: into this one, or all of them into a new one."""
    if given["way"] != forms.MergeUnits.NEW:
        return {"unit_ids": given["others"], "into_id": unit_id, "new": None}
    new = mergers.NewUnit(name=given["name"], short_name=given["short_name"], code=given["code"])
    return {"unit_ids": [unit_id, *given["others"]], "into_id": None, "new": new}


def _kinds_beside(unit: units.UnitCard) -> Choices:
    above = units.names([unit.parent_id])[unit.parent_id] if unit.parent_id else None
    return unit_dialogs.kinds_below(above.kind, above.level) if above else []


def _split_form(request: HttpRequest, unit: units.UnitCard) -> tuple[splits.SplitUnit, QueryDict]:
    """The form with as many new units as it has by now, and what was typed so far.

    While new units are being added and taken away nothing is found wrong yet.
    """
    sent: QueryDict = request.POST
    kinds = _kinds_beside(unit)
    dropped = sent.get("drop", "")
    if dropped.isdecimal() and 2 <= int(dropped) <= splits.further_in(sent) + 1:
        sent = splits.without(sent, int(dropped))
    further = splits.further_in(sent)
    is_growing = "more" in sent
    if is_growing and further + 1 < splits.NEW_AT_MOST:
        further += 1
    is_typing = is_growing or bool(dropped) or not foresight.is_asked_for(request)
    initial = {"kind": unit.kind, **{name: str(value) for name, value in sent.items()}}
    form = splits.SplitUnit(
        None if is_typing else sent, kinds=kinds, further=further, initial=initial
    )
    return form, sent


def _departments(unit_id: int, chosen: Mapping[int, int]) -> list[Tick]:
    return [
        Tick(part.id, part.name, "", chosen.get(part.id, 0))
        for part in obstacles.parts_of([unit_id])
    ]


def _people(unit_id: int, chosen: Mapping[int, int], *, at: datetime) -> list[Tick]:
    held = appointments.in_unit(unit_id, at=at)
    named = people.names([one.person_id for one in held], at=at)
    return [
        Tick(one.id, named[one.person_id].name, one.title, chosen.get(one.id, 0)) for one in held
    ]


urlpatterns = [
    path("units/<int:unit_id>/merge/", merge, name="administration-unit-merge"),
    path("units/<int:unit_id>/split/", split, name="administration-unit-split"),
]
