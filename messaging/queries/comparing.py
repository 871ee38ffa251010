"""Where a person's conversations stand: what a client compares its own state with."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Final

import orjson

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


_MARK_BYTES: Final = 12
_SHOWN: Final = frozenset(field.name for field in fields(Head))


def part(*, actor: Actor, after: int, only: Sequence[int] | None = None) -> Part:
    """Where the conversations above that one, or these of them, stand: as many as fit an answer."""
    person_id = actor.require_person()
    found = conversations.standings(person_id, only, after=after, at_most=AT_ONCE + 1)
    asked = found[:AT_ONCE]
    begun = drafts.of_person(person_id, [one.conversation_id for one in asked])
    shown = page_sizes.fitting(_head(one, begun.get(one.conversation_id)) for one in asked)
    is_all = len(shown) == len(found)
    return Part(shown, None if is_all else shown[-1].conversation_id)


def marks(*, actor: Actor) -> dict[int, bytes]:
    """A few bytes for each of the actor's conversations, others whenever its head is another."""
    found: dict[int, bytes] = {}
    after: int | None = 0
    while after is not None:
        some = part(actor=actor, after=after)
        found |= {head.conversation_id: _mark(head) for head in some.heads}
        after = some.next
    return found


def _mark(head: Head) -> bytes:
    return hashlib.blake2b(orjson.dumps(head), digest_size=_MARK_BYTES).digest()


def _head(standing: Standing, draft: Begun | None) -> Head:
    return Head(
        **{name: value for name, value in asdict(standing).items() if name in _SHOWN},
        muted=standing.level != NotificationLevel.ALL,
        draft=draft,
    )
