"""Sending and recalling."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.actor import Actor
from core.db import service
from messaging import errors, fanout, policies, texts
from messaging.kinds import MessageKind, Receipt, VersionEnd
from messaging.models import Message, log
from messaging.models.log import Draft, Said
from messaging.queries import conversations, files, histories, mentions, messages
from messaging.services import _carrying, _searching, _showing, _taking_back


@dataclass(frozen=True, slots=True)
class Named:
    """Whom a message calls: people, the people of units, everybody."""

    person_ids: tuple[int, ...] = ()
    unit_ids: tuple[int, ...] = ()
    everybody: bool = False


@dataclass(frozen=True, slots=True)
class Particulars:
    """What a message is besides its words."""

    kind: MessageKind = MessageKind.TEXT
    reply_to_seq: int | None = None
    named: Named = Named()
    receipt: Receipt = Receipt.LIST
    file_id: int | None = None


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


PLAIN = Particulars()


@service
def send(
    *,
    actor: Actor,
    conversation_id: int,
    client_message_id: UUID,
    body: str,
    now: datetime,
    particulars: Particulars = PLAIN,
) -> Sent:
    """The message stands in the log once, and the sender has read up to it.

    The same client_message_id gets the first acknowledgement again, and
    ClientMessageConflict with other content. Locks the conversation: its sends commit one
    after the other.
    """
    person_id = actor.require_person()
    _require_fitting_file(particulars, person_id)
    draft = Draft(
        client_message_id=client_message_id,
        body=_words(body, kind=particulars.kind),
        kind=particulars.kind,
        reply_to_seq=particulars.reply_to_seq,
        mentions=mentions.expand(
            conversation_id,
            person_ids=particulars.named.person_ids,
            unit_ids=particulars.named.unit_ids,
        ),
        mention_all=particulars.named.everybody,
        receipt=particulars.receipt,
        file_id=particulars.file_id,
    )
    return _say(actor, conversation_id, draft, now=now)


@service
def say(*, actor: Actor, conversation_id: int, draft: Draft, now: datetime) -> Sent:
    """What was made ready elsewhere, such as a forwarded message, stands in the log once."""
    return _say(actor, conversation_id, draft, now=now)


@service
def recall(*, actor: Actor, conversation_id: int, seq: int, now: datetime) -> Recalled:
    """Nobody can read the message any more; that it was recalled is an entry of the log.

    Its content moves to MessageVersion. Raises RecallTooLate after the window.
    """
    person_id = actor.require_person()
    held = log.hold(person_id=person_id, conversation_id=conversation_id)
    message = messages.said_in(held.pk, seq, by=person_id)
    if message.recalled_at is not None:
        raise errors.AlreadyRecalled
    policies.require_recallable(message, held, at=now)
    event_seq = _taking_back.take_back(held, message, actor, end=VersionEnd.RECALLED, now=now)
    return Recalled(conversation_id=held.pk, seq=seq, event_seq=event_seq)


@service
def withdraw(*, actor: Actor, conversation_id: int, seq: int, now: datetime) -> Recalled:
    """Nobody can read the message any more, because an administrator of the group took it down.

    However old it is, and also where nothing is said any more. Who did stands in the log, in the
    audit log and with the content, which is kept as that of a recalled message is.
    """
    person_id = actor.require_person()
    held = log.hold(person_id=person_id, conversation_id=conversation_id)
    message = messages.spoken(held.pk, seq, reader_id=person_id)
    policies.require_may_withdraw(person_id, message.sender_id, held)
    if message.recalled_at is not None:
        raise errors.AlreadyRecalled
    event_seq = _taking_back.take_back(held, message, actor, end=VersionEnd.WITHDRAWN, now=now)
    return Recalled(conversation_id=held.pk, seq=seq, event_seq=event_seq)


def _say(actor: Actor, conversation_id: int, draft: Draft, *, now: datetime) -> Sent:
    person_id = actor.require_person()
    # Refuses what cannot be answered.
    messages.quote(conversation_id, draft.reply_to_seq, reader_id=person_id, at=now)
    said = log.say(
        draft,
        sender_id=person_id,
        conversation_id=conversation_id,
        named_at_most=fanout.LARGE,
        now=now,
    )
    if said.message is None:
        return _acknowledged_again(conversation_id, person_id, draft)
    policies.require_may_speak(person_id, said.held)
    if draft.file_id is not None:
        _carrying.note_sent(draft.file_id, now=now)
    if draft.mention_all:
        policies.require_may_mention_all(person_id, said.held)
    # Again, under the lock: it may have been recalled meanwhile.
    quote = messages.quote(conversation_id, draft.reply_to_seq, reader_id=person_id, at=now)
    entry = messages.entry_of(
        said.message,
        sender_name=actor.name,
        reply_to=quote,
        file=messages.file_of(said.message),
    )
    _showing.entry(
        kind="message.created",
        seq=entry.seq,
        held=said.held,
        audience=_audience(said),
        about=[draft.reply_to_seq],
        content=lambda unseen: messages.veiled(entry, unseen),
        said_by=person_id if said.has_read else None,
    )
    _searching.note_said(said.message)
    return _acknowledged(said.message, draft, repeated=False)


def _audience(said: Said) -> fanout.Audience:
    if said.present_ids is None:
        return conversations.audience(said.held)
    return fanout.Audience(said.held.pk, said.present_ids)


def _words(body: str, *, kind: MessageKind) -> str:
    """Pictures and files need none."""
    if kind != MessageKind.TEXT and not body.strip():
        return ""
    return texts.sound(body)


def _require_fitting_file(particulars: Particulars, person_id: int) -> None:
    if particulars.kind not in {MessageKind.TEXT, MessageKind.IMAGE, MessageKind.FILE}:
        raise errors.MessageKindRefused
    if (particulars.kind == MessageKind.TEXT) != (particulars.file_id is None):
        raise errors.MessageKindRefused
    if particulars.file_id is not None:
        files.require_sendable(particulars.file_id, person_id, particulars.kind)


def _acknowledged_again(conversation_id: int, person_id: int, draft: Draft) -> Sent:
    earlier = Message.objects.get(
        conversation_id=conversation_id,
        sender_id=person_id,
        client_message_id=draft.client_message_id,
    )
    if histories.first_said(earlier) != (
        draft.kind,
        draft.body,
        draft.reply_to_seq,
        draft.file_id,
        draft.mention_all,
        draft.receipt,
    ):
        raise errors.ClientMessageConflict
    return _acknowledged(earlier, draft, repeated=True)


def _acknowledged(message: Message, draft: Draft, *, repeated: bool) -> Sent:
    return Sent(
        conversation_id=message.conversation_id,
        client_message_id=draft.client_message_id,
        seq=message.seq,
        created_at=message.created_at,
        repeated=repeated,
    )
