"""Whom of the people on a screen its viewer may see online, and who is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core.actor import Actor
from messaging import policies, presence
from messaging.models import Conversation, HiddenPresence
from org.queries import directory, visibility

PEOPLE_AT_MOST: Final = 100
TYPING_AT_MOST: Final = 64
"""In larger conversations nobody is told that somebody types."""


@dataclass(frozen=True, slots=True)
class Sign:
    """Whether one person is online."""

    person_id: int
    online: bool


@dataclass(frozen=True, slots=True)
class State:
    """Those of the people asked about whom the asker may see, in the order asked."""

    people: list[Sign]


@dataclass(frozen=True, slots=True)
class OwnPresence:
    """Whether others see the person online."""

    hidden: bool


def state(
    *, actor: Actor, person_ids: Sequence[int], conversation_id: int | None, at: datetime
) -> State:
    """Who of the people is online. The actor has the conversation, if one is named, before him.

    Whoever is hidden from the actor, by the rules of the directory or by his own wish, is left
    out: no answer tells him from somebody who does not exist. ConversationNotFound.
    """
    own_id = actor.require_person()
    if conversation_id is not None:
        policies.require_member(actor, conversation_id)
        presence.look_at(conversation_id, own_id, now=at)
    asked = list(dict.fromkeys(person_ids))
    if not asked:
        return State([])
    viewer = visibility.viewer_of(actor, at=at)
    seen = [one.person_id for one in directory.people_by_id(asked, at=at, viewer=viewer)]
    hiding = set(
        HiddenPresence.objects.filter(person_id__in=seen).values_list("person_id", flat=True)
    )
    shown = [person_id for person_id in seen if person_id not in hiding]
    here = presence.here(shown, now=at)
    return State([Sign(person_id, person_id in here) for person_id in shown])


def state_by_http(
    *, actor: Actor, person_ids: Sequence[int], conversation_id: int | None, at: datetime
) -> State:
    """The same for whoever holds no socket: that the actor asks is her sign of life."""
    presence.beat_by_http(actor.require_person(), now=at)
    return state(actor=actor, person_ids=person_ids, conversation_id=conversation_id, at=at)


def own(person_id: int) -> OwnPresence:
    """Whether others see the person online."""
    return OwnPresence(hidden=HiddenPresence.objects.filter(person_id=person_id).exists())


def typing_is_told(held: Conversation) -> bool:
    """Whether the others hear of somebody typing: not where many are, nor where nobody speaks."""
    small = not held.is_virtual and held.member_count <= TYPING_AT_MOST
    return small and held.dissolved_at is None
