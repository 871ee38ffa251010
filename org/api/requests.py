"""Acts that wait for a second person: lists, and the decision."""

from datetime import datetime
from enum import StrEnum

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router

from core.http import actor_of
from core.paging import Cursor, Limit, Page
from core.schemas import Id, Schema
from org.api import texts
from org.queries import requests as queries
from org.services import decisions

router = Router()


class Box(StrEnum):
    """Which of the reader's requests are listed."""

    AWAITING = "awaiting"
    ASKED = "asked"
    DECIDED = "decided"


class AskedOut(Schema):
    """Nothing has changed yet: a second person decides."""

    request_id: int


class RequestOut(Schema):
    """One act that takes two people; `state` may be "expired"."""

    id: int
    kind: str
    kind_name: str
    summary: str
    effects: list[str]
    state: str
    state_name: str
    unit_id: int
    unit_name: str
    role: str
    role_name: str
    requester_id: int
    requester_name: str
    asked_at: datetime
    expires_at: datetime
    decided_by_name: str
    decided_at: datetime | None
    remark: str


class RequestsOut(Schema):
    """One page of requests, newest first."""

    items: list[RequestOut]
    next_cursor: str | None


class RemarkIn(Schema):
    """What the second person says."""

    remark: texts.Remark = ""


class DecidedOut(Schema):
    """How the request ended."""

    request_id: int
    state: str


_LISTS = {
    Box.AWAITING: queries.awaiting,
    Box.ASKED: queries.asked_by,
    Box.DECIDED: queries.decided_by,
}


@router.get("/requests", response=RequestsOut, url_name="org-requests")
def list_requests(
    request: HttpRequest, box: Box = Box.AWAITING, limit: Limit = 50, cursor: Cursor | None = None
) -> Page[queries.Request]:
    """What waits for the reader, what he asked for, or what he has decided."""
    person_id = actor_of(request).require_person()
    return _LISTS[box](person_id, at=timezone.now(), limit=limit, cursor=cursor)


@router.get("/requests/{request_id}", response=RequestOut, url_name="org-request")
def show(request: HttpRequest, request_id: Id) -> queries.Request:
    """The request, for whoever asked, decided or may decide."""
    person_id = actor_of(request).require_person()
    return queries.by_id(request_id, person_id=person_id, at=timezone.now())


@router.post("/requests/{request_id}/approve", response=DecidedOut, url_name="org-request-approve")
def approve(request: HttpRequest, request_id: Id, body: RemarkIn) -> decisions.Decided:
    """The act happens, as its requester's."""
    return decisions.approve(
        actor=actor_of(request), request_id=request_id, remark=body.remark, now=timezone.now()
    )


@router.post("/requests/{request_id}/reject", response=DecidedOut, url_name="org-request-reject")
def reject(request: HttpRequest, request_id: Id, body: RemarkIn) -> decisions.Decided:
    """The act does not happen, and the remark says why."""
    return decisions.reject(
        actor=actor_of(request), request_id=request_id, remark=body.remark, now=timezone.now()
    )


@router.post(
    "/requests/{request_id}/withdraw", response=DecidedOut, url_name="org-request-withdraw"
)
def withdraw(request: HttpRequest, request_id: Id) -> decisions.Decided:
    """Whoever asked takes it back."""
    return decisions.withdraw(actor=actor_of(request), request_id=request_id, now=timezone.now())
