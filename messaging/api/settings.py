"""How somebody wants his conversations: pinned, silent, and when he is not to be disturbed."""

from datetime import time
from typing import Annotated, Self

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router
from pydantic import Field

from core.http import actor_of
from core.schemas import Id, Schema
from messaging.kinds import NotificationLevel
from messaging.queries import settings as queries
from messaging.services import settings
from messaging.services.settings import SettingChange

router = Router()

ClockTime = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", examples=["22:00"])]
"""Hours and minutes of the local day."""


class SettingOut(Schema):
    """How one conversation stands in the reader's list."""

    conversation_id: int
    pinned: bool
    level: str
    muted: bool


class SettingIn(Schema):
    """What shall be otherwise; what is left out stays."""

    pinned: bool | None = None
    level: NotificationLevel | None = None


class QuietOut(Schema):
    """From when until when, each day, nothing but DING disturbs; null for never."""

    begins: ClockTime | None
    ends: ClockTime | None

    @classmethod
    def of(cls, quiet: queries.Quiet) -> Self:
        """The hours as clocks show them."""
        return cls(begins=_shown(quiet.begins), ends=_shown(quiet.ends))


class QuietIn(Schema):
    """From when until when, local time; an end before the begin is on the next day."""

    begins: ClockTime
    ends: ClockTime


def _shown(hour: time | None) -> str | None:
    return None if hour is None else hour.isoformat("minutes")


@router.get(
    "/conversations/{conversation_id}/settings",
    response=SettingOut,
    url_name="messaging-settings",
)
def read(request: HttpRequest, conversation_id: Id) -> queries.ConversationSetting:
    """How the conversation stands in the reader's list."""
    return queries.own(actor=actor_of(request), conversation_id=conversation_id)


@router.patch(
    "/conversations/{conversation_id}/settings",
    response=SettingOut,
    url_name="messaging-settings",
)
def change(
    request: HttpRequest, conversation_id: Id, body: SettingIn
) -> queries.ConversationSetting:
    """The conversation is pinned or not, and calls for attention as wanted."""
    return settings.change(
        actor=actor_of(request),
        conversation_id=conversation_id,
        change=SettingChange(pinned=body.pinned, level=body.level),
        now=timezone.now(),
    )


@router.get("/quiet-hours", response=QuietOut, url_name="messaging-quiet-hours")
def quiet_hours(request: HttpRequest) -> QuietOut:
    """When the reader is not to be disturbed."""
    return QuietOut.of(queries.quiet_hours(actor_of(request).require_person()))


@router.put("/quiet-hours", response=QuietOut, url_name="messaging-quiet-hours")
def set_quiet_hours(request: HttpRequest, body: QuietIn) -> QuietOut:
    """Devices stay silent in these hours, but for DING."""
    quiet = settings.set_quiet_hours(
        actor=actor_of(request),
        begins=time.fromisoformat(body.begins),
        ends=time.fromisoformat(body.ends),
        now=timezone.now(),
    )
    return QuietOut.of(quiet)


@router.delete("/quiet-hours", response=QuietOut, url_name="messaging-quiet-hours")
def clear_quiet_hours(request: HttpRequest) -> QuietOut:
    """The reader may be disturbed at any time."""
    return QuietOut.of(settings.clear_quiet_hours(actor=actor_of(request), now=timezone.now()))
