"""What has changed since a client looked last: all of it in one token."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import orjson
from django.db import connection

from core.actor import Actor
from messaging.queries import conversations, notices
from messaging.queries.conversations import Head

LONGEST_WAIT: Final = 25
"""Seconds that a request for news may wait: below what proxies allow an idle answer."""

# A DING may call to an old message and change no head. A state other than pending is final: which
# still wait for the person, how many of her own do, the newest of both kinds tell every change, and
# of a recall when nobody waits how many of her own are recalled.
_DINGS: Final = """
SELECT ARRAY(SELECT ding_id FROM messaging_dingtarget
              WHERE person_id = %(person_id)s AND state = 'pending' ORDER BY ding_id),
       (SELECT max(ding_id) FROM messaging_dingtarget WHERE person_id = %(person_id)s),
       (SELECT max(id) FROM messaging_ding WHERE sender_id = %(person_id)s),
       (SELECT count(recalled_at) FROM messaging_ding WHERE sender_id = %(person_id)s),
       (SELECT count(*) FROM messaging_ding d JOIN messaging_dingtarget t ON t.ding_id = d.id
         WHERE d.sender_id = %(person_id)s AND t.state = 'pending'
           AND d.closes_at > statement_timestamp() - interval '1 day')"""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where everything of a person's stands, and the token that says so."""

    heads: Mapping[int, Head]
    notices_unread: int
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
    frames: list[Any] = field(default_factory=list)
    """What came while it waited, as over a socket."""


def standing(*, actor: Actor) -> Standing:
    """Where everything of the actor's stands."""
    heads = {head.conversation_id: head for head in conversations.heads(actor=actor)}
    person_id = actor.require_person()
    unread = notices.unread_count(person_id)
    content = orjson.dumps([[heads[key] for key in sorted(heads)], unread, _dings(person_id)])
    return Standing(heads, unread, hashlib.blake2b(content, digest_size=12).hexdigest())


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
        notices_unread=stands.notices_unread,
    )


def _dings(person_id: int) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(_DINGS, {"person_id": person_id})
        return list(cursor.fetchall()[0])
