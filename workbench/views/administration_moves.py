"""系统管理, units: move below another, put in order."""

from dataclasses import dataclass
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
from org.kinds import RequestKind
from org.queries import impact, units, visibility
from org.queries.impact import Impact
from org.services import moves, requests
from workbench import dialogs, foresight, parameters, unit_dialogs
from workbench.forms import units as forms

ORDERED_AT_MOST = 500
_PAGE = 100


@dataclass(frozen=True, slots=True)
class Place:
    """A unit among its siblings, and which of them it would stand before if it went up or down."""

    unit: units.UnitBranch
    above_id: int | None
    second_below_id: int | None
    """None: it would stand last."""
    has_below: bool


@http.page
@require_http_methods(["GET", "POST"])
def move(request: HttpRequest, unit_id: int) -> HttpResponse:
    """Dialog: another parent. Where the actor is nobody, the other side is asked to take it in."""
    now = timezone.now()
    actor = http.actor_of(request)
    unit = unit_dialogs.leaving(actor, unit_id, at=now)
    form = forms.MoveUnit(request.POST if foresight.is_asked_for(request) else None)
    outcome: list[moves.Moved | requests.Asked] = []

    def act(given: dict[str, Any]) -> None:
        is_own = org_policies.may_manage_units(actor, given["parent_id"], at=now)
        carry_out = moves.move if is_own else moves.offer
        outcome.append(carry_out(actor=actor, unit_id=unit_id, now=now, **given))

    def foresee(given: dict[str, Any]) -> Impact:
        return _foreseen(actor, unit_id, given["parent_id"], at=now)

    def takes_two(given: dict[str, Any], foreseen: Impact) -> bool:
        is_own = org_policies.may_manage_units(actor, given["parent_id"], at=now)
        return not is_own or org_policies.needs_second_person(
            actor, RequestKind.MASS_CHANGE, people=foreseen.people
        )

    if foresight.is_confirmed(request) and form.carry_out(act):
        done = outcome[0]
        if isinstance(done, requests.Asked):
            return dialogs.asked(request, done.request_id)
        to = unit_dialogs.page_of(unit_id)
        return dialogs.done(request, to=to, notice=f"已移动“{unit.name}”")
    picked = foresight.given(form).get("parent_id")
    return foresight.show(
        request,
        form,
        title=f"移动“{unit.name}”",
        verb="移动",
        foresee=foresee,
        takes_two=takes_two,
        template="workbench/administration/move.html",
        unit=unit,
        chosen=unit_dialogs.shown(actor, [picked] if picked else [], at=now),
    )


@http.page
@require_GET
def order(request: HttpRequest, unit_id: int) -> HttpResponse:
    """Dialog: the units directly below, each with ways up and down."""
    now = timezone.now()
    unit_dialogs.managed(http.actor_of(request), unit_id, at=now)
    return _order(request, unit_id, at=now)


@http.page
@require_POST
def place(request: HttpRequest, unit_id: int) -> HttpResponse:
    """The unit stands right before another of its siblings, or last; the dialog shows it."""
    now = timezone.now()
    actor = http.actor_of(request)
    unit = unit_dialogs.leaving(actor, unit_id, at=now)
    before_id = parameters.optional_id(request.POST, "before")
    moves.reorder(actor=actor, unit_id=unit_id, before_id=before_id, now=now)
    return _order(request, unit.parent_id or unit_id, at=now)


def _foreseen(actor: Actor, unit_id: int, parent_id: int, *, at: datetime) -> Impact:
    impact.permit_foresight(actor, [unit_id], beside=[parent_id], at=at)
    return impact.impact_of_move(actor, unit_id, parent_id=parent_id, at=at)


def _order(request: HttpRequest, unit_id: int, *, at: datetime) -> HttpResponse:
    listed = _all_below(request, unit_id, at=at)
    ids: list[int | None] = [unit.id for unit in listed]
    rows = [
        Place(
            unit=unit,
            above_id=ids[number - 1] if number else None,
            second_below_id=ids[number + 2] if number + 2 < len(ids) else None,
            has_below=number + 1 < len(ids),
        )
        for number, unit in enumerate(listed)
    ]
    context = {
        "unit": units.names([unit_id])[unit_id],
        "rows": rows,
        "first_id": ids[0] if ids else None,
        "is_cut": len(listed) == ORDERED_AT_MOST,
        "page": unit_dialogs.page_of(unit_id),
    }
    return render(request, "workbench/administration/unit_order.html", context)


def _all_below(request: HttpRequest, unit_id: int, *, at: datetime) -> list[units.UnitBranch]:
    viewer = visibility.viewer_of(http.actor_of(request), at=at)
    found: list[units.UnitBranch] = []
    cursor: str | None = None
    while len(found) < ORDERED_AT_MOST:
        page = units.children(unit_id, at=at, viewer=viewer, limit=_PAGE, cursor=cursor)
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    return found


urlpatterns = [
    path("units/<int:unit_id>/move/", move, name="administration-unit-move"),
    path("units/<int:unit_id>/parts/order/", order, name="administration-unit-order"),
    path("units/<int:unit_id>/place/", place, name="administration-unit-place"),
]
