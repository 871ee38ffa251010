"""What each frame type does: validate, then one service or query, then one answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from core.actor import Actor
from messaging import rates
from messaging.gateway import incoming
from messaging.queries import comparing
from messaging.queries import messages as message_queries
from messaging.queries import presence as presence_queries
from messaging.queries.bells import Bells
from messaging.services import dings, edits, messages
from messaging.services import presence as presence_services


@dataclass(frozen=True, slots=True)
class Answer:
    """The frame that goes back, with the id of the frame it answers."""

    type: str
    data: object


@dataclass(frozen=True, slots=True)
class Kind:
    """One type of frame: the shape of its data and what is done, off the event loop."""

    shape: type[incoming.Data]
    act: Callable[[Actor, Any, datetime], Answer]


def welcome(actor: Actor, bells: Bells | None, now: datetime) -> Answer:
    """Who is greeted, the server's time, and how what calls her stands."""
    person = {"person_id": actor.person_id, "name": actor.name}
    return Answer("welcome", {**person, "server_time": now, "bells": bells})


def _heads(actor: Actor, data: incoming.Heads, now: datetime) -> Answer:
    return Answer("sync.heads", comparing.part(actor=actor, after=data.after))


def _pull(actor: Actor, data: incoming.Pull, now: datetime) -> Answer:
    pulled = message_queries.pull(
        actor=actor,
        conversation_id=data.conversation_id,
        after=data.after,
        limit=data.limit,
        at=now,
    )
    return Answer("message.page", pulled)


def _send(actor: Actor, data: incoming.Send, now: datetime) -> Answer:
    rates.take(
        person_id=actor.require_person(),
        conversation_id=data.conversation_id,
        client_message_id=data.client_message_id,
    )
    sent = messages.send(
        actor=actor,
        conversation_id=data.conversation_id,
        client_message_id=data.client_message_id,
        body=data.body,
        particulars=data.particulars(),
        now=now,
    )
    return Answer("message.ack", sent)


def _edit(actor: Actor, data: incoming.Edit, now: datetime) -> Answer:
    rates.take_change(person_id=actor.require_person(), conversation_id=data.conversation_id)
    edited = edits.edit(
        actor=actor,
        conversation_id=data.conversation_id,
        seq=data.seq,
        body=data.body,
        person_ids=data.mentions,
        unit_ids=data.mention_units,
        now=now,
    )
    return Answer("message.edit.ack", edited)


def _recall(actor: Actor, data: incoming.Recall, now: datetime) -> Answer:
    rates.take_change(person_id=actor.require_person(), conversation_id=data.conversation_id)
    recalled = messages.recall(
        actor=actor, conversation_id=data.conversation_id, seq=data.seq, now=now
    )
    return Answer("message.recall.ack", recalled)


def _confirm_ding(actor: Actor, data: incoming.DingConfirm, now: datetime) -> Answer:
    confirmed = dings.confirm(actor=actor, ding_id=data.ding_id, now=now)
    return Answer("ding.confirm.ack", confirmed)


def _presence(actor: Actor, data: incoming.Presence, now: datetime) -> Answer:
    state = presence_queries.state(
        actor=actor, person_ids=data.person_ids, conversation_id=data.conversation_id, at=now
    )
    return Answer("presence.state", state)


def _typing(actor: Actor, data: incoming.Typing, now: datetime) -> Answer:
    presence_services.tell_typing(actor=actor, conversation_id=data.conversation_id, now=now)
    return Answer("typing.ack", {"conversation_id": data.conversation_id})


KINDS: Final[Mapping[str, Kind]] = {
    "sync.heads": Kind(incoming.Heads, _heads),
    "message.pull": Kind(incoming.Pull, _pull),
    "message.send": Kind(incoming.Send, _send),
    "message.edit": Kind(incoming.Edit, _edit),
    "message.recall": Kind(incoming.Recall, _recall),
    "presence.subscribe": Kind(incoming.Presence, _presence),
    "typing": Kind(incoming.Typing, _typing),
    "ding.confirm": Kind(incoming.DingConfirm, _confirm_ding),
}

OWN: Final[Mapping[str, type[incoming.Data]]] = {
    "hello": incoming.Hello,
    "message.read": incoming.Read,
    "receipt.watch": incoming.Watch,
}
"""What the process answers from what it holds itself (`Connection`): the shapes of the data."""
