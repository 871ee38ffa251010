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
from messaging.queries.comparing import Head

LONGEST_WAIT: Final = 25
"""Seconds that a request for news may wait: below what proxies allow an idle answer."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where everything of a person's stands, and the token that says so."""

    heads: Mapping[int, Head]
    bells: Bells
    state: str


@dataclass(frozen=True, slots=True)
class Compared:
    """What a client learns: `heads` are all of hers where `whole`, otherwise those that changed."""

    person_id: int
    name: str
    server_time: datetime
    state: str
    whole: bool
    heads: list[Head]
    notices_unread: int
    bells: Bells
    frames: list[Any] = field(default_factory=list)
    """What came while it waited, as over a socket."""


def standing(*, actor: Actor, at: datetime) -> Standing:
    """Where everything of the actor's stands; what moves no head is heard by its bells."""
    heads = {head.conversation_id: head for head in comparing.heads(actor=actor)}
    calling = bells.of_person(actor.require_person(), at=at)
    content = orjson.dumps([[heads[key] for key in sorted(heads)], calling])
    return Standing(heads, calling, hashlib.blake2b(content, digest_size=12).hexdigest())


def compared(*, actor: Actor, stands: Standing, known: Standing | None, at: datetime) -> Compared:
    """What the client lacks that knows `known`; None: nothing."""
    is_part = known is not None and known.heads.keys() <= stands.heads.keys()
    before = known.heads if known is not None and is_part else {}
    return Compared(
        person_id=actor.require_person(),
        name=actor.name,
        server_time=at,
        state=stands.state,
        whole=not is_part,
        heads=[head for key, head in stands.heads.items() if before.get(key) != head],
        notices_unread=stands.bells.notices_unread,
        bells=stands.bells,
    )
