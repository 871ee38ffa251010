"""How fast one person may act, over all processes: messages, changes, repetitions, and the rest."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, cast
from uuid import UUID, uuid4

from core import redis as store
from messaging import bus, errors, outage


@dataclass(frozen=True, slots=True)
class Rate:
    """So many a second, so many at once."""

    per_second: int
    burst: int

    def arguments(self) -> list[str]:
        """As the script takes it: milliseconds from one to the next, and the burst."""
        return [str(1000 // self.per_second), str(self.burst)]


NEW: Final = Rate(per_second=10, burst=20)
REPEATED: Final = Rate(per_second=50, burst=100)
"""A repetition stores nothing, but it takes a transaction. `take_request` goes as fast."""

SAME_FOR_SECONDS: Final = 60

# Generic cell rate algorithm on Valkey's own clock: one key a person and rate, one step a
# message. KEYS[3] knows for a while that the message was counted: then this is a repetition. What
# cannot be repeated has none. Several messages of one act are counted at once or not at all; more
# than the burst need it whole, and what follows waits the longer.
_TAKE: Final = """
local repeated = KEYS[3] and redis.call('EXISTS', KEYS[3]) == 1
local key = repeated and KEYS[2] or KEYS[1]
local interval = tonumber(repeated and ARGV[3] or ARGV[1])
local burst = tonumber(repeated and ARGV[4] or ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local due = math.max(tonumber(redis.call('GET', key) or now), now)
local count = repeated and 1 or tonumber(ARGV[6])
local wait = due - now - interval * (burst - math.min(count, burst))
if wait > 0 then return wait end
due = due + interval * count
redis.call('SET', key, due, 'PX', due - now + interval)
if KEYS[3] and not repeated then redis.call('SET', KEYS[3], 1, 'EX', ARGV[5]) end
return 0
"""


def take(*, person_id: int, conversation_id: int, client_message_id: UUID) -> None:
    """One message, or one repetition, is counted; SendingTooFast above its limit.

    The same id in another conversation is another message. Called by the edges, before the
    transaction. Without Valkey nobody is held back.
    """
    keys = [
        bus.rate_key(person_id),
        bus.repetition_rate_key(person_id),
        bus.counted_key(person_id, conversation_id, client_message_id),
    ]
    _require_none(_counted(keys, NEW))


def take_several(*, person_id: int, count: int, act: Sequence[object]) -> None:
    """So many messages that one act says are counted together, or none; SendingTooFast.

    `act` names all that the act is, with the client's id: only the very same is its repetition.
    """
    digest = hashlib.blake2b(repr(list(act)).encode(), digest_size=16).hexdigest()
    keys = [
        bus.rate_key(person_id),
        bus.repetition_rate_key(person_id),
        bus.counted_act_key(person_id, digest),
    ]
    _require_none(_counted(keys, NEW, count=count))


def take_change(*, person_id: int, conversation_id: int) -> None:
    """Editing and recalling wake as many as a message does: each counts as one."""
    take(person_id=person_id, conversation_id=conversation_id, client_message_id=uuid4())


def take_request(*, person_id: int) -> None:
    """What finds or names people, and a draft's saving, is counted apart from messages.

    ActingTooFast above the limit.
    """
    key = bus.request_rate_key(person_id)
    wait = _counted([key], REPEATED)
    if wait > 0:
        raise errors.ActingTooFast(retry_after=-(-wait // 1000), retry_after_ms=wait)


def _require_none(wait: int) -> None:
    if wait > 0:
        raise errors.SendingTooFast(retry_after=-(-wait // 1000), retry_after_ms=wait)


def _counted(keys: list[str], rate: Rate, *, count: int = 1) -> int:
    """How many milliseconds are to be waited; 0: it is counted."""
    limits = [*rate.arguments(), *REPEATED.arguments(), str(SAME_FOR_SECONDS), str(count)]
    with outage.forgiven("counting the sending rate") as called:
        if called:
            return cast(int, store.connection().eval(_TAKE, len(keys), *keys, *limits))
    return 0
