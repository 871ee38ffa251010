"""Being seen: that one types, and whether one is online."""

from dataclasses import dataclass
from datetime import datetime

from core.actor import Actor
from core.db import service
from messaging import fanout, membership, policies, presence
from messaging.models import Conversation, HiddenPresence
from messaging.queries import presence as queries
from messaging.queries.presence import OwnPresence


@dataclass(frozen=True, slots=True)
class Typing:
    """Somebody is writing in the conversation at this moment."""

    conversation_id: int
    person_id: int
    name: str


@service
def tell_typing(*, actor: Actor, conversation_id: int, now: datetime) -> None:
    """Those members who have the conversation before them hear that the actor types.

    At most every two seconds, and never in a large conversation. Nothing is stored.
    """
    person_id = policies.require_member(actor, conversation_id)
    held = Conversation.objects.get(pk=conversation_id)
    if not queries.typing_is_told(held) or queries.own(person_id).hidden:
        return
    if not presence.may_tell_typing(conversation_id, person_id):
        return
    members = set(membership.present_ids(conversation_id, is_virtual=False)) - {person_id}
    fanout.to_people(
        person_ids=presence.looking_at(conversation_id, members, now=now),
        kind="typing",
        content=Typing(conversation_id, person_id, actor.name),
    )


@service
def set_hidden(*, actor: Actor, hidden: bool, now: datetime) -> OwnPresence:
    """Nobody sees any more whether the actor is online or types; or whoever may see her does."""
    person_id = actor.require_person()
    if hidden:
        HiddenPresence.objects.get_or_create(person_id=person_id, defaults={"hidden_at": now})
    else:
        HiddenPresence.objects.filter(person_id=person_id).delete()
    return queries.own(person_id)
