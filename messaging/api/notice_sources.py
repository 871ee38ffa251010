"""Who sends work notices, and of whom nothing is to be heard."""

from datetime import datetime

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router

from core.http import actor_of
from core.schemas import Schema
from messaging.api.notices import NoticeSourceKey
from messaging.queries import notice_sources as queries
from messaging.services import notice_sources

router = Router()


class LatestNoticeOut(Schema):
    """The newest of a source's notices, as a line."""

    id: int
    title: str
    created_at: datetime


class NoticeSourceOut(Schema):
    """An application, or a part of the platform, that has sent the reader work notices.

    `unread` counts at most 1,000, also where the source is muted.
    """

    source: str
    source_name: str
    unread: int
    latest: LatestNoticeOut
    muted: bool
    may_mute: bool


class NoticeSourcesOut(Schema):
    """The sources, the one with the newest notice first; at most 100."""

    items: list[NoticeSourceOut]


class NoticeSourceSettingOut(Schema):
    """Whether the reader hears of the source's notices."""

    source: str
    muted: bool


class NoticeSourceSettingIn(Schema):
    """Whether the reader wants to hear nothing of the source's notices."""

    muted: bool


@router.get("/notices/sources", response=NoticeSourcesOut, url_name="messaging-notice-sources")
def list_sources(request: HttpRequest) -> NoticeSourcesOut:
    """Whoever has sent the reader work notices, the one with the newest first."""
    found = queries.of_person(actor_of(request).require_person())
    return NoticeSourcesOut(items=[NoticeSourceOut.model_validate(source) for source in found])


@router.patch(
    "/notices/sources/{source}/settings",
    response=NoticeSourceSettingOut,
    url_name="messaging-notice-source-settings",
)
def change(
    request: HttpRequest, source: NoticeSourceKey, body: NoticeSourceSettingIn
) -> queries.NoticeSourceSetting:
    """The source's notices ring or not. They come and are listed all the same."""
    act = notice_sources.mute if body.muted else notice_sources.unmute
    return act(actor=actor_of(request), source=source, now=timezone.now())
