"""系统管理, units: add, rename, move, abolish."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from core import http
from core.actor import Actor
from org import errors as org_errors
from org import policies as org_policies
from org.kinds import UnitKind
from org.queries import units, visibility
from org.services import units as unit_services
from workbench import dialogs
from workbench.forms import units as forms
from workbench.forms.base import Choices

# The kind that is added most often where it may stand comes first, regions last.
_BY_USE = (
    UnitKind.DEPARTMENT,
    UnitKind.ORGAN,
    UnitKind.FIELD_OFFICE,
    UnitKind.TEMPORARY,
    UnitKind.VIRTUAL,
    UnitKind.LINE_FOLDER,
    UnitKind.GROUP,
    UnitKind.REGION,
)


@http.page
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest, unit_id: int) -> HttpResponse:
    """Dialog: a new unit below this one."""
    now = timezone.now()
    actor = http.actor_of(request)
    parent = _managed(actor, unit_id, at=now)
    form = forms.AddUnit(request.POST or None, kinds=kinds_below(parent))
    added: list[int] = []

    def act(given: dict[str, Any]) -> None:
        kind = UnitKind(given.pop("kind"))
        added.append(unit_services.add(actor=actor, parent_id=unit_id, kind=kind, now=now, **given))

    if form.is_bound and form.carry_out(act):
        notice = f"已新增“{form.cleaned_data['name']}”"
        return dialogs.done(request, to=_page_of(added[0]), notice=notice)
    return dialogs.show(request, form, title=f"在“{parent.name}”下新增组织", verb="新增")


@http.page
@require_http_methods(["GET", "POST"])
def rename(request: HttpRequest, unit_id: int) -> HttpResponse:
    """Dialog: new names."""
    now = timezone.now()
    actor = http.actor_of(request)
    unit = _managed(actor, unit_id, at=now)
    judged = org_policies.names_from(unit_id, kind=unit.kind, parent_id=unit.parent_id)
    if judged != unit_id and not org_policies.may_manage_units(actor, judged, at=now):
        raise org_errors.OutOfScope
    before = {"name": unit.name, "short_name": unit.short_name}
    form = forms.RenameUnit(request.POST or None, initial=before)

    def act(given: dict[str, Any]) -> None:
        unit_services.rename(actor=actor, unit_id=unit_id, now=now, **given)

    if form.is_bound and form.carry_out(act):
        return dialogs.done(request, to=_page_of(unit_id), notice="名称已更改")
    return dialogs.show(request, form, title=f"更改“{unit.name}”的名称", verb="保存")


@http.page
@require_http_methods(["GET", "POST"])
def set_code(request: HttpRequest, unit_id: int) -> HttpResponse:
    """Dialog: the real code in place of the temporary one."""
    now = timezone.now()
    actor = http.actor_of(request)
    unit = _managed(actor, unit_id, at=now)
    form = forms.SetCode(request.POST or None)

    def act(given: dict[str, Any]) -> None:
        unit_services.set_code(actor=actor, unit_id=unit_id, code=given["code"], now=now)

    if form.is_bound and form.carry_out(act):
        return dialogs.done(request, to=_page_of(unit_id), notice="编码已补录")
    return dialogs.show(request, form, title=f"补录“{unit.name}”的编码", verb="保存")


@http.page
@require_http_methods(["GET", "POST"])
def move(request: HttpRequest, unit_id: int) -> HttpResponse:
    """Dialog: another parent, found by name within the scope."""
    now = timezone.now()
    actor = http.actor_of(request)
    unit = _managed(actor, unit_id, at=now)
    form = forms.MoveUnit(request.POST or None)

    def act(given: dict[str, Any]) -> None:
        unit_services.move(actor=actor, unit_id=unit_id, parent_id=given["parent_id"], now=now)

    if form.is_bound and form.carry_out(act):
        return dialogs.done(request, to=_page_of(unit_id), notice=f"已移动“{unit.name}”")
    return dialogs.show(
        request,
        form,
        title=f"移动“{unit.name}”",
        verb="移动",
        template="workbench/administration/move.html",
        unit=unit,
        chosen=_chosen(actor, form, at=now),
    )


@http.page
@require_POST
def abolish(request: HttpRequest, unit_id: int) -> HttpResponse:
    """The unit stands no longer; the page shows the one above it."""
    now = timezone.now()
    actor = http.actor_of(request)
    unit = _managed(actor, unit_id, at=now)
    unit_services.abolish(actor=actor, unit_id=unit_id, now=now)
    return dialogs.done(
        request, to=_page_of(unit.parent_id or unit_id), notice=f"已撤销“{unit.name}”"
    )


def _chosen(actor: Actor, form: forms.MoveUnit, *, at: datetime) -> list[units.UnitName]:
    """The target that was sent, so that a refusal does not lose it."""
    parent_id = form.cleaned_data.get("parent_id") if form.is_bound else None
    if not parent_id or not org_policies.may_manage_units(actor, parent_id, at=at):
        return []
    return list(units.names([parent_id]).values())


def _managed(actor: Actor, unit_id: int, *, at: datetime) -> units.UnitCard:
    if not org_policies.may_manage_units(actor, unit_id, at=at):
        raise org_errors.UnitNotFound
    return units.card(unit_id, at=at, viewer=visibility.viewer_of(actor, at=at))


def kinds_below(parent: units.UnitCard) -> Choices:
    """What may stand directly below the unit, the likeliest first; empty below a leaf."""
    place = org_policies.Place(parent.kind, parent.level)
    levels = (parent.level, min(parent.level + 1, 6))
    return [
        (kind.value, str(kind.label))
        for kind in _BY_USE
        if any(
            org_policies.may_contain(place, org_policies.Place(kind.value, level))
            for level in levels
        )
    ]


def _page_of(unit_id: int) -> str:
    return f"{reverse('administration')}?unit={unit_id}"


urlpatterns = [
    path("units/<int:unit_id>/add/", add, name="administration-unit-add"),
    path("units/<int:unit_id>/rename/", rename, name="administration-unit-rename"),
    path("units/<int:unit_id>/code/", set_code, name="administration-unit-code"),
    path("units/<int:unit_id>/move/", move, name="administration-unit-move"),
    path("units/<int:unit_id>/abolish/", abolish, name="administration-unit-abolish"),
]
