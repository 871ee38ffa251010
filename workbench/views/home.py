"""工作台: what waits for the person, and her mini-apps."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_GET

from core import http
from core.actor import Actor
from messaging.queries import notices
from miniapps.queries import audience
from workbench import counts, to_do

SHOWN = 8


@dataclass(frozen=True, slots=True)
class AppGroup:
    """The apps of one category."""

    category: str
    tiles: list[audience.AppTile]


@http.page
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The first page after signing in."""
    now = timezone.now()
    actor = http.actor_of(request)
    context = {
        "screen": "home",
        "now": now,
        "groups": _by_category(audience.apps_for(actor, at=now)),
        **_today(actor, at=now),
    }
    return render(request, "workbench/home/index.html", context)


@http.page
@require_GET
def today(request: HttpRequest) -> HttpResponse:
    """Fragment: the latest to-dos and notices, asked for again while the page is open."""
    context = _today(http.actor_of(request), at=timezone.now())
    return render(request, "workbench/home/today.html", context)


@http.page
@require_GET
def counters(request: HttpRequest) -> JsonResponse:
    """The four numbers that every page keeps alive."""
    person_id = http.actor_of(request).require_person()
    return JsonResponse(counts.of(person_id, at=timezone.now()))


def _today(actor: Actor, *, at: datetime) -> dict[str, object]:
    return {
        "to_do": to_do.latest(actor, at=at, limit=SHOWN),
        "notices": notices.latest(actor.require_person(), SHOWN),
    }


def _by_category(tiles: Iterable[audience.AppTile]) -> list[AppGroup]:
    """The tiles grouped; they come ordered by category."""
    grouped = groupby(tiles, key=lambda tile: tile.category)
    return [AppGroup(category, list(members)) for category, members in grouped]


urlpatterns = [
    path("", index, name="home"),
    path("today/", today, name="home-today"),
    path("counters/", counters, name="counters"),
]
