"""Whose work notices somebody wants to hear."""

from datetime import datetime
from typing import Final

from core.actor import Actor
from core.db import service
from messaging import fanout, notice_errors
from messaging.kinds import NEVER_MUTED
from messaging.models import NoticeMute
from messaging.queries import notice_sources as queries
from messaging.queries.notice_sources import NoticeSourceSetting

MUTED_AT_MOST: Final = 200
"""Each heartbeat tells them all. Two devices at once may exceed it by one, to no harm."""


@service
def mute(*, actor: Actor, source: str, now: datetime) -> NoticeSourceSetting:
    """What the source sends still comes, and calls the actor only where it asks to be confirmed.

    NoticeSourceNotFound where it never sent her anything; NoticeSourceAlwaysHeard for DING.
    """
    person_id = _require_receiver(actor, source)
    if source in NEVER_MUTED:
        raise notice_errors.NoticeSourceAlwaysHeard
    others = NoticeMute.objects.filter(person_id=person_id).exclude(source=source)
    if others.count() >= MUTED_AT_MOST:
        raise notice_errors.TooManyMuted(limit=MUTED_AT_MOST)
    row = NoticeMute(person_id=person_id, source=source, muted_at=now)
    NoticeMute.objects.bulk_create([row], ignore_conflicts=True)
    return _tell(person_id, NoticeSourceSetting(source=source, muted=True))


@service
def unmute(*, actor: Actor, source: str, now: datetime) -> NoticeSourceSetting:
    """What the source sends calls the actor; NoticeSourceNotFound where it never sent anything."""
    person_id = _require_receiver(actor, source)
    NoticeMute.objects.filter(person_id=person_id, source=source).delete()
    return _tell(person_id, NoticeSourceSetting(source=source, muted=False))


def _require_receiver(actor: Actor, source: str) -> int:
    person_id = actor.require_person()
    if not queries.has_sent(source, person_id):
        raise notice_errors.NoticeSourceNotFound
    return person_id


def _tell(person_id: int, content: NoticeSourceSetting) -> NoticeSourceSetting:
    fanout.to_people(person_ids=[person_id], kind="settings.changed", content=content)
    return content
