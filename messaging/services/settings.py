"""How somebody wants his conversations: pinned, silent, and when he is not to be disturbed."""

from dataclasses import dataclass
from datetime import datetime, time
from typing import Final

from core.actor import Actor
from core.db import service
from messaging import errors, fanout, policies
from messaging.models import MemberSetting, NotificationLevel, QuietHours
from messaging.queries import settings
from messaging.queries.settings import ConversationSetting, Quiet

PINNED_AT_MOST: Final = 50
"""They stand on the first page together. Two devices at once may exceed it by one, to no harm."""


@dataclass(frozen=True, slots=True)
class SettingChange:
    """What shall be otherwise; None leaves it as it is."""

    pinned: bool | None = None
    level: NotificationLevel | None = None


@service
def change(
    *, actor: Actor, conversation_id: int, change: SettingChange, now: datetime
) -> ConversationSetting:
    """The conversation stands so in the actor's list; her other devices hear of it."""
    person_id = policies.require_member(actor, conversation_id)
    if change.pinned:
        _require_room(person_id, conversation_id)
    # The row belongs to one person: of two of her devices the later one is right.
    row, _ = MemberSetting.objects.get_or_create(
        person_id=person_id, conversation_id=conversation_id
    )
    if change.pinned is not None and change.pinned != (row.pinned_at is not None):
        row.pinned_at = now if change.pinned else None
    if change.level is not None:
        row.level = change.level
    row.save(update_fields=["pinned_at", "level"])
    content = settings.of_conversation(person_id, conversation_id)
    fanout.to_people(person_ids=[person_id], kind="settings.changed", content=content)
    return content


@service
def set_quiet_hours(*, actor: Actor, begins: time, ends: time, now: datetime) -> Quiet:
    """The actor's devices stay silent from the one time of each day to the other, but for DING."""
    person_id = actor.require_person()
    if begins == ends:
        raise errors.QuietHoursEmpty
    QuietHours.objects.update_or_create(
        person_id=person_id, defaults={"begins": begins, "ends": ends}
    )
    return _tell_quiet(person_id)


@service
def clear_quiet_hours(*, actor: Actor, now: datetime) -> Quiet:
    """The actor may be disturbed at any time."""
    person_id = actor.require_person()
    QuietHours.objects.filter(person_id=person_id).delete()
    return _tell_quiet(person_id)


def _tell_quiet(person_id: int) -> Quiet:
    quiet = settings.quiet_hours(person_id)
    fanout.to_people(person_ids=[person_id], kind="settings.changed", content={"quiet": quiet})
    return quiet


def _require_room(person_id: int, conversation_id: int) -> None:
    others = MemberSetting.objects.filter(person_id=person_id, pinned_at__isnull=False)
    if others.exclude(conversation_id=conversation_id).count() >= PINNED_AT_MOST:
        raise errors.TooManyPinned(limit=PINNED_AT_MOST)
