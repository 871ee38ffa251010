"""How far the person has read, told until the server has acknowledged it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from tongwen_client.errors import Refused
from tongwen_client.store import Store
from tongwen_client.timing import Timing

Ask = Callable[[str, Mapping[str, Any]], Awaitable[Any]]


class Reading:
    """The marks that the server does not know yet; the store keeps them over restarts."""

    def __init__(self, *, ask: Ask, store: Store, timing: Timing) -> None:
        self._ask, self._store, self._timing = ask, store, timing
        self._news = asyncio.Event()

    def resume(self) -> None:
        """What an earlier run left in the store is told."""
        if self._store.marks():
            self._news.set()

    def note(self, conversation_id: int, seq: int) -> None:
        """The person has read up to the entry."""
        self._store.mark(conversation_id, seq)
        self._news.set()

    async def tell_for_ever(self) -> None:
        """The newest mark of each conversation is told, not more often than is allowed."""
        while True:
            await self._news.wait()
            self._news.clear()
            for conversation_id, seq in self._store.marks().items():
                await self._tell(conversation_id, seq)
            await asyncio.sleep(self._timing.read_every)

    async def _tell(self, conversation_id: int, seq: int) -> None:
        try:
            await self._ask("message.read", {"conversation_id": conversation_id, "seq": seq})
        except Refused as refused:
            if refused.passes:
                await asyncio.sleep(refused.retry_after or self._timing.spread(self._timing.pause))
                self._news.set()
                return
        self._store.unmark(conversation_id, seq)
