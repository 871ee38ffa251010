"""Comparing with where the server says that each conversation stands."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any

from tongwen_client.errors import Refused
from tongwen_client.timing import Timing

Head = Mapping[str, Any]


class Comparing:
    """One comparing at a time; for all hints that come meanwhile there is one more after it."""

    def __init__(
        self,
        *,
        heads: Callable[[], Awaitable[Sequence[Head]]],
        reaches: Callable[[Head], None],
        timing: Timing,
        begin: Callable[[Coroutine[Any, Any, None]], "asyncio.Task[None]"],
    ) -> None:
        self._heads, self._reaches, self._timing, self._begin = heads, reaches, timing, begin
        self._task: asyncio.Task[None] | None = None
        self._may_lack = False

    async def end_of(self, conversation_id: int) -> int:
        """How far the conversation's log goes; 0 where there is none for the person."""
        for head in await self._heads():
            if head["conversation_id"] == conversation_id:
                return int(head["last_seq"])
        return 0

    def within(self, wait: float) -> None:
        """Every log hears after so many seconds how far it goes."""
        self._may_lack = True
        if self._task is None or self._task.done():
            self._task = self._begin(self._compare(wait))

    async def _compare(self, wait: float) -> None:
        while self._may_lack:
            await asyncio.sleep(wait)
            self._may_lack = False
            try:
                for head in await self._heads():
                    self._reaches(head)
            except Refused as refused:
                wait = refused.retry_after or self._timing.spread(self._timing.pause)
                self._may_lack = True
            else:
                wait = self._timing.spread(self._timing.gap)
