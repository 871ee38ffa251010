"""Who listens to what is told once."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Final

from tongwen_client.entries import Event

EVENTS_KEPT: Final = 1000


class Listener:
    """One listener's events, the newest of them."""

    def __init__(self) -> None:
        self._waiting: deque[Event] = deque(maxlen=EVENTS_KEPT)
        self._news = asyncio.Event()
        self._fault: Exception | None = None

    def take(self, event: Event) -> None:
        """The event waits for its turn; above the limit the oldest goes."""
        self._waiting.append(event)
        self._news.set()

    def fail(self, fault: Exception) -> None:
        """Nothing more will come."""
        self._fault = fault
        self._news.set()

    async def __aiter__(self) -> AsyncIterator[Event]:
        """Each event once, for ever."""
        while True:
            while self._waiting:
                yield self._waiting.popleft()
            if self._fault is not None:
                raise self._fault
            self._news.clear()
            await self._news.wait()
