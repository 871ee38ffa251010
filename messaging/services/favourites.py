"""Keeping messages for oneself, and passing on what was kept."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from core import audit
from core.actor import Actor
from core.db import service
from messaging import errors, policies
from messaging.kinds import MessageKind
from messaging.models import Conversation, Favourite, Message
from messaging.models.log import Draft
from messaging.queries import favourites
from messaging.queries import messages as message_queries
from messaging.services import _carrying, messages
from messaging.services.messages import Sent

KEPT_AT_MOST: Final = 10_000
"""Two devices at once may exceed it by one, to no harm."""
FORWARDED_AT_MOST: Final = 30


@service
def keep(*, actor: Actor, conversation_id: int, seq: int, now: datetime) -> int:
    """The actor keeps the message as it is now; the favourite's id. Keeping twice is keeping.

    MessageNotFound, FavouriteRefused where what is said stays, FavouritesTooMany.
    """
    person_id = policies.require_member(actor, conversation_id)
    mine = Favourite.objects.filter(person_id=person_id)
    earlier = mine.filter(conversation_id=conversation_id, seq=seq).first()
    if earlier is not None:
        return earlier.pk
    conversation = Conversation.objects.get(pk=conversation_id)
    if not conversation.forwarding:
        raise errors.FavouriteRefused
    if mine.count() >= KEPT_AT_MOST:
        raise errors.FavouritesTooMany(limit=KEPT_AT_MOST)
    message = _visible(person_id, conversation_id, seq)
    copy = favourites.copy_of(message, conversation, reader_id=person_id, at=now)
    Favourite.objects.bulk_create([copy], ignore_conflicts=True)
    kept = mine.get(conversation_id=conversation_id, seq=seq)
    _record(actor, "messaging.favourite.kept", kept, now=now)
    return kept.pk


@service
def let_go(*, actor: Actor, favourite_id: int, now: datetime) -> None:
    """The actor keeps it no longer; FavouriteNotFound."""
    row = Favourite.objects.filter(pk=favourite_id, person_id=actor.require_person()).first()
    if row is None:
        raise errors.FavouriteNotFound
    _record(actor, "messaging.favourite.let_go", row, now=now)
    row.delete()


@service
def forward(
    *,
    actor: Actor,
    favourite_id: int,
    to_ids: Sequence[int],
    client_message_id: UUID,
    now: datetime,
) -> list[Sent]:
    """What was kept stands in each of the conversations, as it was then. All or none.

    NotForwardable for cards and for what was recalled, ForwardingRefused where what is said stays.
    """
    row = favourites.own(actor, favourite_id)
    targets = sorted(set(to_ids))
    if len(targets) > FORWARDED_AT_MOST:
        raise errors.ForwardingTooMuch(limit=FORWARDED_AT_MOST)
    if row.recalled or row.kind not in favourites.FORWARDED_KINDS:
        raise errors.NotForwardable
    policies.require_forwarding(Conversation.objects.get(pk=row.conversation_id))
    before = row.content["forwarded"] or {"count": 1, "lines": []}
    draft = Draft(
        client_message_id=client_message_id,
        body=row.body,
        kind=MessageKind(row.kind),
        file_id=row.file_id,
        forwarded={**before, "from_name": before.get("from_name") or row.sender_name},
        was_open=False,
    )
    sent = []
    for target_id in targets:
        acknowledged = messages.say(actor=actor, conversation_id=target_id, draft=draft, now=now)
        if row.content["items"] and not acknowledged.repeated:
            _carrying.keep_items(target_id, acknowledged.seq, row.content["items"])
        sent.append(acknowledged)
    if any(not one.repeated for one in sent):
        _record(actor, "messaging.favourite.forwarded", row, now=now, to_ids=targets)
    return sent


def _visible(person_id: int, conversation_id: int, seq: int) -> Message:
    rows = message_queries.visible(person_id, conversation_id).filter(
        seq=seq, recalled_at__isnull=True
    )
    message = rows.exclude(kind=MessageKind.EVENT).first()
    if message is None:
        raise errors.MessageNotFound
    return message


def _record(actor: Actor, action: str, row: Favourite, *, now: datetime, **detail: object) -> None:
    audit.record(
        actor=actor,
        action=action,
        object_kind="message",
        object_id=f"{row.conversation_id}#{row.seq}",
        now=now,
        detail=detail or None,
    )
