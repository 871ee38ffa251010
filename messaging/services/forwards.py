"""Carrying messages from one conversation to another."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from core import audit
from core.actor import Actor
from core.db import service
from messaging import errors
from messaging.kinds import MessageKind
from messaging.models import Message
from messaging.models.log import Draft
from messaging.queries import forwards, histories
from messaging.queries.forwards import Taken
from messaging.services import _carrying, messages
from messaging.services.messages import Sent

SINGLY_AT_MOST: Final = 30
"""Messages times conversations."""
TOGETHER_AT_MOST: Final = 100


@dataclass(frozen=True, slots=True)
class Forwarded:
    """The acknowledgements, by conversation and in the order of the messages."""

    sent: list[Sent]


@service
def singly(
    *,
    actor: Actor,
    conversation_id: int,
    seqs: Sequence[int],
    to_ids: Sequence[int],
    client_message_id: UUID,
    now: datetime,
) -> Forwarded:
    """Each message stands once in each of the conversations, and says whose words they are.

    All or none. The same client_message_id gets the first acknowledgements again.
    """
    targets = sorted(set(to_ids))
    if len(set(seqs)) * len(targets) > SINGLY_AT_MOST:
        raise errors.ForwardingTooMuch(limit=SINGLY_AT_MOST)
    ids = [_id_of(client_message_id, seq) for seq in sorted(set(seqs))]
    if before := _said_before(actor, targets, ids, count=1):
        return Forwarded(before)
    taken = forwards.take(actor=actor, conversation_id=conversation_id, seqs=seqs, at=now)
    sent = [
        _carry(actor, one, target_id, client_message_id, now=now)
        for target_id in targets
        for one in taken
    ]
    return _recorded(actor, conversation_id, taken, sent, now=now)


@service
def together(
    *,
    actor: Actor,
    conversation_id: int,
    seqs: Sequence[int],
    to_ids: Sequence[int],
    client_message_id: UUID,
    now: datetime,
) -> Forwarded:
    """The messages stand as one record in each of the conversations.

    All or none. The record keeps them as they are now, also if they are recalled later.
    """
    targets = sorted(set(to_ids))
    if len(set(seqs)) * len(targets) > TOGETHER_AT_MOST:
        raise errors.ForwardingTooMuch(limit=TOGETHER_AT_MOST)
    if before := _said_before(actor, targets, [client_message_id], count=len(set(seqs))):
        return Forwarded(before)
    taken = forwards.take(actor=actor, conversation_id=conversation_id, seqs=seqs, at=now)
    draft = Draft(
        client_message_id=client_message_id,
        body=forwards.title_of(conversation_id, taken),
        kind=MessageKind.RECORD,
        forwarded={"from_name": "", "count": len(taken), "lines": forwards.lines_of(taken)},
        was_open=False,
    )
    sent = []
    for target_id in targets:
        acknowledged = messages.say(actor=actor, conversation_id=target_id, draft=draft, now=now)
        if not acknowledged.repeated:
            _carrying.keep_items(target_id, acknowledged.seq, forwards.items_of(taken))
        sent.append(acknowledged)
    return _recorded(actor, conversation_id, taken, sent, now=now)


def _id_of(client_message_id: UUID, seq: int) -> UUID:
    """The id of one of several messages that go together."""
    return uuid5(client_message_id, str(seq))


def _said_before(
    actor: Actor, target_ids: Sequence[int], ids: Sequence[UUID], *, count: int
) -> list[Sent]:
    """The acknowledgements of a repetition, whatever became of the source; none if it is none."""
    said = Message.objects.filter(
        conversation_id__in=target_ids,
        sender_id=actor.require_person(),
        client_message_id__in=ids,
        forwarded__count=count,
    )
    found = {(one.conversation_id, one.client_message_id): one for one in said}
    if len(found) < len(target_ids) * len(ids):
        return []
    return [
        Sent(
            conversation_id=target_id,
            client_message_id=one,
            seq=found[target_id, one].seq,
            created_at=found[target_id, one].created_at,
            repeated=True,
        )
        for target_id in target_ids
        for one in ids
    ]


def _carry(
    actor: Actor, one: Taken, target_id: int, client_message_id: UUID, *, now: datetime
) -> Sent:
    message = one.message
    before = message.forwarded or {"count": 1, "lines": []}
    # Whose words they are does not change on the way through a second conversation.
    from_name = before.get("from_name") or one.from_name
    draft = Draft(
        client_message_id=_id_of(client_message_id, message.seq),
        body=message.body,
        kind=MessageKind(message.kind),
        file_id=message.file_id,
        forwarded={**before, "from_name": from_name},
        was_open=False,
    )
    acknowledged = messages.say(actor=actor, conversation_id=target_id, draft=draft, now=now)
    items = histories.carried_items(message)
    if items and not acknowledged.repeated:
        _carrying.keep_items(target_id, acknowledged.seq, items)
    return acknowledged


def _recorded(
    actor: Actor, conversation_id: int, taken: Sequence[Taken], sent: list[Sent], *, now: datetime
) -> Forwarded:
    if any(not one.repeated for one in sent):
        audit.record(
            actor=actor,
            action="messaging.message.forwarded",
            object_kind="conversation",
            object_id=conversation_id,
            now=now,
            detail={
                "seqs": [one.message.seq for one in taken],
                "to_ids": sorted({one.conversation_id for one in sent}),
            },
        )
    return Forwarded(sent)
