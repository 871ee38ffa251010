"""Work notices, and the two unread numbers of the rail."""

from datetime import datetime
from typing import Annotated, Self

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router
from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from core import paging
from core.http import actor_of
from core.schemas import Id, Schema
from messaging.queries import conversations as conversation_queries
from messaging.queries import notices as queries
from messaging.services import notices

router = Router()

NoticeSourceKey = Annotated[
    str, StringConstraints(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9_.:\-]+$")
]
"""A source of notices, as `source` of each notice names it: `approvals`, `app:17`."""


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
    """What waits for the actor, and she wants to be told of."""

    messages: int
    notices: int


class NoticesReadIn(Schema):
    """What is opened: these notices, all of one source, or without either all there are."""

    source: NoticeSourceKey | None = None
    notice_ids: Annotated[list[Id], Field(min_length=1, max_length=100)] | None = None

    @model_validator(mode="after")
    def names_one(self) -> Self:
        """Notices or a source, not both."""
        if self.source is not None and self.notice_ids is not None:
            raise PydanticCustomError("one_of_two", "只能按应用或按通知标为已读，不能同时指定")
        return self


@router.get("/notices", response=NoticesOut, url_name="messaging-notices")
def list_notices(
    request: HttpRequest,
    source: NoticeSourceKey | None = None,
    cursor: paging.Cursor = "",
    limit: paging.Limit = 50,
) -> paging.Page[queries.Notice]:
    """The actor's work notices, newest first; of the source alone, if one is named."""
    return queries.list_for(actor=actor_of(request), source=source, cursor=cursor, limit=limit)


@router.put("/notices/read", response=UnreadOut, url_name="messaging-notices-read")
def mark_all_read(request: HttpRequest, body: NoticesReadIn | None = None) -> UnreadOut:
    """The notices named are opened, or those of a source, or all; answers with what still waits."""
    actor = actor_of(request)
    wanted = body or NoticesReadIn()
    if wanted.notice_ids is None:
        notices.mark_all_read(actor=actor, source=wanted.source, now=timezone.now())
    else:
        notices.mark_some_read(actor=actor, notice_ids=wanted.notice_ids, now=timezone.now())
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
    """How many unread messages and notices the actor wants to be told of."""
    return _waiting(actor_of(request).require_person())


def _waiting(person_id: int) -> UnreadOut:
    return UnreadOut(
        messages=conversation_queries.unread_count(person_id),
        notices=queries.unread_count(person_id),
    )
