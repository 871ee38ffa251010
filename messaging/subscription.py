"""The process's one Valkey connection for listening, with one task that reads it."""

import asyncio
import math
from collections import Counter
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any, Final, cast

import redis.asyncio
import structlog
from redis.asyncio.client import PubSub
from redis.asyncio.connection import Connection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from core import redis as store
from messaging import bus, outage

_CONFIRMED_WITHIN: Final = 2.0
_QUIET: Final = 1.0
"""After so long without a word Valkey is asked for one."""
_SILENT: Final = 3.0
"""After so long it counts as lost: a cut cable closes no connection."""
_RETRY_AFTER: Final = 0.5
_TURN: Final = 64
"""So many parcels that came together leave together."""

log = structlog.get_logger(__name__)


class Subscription:
    """Channels by reference count: subscribed while somebody in the process needs them.

    redis-py would reconnect silently and lose what was published meanwhile; so its retries
    are off, and `on_restored` is called after each new connection but the first.
    """

    def __init__(
        self,
        on_parcel: Callable[[str, bus.Parcel], Awaitable[None]],
        on_restored: Callable[[], None],
    ) -> None:
        self.lost = asyncio.Event()
        """Set while there is no connection, from the start on."""
        self.lost.set()
        self._on_parcel = on_parcel
        self._on_restored = on_restored
        self._wanted: Counter[str] = Counter()
        self._confirmed: dict[str, asyncio.Event] = {}
        self._pubsub: PubSub | None = None
        self._was_heard = False
        self._words = 0
        """How many have come from Valkey."""

    async def add(self, *channels: str) -> None:
        """The channels are asked for. With Valkey down they will be, once it is back."""
        fresh = [channel for channel in dict.fromkeys(channels) if self._wanted[channel] == 0]
        self._wanted.update(channels)
        for channel in fresh:
            self._confirmed[channel] = asyncio.Event()
        if not fresh or self._pubsub is None:
            return
        try:
            await self._pubsub.subscribe(*fresh)
        except (RedisError, OSError) as error:
            # The reading task notices the broken connection and subscribes anew.
            log.warning("channels not subscribed", error=str(error))

    async def heard(self, *channels: str) -> None:
        """The channels are heard; with Valkey down, returns after a while all the same.

        Never to be awaited from a parcel's delivery: the same task reads the confirmation.
        """
        confirmed = [self._confirmed[channel] for channel in channels if channel in self._confirmed]
        try:
            async with asyncio.timeout(_CONFIRMED_WITHIN):
                for one in confirmed:
                    await one.wait()
        except TimeoutError:
            log.warning("subscriptions not confirmed", channels=len(channels))

    async def drop(self, *channels: str) -> None:
        """One who needed the channels is gone; the last one's are heard no more."""
        self._wanted.subtract(channels)
        idle = [channel for channel in channels if self._wanted[channel] <= 0]
        for channel in idle:
            del self._wanted[channel]
            self._confirmed.pop(channel, None)
        if not idle or self._pubsub is None:
            return
        try:
            await self._pubsub.unsubscribe(*idle)
        except (RedisError, OSError) as error:
            log.warning("channels not given up", error=str(error))

    async def read_for_ever(self) -> None:
        """Hands on every parcel; after a loss, connects and subscribes again."""
        while True:
            client = store.async_connection()
            client.set_retry(Retry(NoBackoff(), 0))
            try:
                await self._read(client)
            except (RedisError, OSError) as error:
                log.warning("the bus is lost", error=str(error))
            finally:
                self.lost.set()
                self._pubsub = None
                await _close(client)
            await asyncio.sleep(_RETRY_AFTER)

    async def _read(self, client: redis.asyncio.Redis) -> None:
        pubsub = client.pubsub()
        # A subscription to nothing cannot be read, so this one is always there.
        asked = {bus.control_channel(), *self._wanted}
        await pubsub.subscribe(*asked)
        self._pubsub = pubsub
        # Until here `add` and `drop` had nobody to tell what they wanted during the connecting.
        if late := set(self._wanted) - asked:
            await pubsub.subscribe(*late)
        if idle := asked - set(self._wanted) - {bus.control_channel()}:
            await pubsub.unsubscribe(*idle)
        self.lost.clear()
        outage.over()
        restored, self._was_heard = self._was_heard, True
        if restored:
            self._on_restored()
        await self._listen(pubsub)

    async def _listen(self, pubsub: PubSub) -> None:
        connection = cast(Connection, pubsub.connection)
        async with asyncio.timeout(_SILENT) as patience:
            asking = asyncio.create_task(self._ask(pubsub, patience))
            try:
                for number in count(1):
                    if number % _TURN == 0:
                        # What has come already is read without yielding: others have their turn.
                        await asyncio.sleep(0)
                    # PubSub.get_message does the same at three times the cost: a timeout, retries
                    # and records for each parcel.
                    response = await connection.read_response(
                        timeout=math.inf, disconnect_on_error=False, push_request=True
                    )
                    self._words += 1
                    if response[0] == b"message":
                        await self._hand_on(response[1].decode(), response[2])
                    else:
                        await self._note(pubsub, response)
            finally:
                asking.cancel()

    async def _ask(self, pubsub: PubSub, patience: asyncio.Timeout) -> None:
        """While nothing is heard Valkey is asked for a word; each word buys it more time."""
        while True:
            words = self._words
            await asyncio.sleep(_QUIET)
            if self._words > words:
                patience.reschedule(asyncio.get_running_loop().time() + _SILENT)
            elif not await _asked(pubsub):
                return

    async def _note(self, pubsub: Any, response: object) -> None:
        """The library keeps account of what is subscribed to."""
        message = await pubsub.handle_message(response)
        if message is not None and message["type"] == "subscribe":
            self._confirm(message["channel"].decode())

    def _confirm(self, channel: str) -> None:
        if channel in self._confirmed:
            self._confirmed[channel].set()

    async def _hand_on(self, channel: str, payload: bytes) -> None:
        try:
            parcel = bus.unpack(payload)
        except ValueError:
            log.warning("not a parcel", channel=channel)
            return
        try:
            await self._on_parcel(channel, parcel)
        except Exception:  # one parcel must not end the listening; the audit finds who lacks it
            log.exception("a parcel was not delivered", channel=channel)


async def _asked(pubsub: PubSub) -> bool:
    try:
        await pubsub.ping()
    except (RedisError, OSError) as error:
        # Whoever reads the connection notices, too, at the latest when patience ends.
        log.warning("the bus was not asked", error=str(error))
        return False
    return True


async def _close(client: redis.asyncio.Redis) -> None:
    try:
        await client.aclose()
    except (RedisError, OSError) as error:
        log.warning("the bus was not closed cleanly", error=str(error))
