"""Saying a thing better."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core import audit
from core.actor import Actor
from core.db import service
from messaging import errors, policies, texts
from messaging.kinds import VersionEnd
from messaging.models import Conversation, Mention, Message, MessageVersion, log
from messaging.queries import conversations, histories, mentions, messages
from messaging.services import _searching, _showing

EDITS_AT_MOST: Final = 20


@dataclass(frozen=True, slots=True)
class Edited:
    """The message reads anew since edited_at; null where it read so from the beginning."""

    conversation_id: int
    seq: int
    edited_at: datetime | None


@service
def edit(
    *,
    actor: Actor,
    conversation_id: int,
    seq: int,
    body: str,
    person_ids: Iterable[int] | None = None,
    unit_ids: Iterable[int] | None = None,
    now: datetime,
) -> Edited:
    """The message reads anew in its place, and an entry of the log says so.

    Whom it names now; whom it named before, where neither people nor units are given. What it said
    before moves to MessageVersion. The words it has already change nothing.
    Raises EditTooLate after the window.
    """
    text = texts.sound(body)
    person_id = actor.require_person()
    named = _named(conversation_id, person_ids, unit_ids)
    held = log.hold(person_id=person_id, conversation_id=conversation_id)
    message = messages.said_in(held.pk, seq, by=person_id)
    if message.recalled_at is not None:
        raise errors.AlreadyRecalled
    called = tuple(message.mentions) if named is None else named
    if (message.body, tuple(message.mentions)) == (text, called):
        return Edited(held.pk, seq, message.edited_at)
    policies.require_may_speak(person_id, held)
    policies.require_editable(message, held, at=now)
    _keep(message, person_id=person_id, now=now)
    _write_anew(message, text, called, now=now)
    _searching.note_changed(message)
    audit.record(
        actor=actor,
        action="messaging.message.edited",
        object_kind="message",
        object_id=f"{held.pk}#{seq}",
        now=now,
    )
    _tell(held, message, actor, now=now)
    return Edited(held.pk, seq, now)


def _named(
    conversation_id: int, person_ids: Iterable[int] | None, unit_ids: Iterable[int] | None
) -> tuple[int, ...] | None:
    if person_ids is None and unit_ids is None:
        return None
    return mentions.expand(
        conversation_id, person_ids=tuple(person_ids or ()), unit_ids=tuple(unit_ids or ())
    )


def _keep(message: Message, *, person_id: int, now: datetime) -> None:
    version = histories.next_version(message)
    if version > EDITS_AT_MOST:
        raise errors.EditedTooOften(limit=EDITS_AT_MOST)
    MessageVersion.objects.create(
        conversation_id=message.conversation_id,
        seq=message.seq,
        version=version,
        body=message.body,
        content={"mentions": message.mentions, "forwarded": None, "items": None},
        end=VersionEnd.EDITED,
        ended_by_id=person_id,
        ended_at=now,
    )


def _write_anew(message: Message, text: str, called: tuple[int, ...], *, now: datetime) -> None:
    before, after = set(message.mentions), set(called)
    of_message = {"conversation_id": message.conversation_id, "seq": message.seq}
    if before - after:
        Mention.objects.filter(**of_message, person_id__in=before - after).delete()
    Mention.objects.bulk_create(
        Mention(**of_message, person_id=person_id) for person_id in sorted(after - before)
    )
    message.body = text
    message.mentions = list(called)
    message.edited_at = now
    message.save(update_fields=["body", "mentions", "edited_at"])


def _tell(held: Conversation, message: Message, actor: Actor, *, now: datetime) -> None:
    person_id = actor.require_person()
    event = {"verb": "edited", "by_id": person_id, "by_name": actor.name, "seq": message.seq}
    entry = log.append_event(held, by_id=person_id, event=event, now=now)
    quote = messages.quote(held.pk, message.reply_to_seq, reader_id=person_id, at=now)
    changed = messages.entry_of(message, sender_name=actor.name, reply_to=quote)
    told = messages.entry_of(entry, sender_name=actor.name, changed=changed)
    _showing.entry(
        kind="message.edited",
        seq=entry.seq,
        held=held,
        audience=conversations.audience(held),
        about=[message.seq, message.reply_to_seq],
        content=lambda unseen: messages.veiled(told, unseen),
    )
