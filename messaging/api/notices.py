"""Work notices, and the two unread numbers of the rail."""

from datetime import datetime

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router

from core import paging
from core.http import actor_of
from core.schemas import Id, Schema
from messaging.queries import conversations as conversation_queries
from messaging.queries import notices as queries
from messaging.services import notices

router = Router()


class NoticeOut(Schema):
    """One work notice."""

    id: int
    source: str
    source_name: str
    title: str
    body: str
    link: str
    created_at: datetime
    read_at: datetime | None
    asks: bool
    confirmed_at: datetime | None
    recalled_at: datetime | None


class NoticesOut(Schema):
    """One page of notices, newest first."""

    items: list[NoticeOut]
    next_cursor: str | None


class UnreadOut(Schema):
    """What waits for the actor."""

    messages: int
    notices: int


@router.get("/notices", response=NoticesOut, url_name="messaging-notices")
def list_notices(
    request: HttpRequest, cursor: paging.Cursor = "", limit: paging.Limit = 50
) -> paging.Page[queries.Notice]:
    """The actor's work notices, newest first."""
    return queries.list_for(actor=actor_of(request), cursor=cursor, limit=limit)


@router.put("/notices/read", response=UnreadOut, url_name="messaging-notices-read")
def mark_all_read(request: HttpRequest) -> UnreadOut:
    """All notices are opened; answers with what still waits."""
    actor = actor_of(request)
    notices.mark_all_read(actor=actor, now=timezone.now())
    return _waiting(actor.require_person())


@router.put("/notices/{notice_id}/read", response=UnreadOut, url_name="messaging-notice-read")
def mark_read(request: HttpRequest, notice_id: Id) -> UnreadOut:
    """The notice is opened; answers with what still waits."""
    actor = actor_of(request)
    notices.mark_read(actor=actor, notice_id=notice_id, now=timezone.now())
    return _waiting(actor.require_person())


@router.put(
    "/notices/{notice_id}/confirmation", response=UnreadOut, url_name="messaging-notice-confirm"
)
def confirm(request: HttpRequest, notice_id: Id) -> UnreadOut:
    """The actor knows of it; answers with what still waits."""
    actor = actor_of(request)
    notices.confirm(actor=actor, notice_id=notice_id, now=timezone.now())
    return _waiting(actor.require_person())


@router.get("/unread", response=UnreadOut, url_name="messaging-unread")
def unread(request: HttpRequest) -> UnreadOut:
    """How many messages and notices the actor has not read."""
    return _waiting(actor_of(request).require_person())


def _waiting(person_id: int) -> UnreadOut:
    return UnreadOut(
        messages=conversation_queries.unread_count(person_id),
        notices=queries.unread_count(person_id),
    )
