"""系统管理, 双人复核: what waits for a second person, and how it ended."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from core import http
from messaging.queries import ding_requests
from org.kinds import RequestKind, RequestState
from org.queries import concerned, people
from org.queries import requests as queries
from org.services import decisions
from workbench import dialogs, offices, parameters

PER_PAGE: Final = 30
REMARK_AT_MOST: Final = 400


@dataclass(frozen=True, slots=True)
class Box:
    """One of the three lists."""

    key: str
    label: str
    empty: str


BOXES: Final = (
    Box("awaiting", "待我复核", "没有待您复核的申请"),
    Box("asked", "我提交的", "您还没有提交过需要复核的操作"),
    Box("decided", "已处理", "您还没有处理过复核申请"),
)
_LISTS: Final = {
    "awaiting": queries.awaiting,
    "asked": queries.asked_by,
    "decided": queries.decided_by,
}


@http.page
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The requests of one box, newest first."""
    return _render(request, shown=None)


@http.page
@require_GET
def show(request: HttpRequest, request_id: int) -> HttpResponse:
    """One request beside its box: what will happen, who asks, until when."""
    person_id = http.actor_of(request).require_person()
    return _render(request, queries.by_id(request_id, person_id=person_id, at=timezone.now()))


@http.page
@require_POST
def approve(request: HttpRequest, request_id: int) -> HttpResponse:
    """The act happens now."""
    decisions.approve(
        actor=http.actor_of(request),
        request_id=request_id,
        remark=_remark(request),
        now=timezone.now(),
    )
    return dialogs.done(request, to=_page_of(request_id), notice="已同意，操作已执行")


@http.page
@require_POST
def reject(request: HttpRequest, request_id: int) -> HttpResponse:
    """The act does not happen."""
    decisions.reject(
        actor=http.actor_of(request),
        request_id=request_id,
        remark=_remark(request),
        now=timezone.now(),
    )
    return dialogs.done(request, to=_page_of(request_id), notice="已退回申请人")


@http.page
@require_POST
def withdraw(request: HttpRequest, request_id: int) -> HttpResponse:
    """Whoever asked takes it back."""
    decisions.withdraw(actor=http.actor_of(request), request_id=request_id, now=timezone.now())
    return dialogs.done(request, to=_page_of(request_id), notice="申请已撤回")


def _render(request: HttpRequest, shown: queries.Request | None) -> HttpResponse:
    now = timezone.now()
    actor = http.actor_of(request)
    person_id = actor.require_person()
    waits = shown is not None and shown.state == RequestState.WAITING
    is_own = shown is not None and shown.requester_id == person_id
    may_decide = waits and not is_own
    box = _box(request, is_own=is_own, is_open=shown is None or may_decide)
    context = {
        "screen": "administration",
        "tab": "requests",
        "office": offices.of(actor, at=now),
        "boxes": BOXES,
        "box": box,
        "page": _LISTS[box.key](
            person_id, at=now, limit=PER_PAGE, cursor=request.GET.get("cursor")
        ),
        "shown": shown,
        "concerned": concerned.of(shown, actor=actor, at=now) if shown is not None else None,
        "is_own": is_own,
        "may_decide": may_decide,
        "may_withdraw": waits and is_own,
        "deciders": _deciders(shown.id, at=now) if shown is not None and waits and is_own else [],
        "history_link": _history_link(shown) if shown is not None and is_own else "",
        "ding": ding_requests.of_request(shown, person_id=person_id) if shown else None,
        "remark_at_most": REMARK_AT_MOST,
    }
    return render(request, "workbench/administration/requests.html", context)


def _box(request: HttpRequest, *, is_own: bool, is_open: bool) -> Box:
    """The box that was asked for, else the one that the request lies in."""
    lies_in = "asked" if is_own else "awaiting" if is_open else "decided"
    wanted = request.GET.get("box", lies_in)
    return next((box for box in BOXES if box.key == wanted), BOXES[0])


def _deciders(request_id: int, *, at: datetime) -> list[people.PersonName]:
    found = people.names(queries.deciders(request_id, at=at), at=at)
    return list(found.values())


def _history_link(shown: queries.Request) -> str:
    """Where what it asked for can be read, of a request to read what a message said before."""
    if (shown.kind, shown.state) != (RequestKind.MESSAGE_HISTORY, RequestState.APPROVED):
        return ""
    return reverse("administration-history", args=[shown.id])


def _remark(request: HttpRequest) -> str:
    return parameters.text(request.POST, "remark", longest=REMARK_AT_MOST)


def _page_of(request_id: int) -> str:
    return reverse("administration-request", args=[request_id])


urlpatterns = [
    path("requests/", index, name="administration-requests"),
    path("requests/<int:request_id>/", show, name="administration-request"),
    path("requests/<int:request_id>/approve/", approve, name="administration-request-approve"),
    path("requests/<int:request_id>/reject/", reject, name="administration-request-reject"),
    path("requests/<int:request_id>/withdraw/", withdraw, name="administration-request-withdraw"),
]
