"""Who is online and who has a conversation before him: known to Valkey only, for a minute at most.

Nothing of it is stored, and nothing is broadcast: a screen asks for the few people that it shows,
again and again while it shows them. Without Valkey nobody is online and nobody types.
"""

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


def beat(person_ids: Collection[int]) -> None:
    """The people are here for the next minute."""
    with outage.forgiven("noting who is here") as called:
        if called:
            pipeline = store.connection().pipeline(transaction=False)
            for person_id in person_ids:
                pipeline.set(bus.presence_key(person_id), 1, ex=SECONDS)
            pipeline.execute()


def here(person_ids: Sequence[int]) -> set[int]:
    """Those of the people who are here; nobody without Valkey."""
    if not person_ids:
        return set()
    found: list[bytes | None] = [None] * len(person_ids)
    with outage.forgiven("knowing who is here") as called:
        if called:
            keys = [bus.presence_key(person_id) for person_id in person_ids]
            found = cast(list[bytes | None], store.connection().mget(keys))
    return {one for one, sign in zip(person_ids, found, strict=True) if sign is not None}


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
