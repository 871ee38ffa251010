"""What has changed since a client looked last: all of it in one token."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import orjson

from core.actor import Actor
from messaging.queries import bells, comparing
from messaging.queries.bells import Bells
from messaging.queries.comparing import Head, Part

LONGEST_WAIT: Final = 25
"""Seconds that a request for news may wait: below what proxies allow an idle answer."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where everything of a person's stands, and the token that says so.

    Small, for thousands of people keep theirs while they wait: of a head with its draft only what
    shows that it is another one now.
    """

    marks: Mapping[int, bytes]
    bells: Bells
    state: str


@dataclass(frozen=True, slots=True)
class Compared:
    """What a client learns: the heads of all of hers where `whole`, else of those that changed.

    As many as one answer carries; `next` is what the rest come after, null where these were all.
    """

    person_id: int
    name: str
    server_time: datetime
    state: str
    whole: bool
    heads: list[Head]
    next: int | None
    notices_unread: int
    bells: Bells
    frames: list[Any] = field(default_factory=list)
    """What came while it waited, as over a socket."""


def standing(*, actor: Actor, at: datetime) -> Standing:
    """Where everything of the actor's stands; what moves no head is heard by its bells."""
    marks = comparing.marks(actor=actor)
    calling = bells.of_person(actor.require_person(), at=at)
    token = hashlib.blake2b(orjson.dumps(calling), digest_size=12)
    for key in sorted(marks):
        token.update(marks[key])
    return Standing(marks, calling, token.hexdigest())


def compared(*, actor: Actor, stands: Standing, known: Standing | None, at: datetime) -> Compared:
    """What the client lacks that knows `known`; None: nothing."""
    whole = known is None or not known.marks.keys() <= stands.marks.keys()
    before = {} if known is None or whole else known.marks
    changed = [key for key, mark in stands.marks.items() if before.get(key) != mark]
    told = comparing.part(actor=actor, after=0, only=changed) if changed else Part([], None)
    return Compared(
        person_id=actor.require_person(),
        name=actor.name,
        server_time=at,
        state=stands.state,
        whole=whole,
        heads=told.heads,
        next=told.next,
        notices_unread=stands.bells.notices_unread,
        bells=stands.bells,
    )
