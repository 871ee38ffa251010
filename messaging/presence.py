"""Who is online and who has a conversation before him: known to Valkey only, for a minute at most.

Nothing of it is stored, and nothing is broadcast: a screen asks for the few people that it shows,
again and again while it shows them. Without Valkey nobody is online and nobody types.

Each process gives its own sign of life for those who hold sockets of it, and takes it away when the
last of them is gone: whoever has several devices is here until no process has one of them. Whoever
asks by HTTP gives a sign that nobody takes away.
"""

import secrets
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final, cast

from core import redis as store
from messaging import bus, outage

SECONDS: Final = 60
"""How long somebody counts as here after the last sign of life; clients give one every 25 s."""
LOOKING_SECONDS: Final = 45
"""How long a conversation counts as open after its screen has asked last, every 20 s."""
TYPING_EVERY: Final = 2
_PROCESS: Final = secrets.token_hex(8)
_HTTP: Final = "http"


def beat(person_ids: Collection[int], *, now: datetime) -> None:
    """The people hold sockets of this process, and are here for the next minute."""
    _sign(person_ids, _PROCESS, now=now)


def beat_by_http(person_id: int, *, now: datetime) -> None:
    """The person is here for the next minute, without a socket."""
    _sign([person_id], _HTTP, now=now)


def leave(person_ids: Collection[int]) -> None:
    """None of the people holds a socket of this process any more."""
    with outage.forgiven("noting who is gone") as called:
        if called:
            pipeline = store.connection().pipeline(transaction=False)
            for person_id in person_ids:
                pipeline.zrem(bus.presence_key(person_id), _PROCESS)
            pipeline.execute()


def _sign(person_ids: Collection[int], token: str, *, now: datetime) -> None:
    with outage.forgiven("noting who is here") as called:
        if called:
            pipeline = store.connection().pipeline(transaction=False)
            for person_id in person_ids:
                key = bus.presence_key(person_id)
                pipeline.zadd(key, {token: now.timestamp() + SECONDS})
                pipeline.expire(key, SECONDS)
            pipeline.execute()


def here(person_ids: Sequence[int], *, now: datetime) -> set[int]:
    """Those of the people who are here; nobody without Valkey."""
    if not person_ids:
        return set()
    found: list[int] = [0] * len(person_ids)
    with outage.forgiven("knowing who is here") as called:
        if called:
            pipeline = store.connection().pipeline(transaction=False)
            for person_id in person_ids:
                pipeline.zcount(bus.presence_key(person_id), now.timestamp(), "+inf")
            found = pipeline.execute()
    return {one for one, signs in zip(person_ids, found, strict=True) if signs}


def look_at(conversation_id: int, person_id: int, *, now: datetime) -> None:
    """The person has the conversation before him for the next while."""
    key = bus.looking_key(conversation_id)
    with outage.forgiven("noting who looks") as called:
        if called:
            pipeline = store.connection().pipeline(transaction=False)
            pipeline.zadd(key, {str(person_id): now.timestamp() + LOOKING_SECONDS})
            pipeline.zremrangebyscore(key, "-inf", now.timestamp())
            pipeline.expire(key, LOOKING_SECONDS)
            pipeline.execute()


def looking_at(conversation_id: int, among: Collection[int], *, now: datetime) -> list[int]:
    """Those of the people who have the conversation before them; nobody without Valkey."""
    found: list[bytes] = []
    with outage.forgiven("knowing who looks") as called:
        if called:
            key = bus.looking_key(conversation_id)
            held = store.connection().zrangebyscore(key, now.timestamp(), "+inf")
            found = cast(list[bytes], held)
    return sorted({int(one) for one in found} & set(among))


def may_tell_typing(conversation_id: int, person_id: int) -> bool:
    """Whether it is long enough ago that others were told last; from now on it was just now."""
    may = False
    with outage.forgiven("telling of typing") as called:
        if called:
            key = bus.typing_key(conversation_id, person_id)
            may = bool(store.connection().set(key, 1, ex=TYPING_EVERY, nx=True))
    return may
