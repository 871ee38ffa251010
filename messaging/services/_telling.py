"""What changes in a conversation is an entry of its log, told to whoever it concerns."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

from core import audit
from core.actor import Actor
from messaging import fanout
from messaging.models import Conversation, Message, log
from messaging.queries import conversations, messages
from org.queries import people

NAMED_AT_MOST: Final = 20
"""An entry about more people names the first of them, and says how many they are."""


def event(
    verb: str, actor: Actor, known: Mapping[int, people.PersonName], person_ids: Sequence[int]
) -> dict[str, object]:
    """What an entry says. Names stand in it as they were then."""
    named = [{"id": key, "name": known[key].name} for key in person_ids if key in known]
    return {"verb": verb, "by_id": actor.person_id, "by_name": _name(actor), "people": named}


def append(
    held: Conversation, actor: Actor, content: Mapping[str, object], *, now: datetime
) -> Message:
    """The log ends with the event; nobody has been told yet."""
    return log.append_event(held, by_id=actor.person_id, event=content, now=now)


def everybody(held: Conversation, actor: Actor, entry: Message) -> None:
    """All members hear of the entry."""
    fanout.entry(
        kind="message.created",
        content=messages.entry_of(entry, sender_name=_name(actor)),
        seq=entry.seq,
        audience=conversations.audience(held),
    )


def joined(held: Conversation, actor: Actor, entry: Message, person_ids: Collection[int]) -> None:
    """All members hear of the entry; the people belong to the conversation from it on.

    Of a large conversation those who join are told by name, so that their processes listen to it;
    and all are where it has just become large.
    """
    if not conversations.is_crowd(held):
        everybody(held, actor, entry)
        return
    was_crowd = held.is_virtual or held.member_count - len(person_ids) > fanout.LARGE
    named = tuple(person_ids) if was_crowd else conversations.present_ids(held)
    fanout.entry_joined(
        kind="message.created",
        content=messages.entry_of(entry, sender_name=_name(actor)),
        seq=entry.seq,
        audience=fanout.Audience(held.pk, named),
    )
    if was_crowd:
        everybody(held, actor, entry)


def left(held: Conversation, actor: Actor, entry: Message, person_ids: Sequence[int]) -> None:
    """All members hear of the entry, and those who have left before all others."""
    content = messages.entry_of(entry, sender_name=_name(actor))
    nobody_else = fanout.Audience(held.pk, ())
    audiences = [nobody_else] * (len(person_ids) - 1) + [conversations.audience(held)]
    for person_id, audience in zip(person_ids, audiences, strict=True):
        fanout.entry_left(
            kind="message.created",
            content=content,
            seq=entry.seq,
            audience=audience,
            gone_id=person_id,
        )


def record(
    actor: Actor, action: str, held: Conversation, now: datetime, detail: dict[str, object]
) -> None:
    """The audit log tells of it."""
    audit.record(
        actor=actor,
        action=action,
        object_kind="conversation",
        object_id=held.pk,
        now=now,
        unit_id=held.unit_id,
        detail=detail,
    )


def _name(actor: Actor) -> str:
    """Nobody's where the platform itself acts: the entry says what happened, not who did it."""
    return actor.name if actor.person_id is not None else ""
