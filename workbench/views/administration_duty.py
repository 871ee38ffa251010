"""系统管理, 值班安排: whom a DING calls where nobody confirms."""

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core import http
from messaging.queries import duty as queries
from messaging.services import duty
from org.queries import people, units
from workbench import dialogs, offices, parameters, personnel
from workbench.forms.duty import Shift

PER_PAGE = 50


@http.page
@require_GET
def index(request: HttpRequest, unit_id: int) -> HttpResponse:
    """Who is on duty for the unit, from a week ago on."""
    now = timezone.now()
    actor = http.actor_of(request)
    unit = personnel.unit_in_charge(actor, unit_id, at=now)
    page = queries.roster(
        actor=actor,
        unit_id=unit_id,
        cursor=request.GET.get("cursor"),
        limit=PER_PAGE,
        at=now,
    )
    context = {
        "screen": "administration",
        "office": offices.of(actor, at=now),
        "tab": "units",
        "unit": unit,
        "path": units.path(unit_id)[:-1],
        "page": page,
        "now": now,
    }
    return render(request, "workbench/administration/duty.html", context)


@http.page
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest, unit_id: int) -> HttpResponse:
    """Dialog: somebody is on duty."""
    now = timezone.now()
    actor = http.actor_of(request)
    unit = personnel.unit_in_charge(actor, unit_id, at=now)
    begins = timezone.localtime(now).replace(minute=0, second=0, microsecond=0)
    initial = {"begins_at": begins, "ends_at": begins + timedelta(days=1)}
    form = Shift(request.POST or None, initial=initial)
    chosen = parameters.ids(request.POST.getlist("person"), at_most=1)

    def act(given: dict[str, Any]) -> None:
        duty.add(actor=actor, unit_id=unit_id, person_id=next(iter(chosen), 0), now=now, **given)

    if form.is_bound and form.carry_out(act):
        return dialogs.done(request, to=_page_of(unit_id), notice="值班已安排")
    return dialogs.show(
        request,
        form,
        title=f"“{unit.name}”的值班",
        verb="保存",
        template="workbench/administration/duty_shift.html",
        picked=_picked(chosen, at=now),
    )


@http.page
@require_POST
def drop(request: HttpRequest, unit_id: int, shift_id: int) -> HttpResponse:
    """The shift stands no longer."""
    duty.drop(actor=http.actor_of(request), shift_id=shift_id, now=timezone.now())
    return dialogs.done(request, to=_page_of(unit_id), notice="值班已取消")


def _picked(person_ids: list[int], *, at: datetime) -> list[people.PersonName]:
    return list(people.names(person_ids, at=at).values())


def _page_of(unit_id: int) -> str:
    return reverse("administration-duty", args=[unit_id])


urlpatterns = [
    path("units/<int:unit_id>/duty/", index, name="administration-duty"),
    path("units/<int:unit_id>/duty/add/", add, name="administration-duty-add"),
    path("units/<int:unit_id>/duty/<int:shift_id>/drop/", drop, name="administration-duty-drop"),
]
