"""DINGs that take two people: what was asked for, and what is called to."""

from datetime import datetime

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from ninja import Router

from core import paging
from core.http import actor_of
from core.schemas import Id, Schema
from messaging.queries import ding_requests as queries

router = Router()


class AskedDingOut(Schema):
    """A DING that somebody asked for, and how that stands; `state` may be "expired".

    `said` is what is called to, for the asker and, while it waits, for those who may decide.
    `refusal` tells why nothing could be opened although it was approved.
    """

    request_id: int
    conversation_id: int
    conversation_title: str
    seq: int
    sender_name: str
    said: str
    audience: str
    audience_name: str
    level: str
    level_name: str
    reason: str
    targets: int
    asked_at: datetime
    expires_at: datetime
    state: str
    state_name: str
    decided_by_name: str
    decided_at: datetime | None
    remark: str
    ding_id: int | None
    refusal: str


class AskedDingsOut(Schema):
    """One page of them, the newest first."""

    items: list[AskedDingOut]
    next_cursor: str | None


class DingLimitsOut(Schema):
    """How many people a DING calls by one person's decision, and how many at most."""

    alone: int
    approved: int


@router.get("/ding-limits", response=DingLimitsOut, url_name="messaging-ding-limits")
def show_limits(request: HttpRequest) -> DingLimitsOut:
    """For clients that say beforehand that a second person has to approve."""
    actor_of(request).require_person()
    return DingLimitsOut(alone=settings.DING_PEOPLE, approved=settings.DING_PEOPLE_APPROVED)


@router.get("/ding-requests", response=AskedDingsOut, url_name="messaging-ding-requests")
def list_own(
    request: HttpRequest, cursor: paging.Cursor = "", limit: paging.Limit = 50
) -> paging.Page[queries.AskedDing]:
    """What the actor asked for. Withdrawn, as any request, by `/org/requests/{id}/withdraw`."""
    return queries.own(actor=actor_of(request), cursor=cursor, limit=limit, at=timezone.now())


@router.get("/ding-requests/{request_id}", response=AskedDingOut, url_name="messaging-ding-request")
def show(request: HttpRequest, request_id: Id) -> queries.AskedDing:
    """One, for whoever asked, decided or may decide."""
    return queries.shown(actor=actor_of(request), request_id=request_id, at=timezone.now())
