"""Sending and recalling."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from core import audit
from core.actor import Actor
from core.db import service
from messaging import errors, fanout, policies
from messaging.models import Message, MessageKind, MessageVersion, VersionEnd, log
from messaging.queries import conversations, messages

RECALL_MINUTES: Final = int(policies.RECALL_WINDOW.total_seconds() // 60)


@dataclass(frozen=True, slots=True)
class Sent:
    """The acknowledgement: the message is committed under this number."""

    conversation_id: int
    client_message_id: UUID
    seq: int
    created_at: datetime
    repeated: bool
    """Whether an earlier send of the same id had stored it already."""


@dataclass(frozen=True, slots=True)
class Recalled:
    """The message cannot be read any more; the entry `event_seq` says so in the log."""

    conversation_id: int
    seq: int
    event_seq: int


@service
def send(
    *, actor: Actor, conversation_id: int, client_message_id: UUID, body: str, now: datetime
) -> Sent:
    """The text stands in the log once, and the sender has read up to it.

    The same client_message_id gets the first acknowledgement again, and
    ClientMessageConflict with another text. Locks the conversation: its sends commit one
    after the other.
    """
    text = _sound(body)
    person_id = actor.require_person()
    held = log.hold(person_id=person_id, conversation_id=conversation_id)
    earlier = Message.objects.filter(
        conversation_id=held.pk, sender_id=person_id, client_message_id=client_message_id
    ).first()
    if earlier is not None:
        return _acknowledged_again(earlier, text)
    stored = log.append_text(
        held, sender_id=person_id, client_message_id=client_message_id, body=text, now=now
    )
    fanout.entry(
        kind="message.created",
        content=messages.entry_of(stored, sender_name=actor.name),
        seq=stored.seq,
        audience=conversations.audience(held),
    )
    # Whoever answers has read: those who wait for it hear so, as do her own other devices.
    fanout.cursor_moved(person_id=person_id, conversation_id=held.pk, read_seq=stored.seq)
    return _acknowledged(stored, repeated=False)


@service
def recall(*, actor: Actor, conversation_id: int, seq: int, now: datetime) -> Recalled:
    """Nobody can read the message any more; that it was recalled is an entry of the log.

    The text moves to MessageVersion. Raises RecallTooLate after the window.
    """
    person_id = actor.require_person()
    held = log.hold(person_id=person_id, conversation_id=conversation_id)
    message = Message.objects.filter(
        conversation_id=held.pk, seq=seq, kind=MessageKind.TEXT
    ).first()
    if message is None or not messages.is_visible(
        person_id=person_id, conversation_id=held.pk, seq=seq
    ):
        raise errors.MessageNotFound
    policies.require_sender(person_id, message)
    if message.recalled_at is not None:
        raise errors.AlreadyRecalled
    if not policies.is_recallable(message, at=now):
        raise errors.RecallTooLate(minutes=RECALL_MINUTES)
    _withdraw_text(message, person_id=person_id, now=now)
    event = {"verb": "recalled", "by_id": person_id, "by_name": actor.name, "seq": seq}
    entry = log.append_event(held, by_id=person_id, event=event, now=now)
    audit.record(
        actor=actor,
        action="messaging.message.recalled",
        object_kind="message",
        object_id=f"{held.pk}#{seq}",
        now=now,
    )
    fanout.entry(
        kind="message.recalled",
        content=messages.entry_of(entry, sender_name=actor.name),
        seq=entry.seq,
        audience=conversations.audience(held),
    )
    return Recalled(conversation_id=held.pk, seq=seq, event_seq=entry.seq)


def _sound(body: str) -> str:
    text = body.strip()
    if not text:
        raise errors.EmptyMessage
    if len(text.encode()) > policies.BODY_LIMIT:
        raise errors.MessageTooLarge(limit_kib=policies.BODY_LIMIT // 1024)
    return text


def _acknowledged_again(earlier: Message, text: str) -> Sent:
    if _text_of(earlier) != text:
        raise errors.ClientMessageConflict
    return _acknowledged(earlier, repeated=True)


def _acknowledged(message: Message, *, repeated: bool) -> Sent:
    if message.client_message_id is None:
        raise ValueError("an entry without a client's id is never acknowledged")
    return Sent(
        conversation_id=message.conversation_id,
        client_message_id=message.client_message_id,
        seq=message.seq,
        created_at=message.created_at,
        repeated=repeated,
    )


def _text_of(message: Message) -> str:
    if message.recalled_at is None:
        return message.body
    kept = MessageVersion.objects.filter(
        conversation_id=message.conversation_id, seq=message.seq
    ).order_by("version")
    return kept[0].body


def _withdraw_text(message: Message, *, person_id: int, now: datetime) -> None:
    MessageVersion.objects.create(
        conversation_id=message.conversation_id,
        seq=message.seq,
        version=1,
        body=message.body,
        end=VersionEnd.RECALLED,
        ended_by_id=person_id,
        ended_at=now,
    )
    message.body = ""
    message.recalled_at = now
    message.save(update_fields=["body", "recalled_at"])
