"""系统管理, units: add, rename, describe, code, abolish."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from core import http
from org import policies
from org.kinds import RequestKind, UnitKind
from org.queries import impact, obstacles
from org.queries.impact import Impact
from org.services import requests
from org.services import units as unit_services
from workbench import dialogs, foresight, unit_dialogs
from workbench.forms import units as forms


@http.page
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest, unit_id: int) -> HttpResponse:
    """Dialog: a new unit below this one."""
    now = timezone.now()
    actor = http.actor_of(request)
    parent = unit_dialogs.managed(actor, unit_id, at=now)
    kinds = unit_dialogs.kinds_below(parent.kind, parent.level)
    form = forms.AddUnit(request.POST or None, kinds=kinds)
    added: list[int] = []

    def act(given: dict[str, Any]) -> None:
        kind = UnitKind(given.pop("kind"))
        added.append(unit_services.add(actor=actor, parent_id=unit_id, kind=kind, now=now, **given))

    if form.is_bound and form.carry_out(act):
        notice = f"已新增“{form.cleaned_data['name']}”"
        return dialogs.done(request, to=unit_dialogs.page_of(added[0]), notice=notice)
    return dialogs.show(request, form, title=f"在“{parent.name}”下新增组织", verb="新增")


@http.page
@require_http_methods(["GET", "POST"])
def rename(request: HttpRequest, unit_id: int) -> HttpResponse:
    """Dialog: new names."""
    now = timezone.now()
    actor = http.actor_of(request)
    unit = unit_dialogs.named(actor, unit_id, at=now)
    before = {"name": unit.name, "short_name": unit.short_name}
    form = forms.RenameUnit(request.POST or None, before=before)

    def act(given: dict[str, Any]) -> None:
        unit_services.rename(actor=actor, unit_id=unit_id, now=now, **given)

    if form.is_bound and form.carry_out(act):
        return dialogs.done(request, to=unit_dialogs.page_of(unit_id), notice="名称已更改")
    return dialogs.show(request, form, title=f"更改“{unit.name}”的名称", verb="保存")


@http.page
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, unit_id: int) -> HttpResponse:
    """Dialog: other names, nature, contact, note."""
    now = timezone.now()
    actor = http.actor_of(request)
    unit = unit_dialogs.managed(actor, unit_id, at=now)
    before = {
        "other_names": list(unit.other_names),
        "nature": unit.nature,
        "phone": unit.phone,
        "address": unit.address,
        "note": unit.note,
    }
    form = forms.EditUnit(request.POST or None, before=before)

    def act(given: dict[str, Any]) -> None:
        basis = given.pop("basis")
        details = unit_services.Details(**given)
        unit_services.update(actor=actor, unit_id=unit_id, details=details, basis=basis, now=now)

    if form.is_bound and form.carry_out(act):
        return dialogs.done(request, to=unit_dialogs.page_of(unit_id), notice="信息已保存")
    return dialogs.show(request, form, title=f"编辑“{unit.name}”的信息", verb="保存")


@http.page
@require_http_methods(["GET", "POST"])
def set_code(request: HttpRequest, unit_id: int) -> HttpResponse:
    """Dialog: the real code in place of the temporary one; for a region another code."""
    now = timezone.now()
    actor = http.actor_of(request)
    unit = unit_dialogs.named(actor, unit_id, at=now)
    is_coded_anew = unit.kind in (UnitKind.REGION, UnitKind.GROUP)
    form = (forms.RecodeUnit if is_coded_anew else forms.SetCode)(request.POST or None)

    def act(given: dict[str, Any]) -> None:
        unit_services.set_code(actor=actor, unit_id=unit_id, now=now, **given)

    if form.is_bound and form.carry_out(act):
        notice = "编码已变更" if is_coded_anew else "编码已补录"
        return dialogs.done(request, to=unit_dialogs.page_of(unit_id), notice=notice)
    title = f"{'变更' if is_coded_anew else '补录'}“{unit.name}”的编码"
    return dialogs.show(request, form, title=title, verb="保存")


@http.page
@require_http_methods(["GET", "POST"])
def abolish(request: HttpRequest, unit_id: int) -> HttpResponse:
    """Dialog: the unit stands no longer; the page then shows the one above it."""
    now, actor = timezone.now(), http.actor_of(request)
    unit = unit_dialogs.leaving(actor, unit_id, at=now)
    form = forms.AbolishUnit(request.POST if foresight.is_asked_for(request) else None)
    outcome: list[requests.Done | requests.Asked] = []

    def act(given: dict[str, Any]) -> None:
        outcome.append(unit_services.abolish(actor=actor, unit_id=unit_id, now=now, **given))

    def foresee(given: dict[str, Any]) -> Impact:
        impact.permit_foresight(actor, [unit_id], beside=[given["successor_id"]], at=now)
        return impact.impact_of_abolish(unit_id, successor_id=given["successor_id"], at=now)

    def takes_two(given: dict[str, Any], foreseen: Impact) -> bool:
        return policies.needs_second_person(
            actor,
            RequestKind.ABOLISH_UNIT,
            unit_kind=unit.kind,
            has_history=obstacles.has_history(unit_id, actor=actor),
        )

    if foresight.is_confirmed(request) and form.carry_out(act):
        if isinstance(outcome[0], requests.Asked):
            return dialogs.asked(request, outcome[0].request_id)
        to = unit_dialogs.page_of(unit.parent_id or unit_id)
        return dialogs.done(request, to=to, notice=f"已撤销“{unit.name}”")
    picked = foresight.given(form).get("successor_id")
    return foresight.show(
        request,
        form,
        title=f"撤销“{unit.name}”",
        verb="撤销",
        verb_look="danger",
        foresee=foresee,
        takes_two=takes_two,
        template="workbench/administration/unit_abolish.html",
        unit=unit,
        chosen=unit_dialogs.shown(actor, [picked] if picked else [], at=now),
    )


urlpatterns = [
    path("units/<int:unit_id>/add/", add, name="administration-unit-add"),
    path("units/<int:unit_id>/rename/", rename, name="administration-unit-rename"),
    path("units/<int:unit_id>/edit/", edit, name="administration-unit-edit"),
    path("units/<int:unit_id>/code/", set_code, name="administration-unit-code"),
    path("units/<int:unit_id>/abolish/", abolish, name="administration-unit-abolish"),
]
