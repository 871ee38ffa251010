"""Where a person's conversations stand: what a client compares its own state with."""

from dataclasses import asdict, dataclass, fields
from typing import Final

from core.actor import Actor
from messaging.models import NotificationLevel
from messaging.queries import conversations, drafts, page_sizes
from messaging.queries.conversations import Standing
from messaging.queries.drafts import Begun

AT_ONCE: Final = 200
"""Conversations of one answer: what is unread is counted in so many at a time."""


@dataclass(frozen=True, slots=True)
class Head:
    """Where a conversation stands and how far its reader is."""

    conversation_id: int
    kind: str
    last_seq: int
    read_seq: int
    unread: int
    mentions: int
    role: str
    mute_all: bool
    pinned: bool
    level: str
    muted: bool
    """Whether only mentions, or nothing at all, call for attention."""
    draft: Begun | None
    """What the reader began to say there, on whichever device."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some of the heads, by id; `next` is what the rest come after, null where these were all."""

    heads: list[Head]
    next: int | None


_SHOWN: Final = frozenset(field.name for field in fields(Head))


def heads(*, actor: Actor) -> list[Head]:
    """Where each of the actor's conversations stands."""
    person_id = actor.require_person()
    begun = drafts.of_person(person_id)
    return [
        _head(one, begun.get(one.conversation_id)) for one in conversations.standings(person_id)
    ]


def part(*, actor: Actor, after: int) -> Part:
    """Where the conversations above that one stand, as many as one answer carries."""
    person_id = actor.require_person()
    found = conversations.standings(person_id, after=after, at_most=AT_ONCE + 1)
    asked = found[:AT_ONCE]
    begun = drafts.of_person(person_id, [one.conversation_id for one in asked])
    shown = page_sizes.fitting(_head(one, begun.get(one.conversation_id)) for one in asked)
    is_all = len(shown) == len(found)
    return Part(shown, None if is_all else shown[-1].conversation_id)


def _head(standing: Standing, draft: Begun | None) -> Head:
    return Head(
        **{name: value for name, value in asdict(standing).items() if name in _SHOWN},
        muted=standing.level != NotificationLevel.ALL,
        draft=draft,
    )
