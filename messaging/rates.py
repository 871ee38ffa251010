"""How fast one person may send: 10 messages a second, 20 at once, over all processes."""

from typing import Final, cast
from uuid import UUID

import redis
import structlog

from core import redis as store
from messaging import bus, errors

PER_SECOND: Final = 10
BURST: Final = 20

SAME_FOR_SECONDS: Final = 60

# Generic cell rate algorithm on Valkey's own clock: one key a person, one step a message.
# A repetition of a message is no second message.
_TAKE: Final = """
if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local interval, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local due = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
local wait = due - now - interval * (burst - 1)
if wait > 0 then return wait end
redis.call('SET', KEYS[1], due + interval, 'PX', interval * (burst + 1))
redis.call('SET', KEYS[2], 1, 'EX', ARGV[3])
return 0
"""

log = structlog.get_logger(__name__)


def take(person_id: int, client_message_id: UUID) -> None:
    """One message is counted, once; SendingTooFast with retry_after_ms above the limit.

    Called by the edges, before the transaction. Without Valkey nobody is held back.
    """
    keys = [bus.rate_key(person_id), bus.counted_key(person_id, client_message_id)]
    limits = [str(1000 // PER_SECOND), str(BURST), str(SAME_FOR_SECONDS)]
    try:
        wait = cast(int, store.connection().eval(_TAKE, len(keys), *keys, *limits))
    except redis.RedisError as error:
        log.warning("sending rate not counted", error=str(error))
        return
    if wait > 0:
        raise errors.SendingTooFast(retry_after=-(-wait // 1000), retry_after_ms=wait)
