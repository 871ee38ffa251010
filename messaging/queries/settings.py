"""What people set for their conversations, and who is not to be disturbed."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, time

from django.utils import timezone

from core.actor import Actor
from messaging import policies
from messaging.models import MemberSetting, NotificationLevel, QuietHours


@dataclass(frozen=True, slots=True)
class ConversationSetting:
    """How one conversation stands in a person's list."""

    conversation_id: int
    pinned: bool
    level: str
    muted: bool


@dataclass(frozen=True, slots=True)
class Quiet:
    """The hours of each day in which a person is not to be disturbed; None for none."""

    begins: time | None
    ends: time | None


def own(*, actor: Actor, conversation_id: int) -> ConversationSetting:
    """How the conversation stands in the actor's list."""
    return of_conversation(policies.require_member(actor, conversation_id), conversation_id)


def of_conversation(person_id: int, conversation_id: int) -> ConversationSetting:
    """The person's settings for the conversation, as they come where she set nothing."""
    row = MemberSetting.objects.filter(person_id=person_id, conversation_id=conversation_id).first()
    level = NotificationLevel(row.level) if row else NotificationLevel.ALL
    return ConversationSetting(
        conversation_id=conversation_id,
        pinned=row is not None and row.pinned_at is not None,
        level=level,
        muted=level != NotificationLevel.ALL,
    )


def quiet_hours(person_id: int) -> Quiet:
    """When the person is not to be disturbed."""
    row = QuietHours.objects.filter(person_id=person_id).first()
    return Quiet(row.begins, row.ends) if row else Quiet(None, None)


def resting(person_ids: Collection[int], *, at: datetime) -> set[int]:
    """Those of the people whose quiet hours it is. DING does not ask."""
    clock = timezone.localtime(at).time()
    rows = QuietHours.objects.filter(person_id__in=person_ids)
    return {row.person_id for row in rows if _covers(row.begins, row.ends, clock)}


def _covers(begins: time, ends: time, clock: time) -> bool:
    if begins < ends:
        return begins <= clock < ends
    return clock >= begins or clock < ends
