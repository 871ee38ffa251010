"""What many ask for at once is done together, as after a restart all sockets come at once."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Together(Generic[K, V]):
    """Whoever comes while the work is done for others is in the next round of it.

    Nobody waits for company: one who comes alone is served alone, and at once.
    """

    def __init__(self, work: Callable[[Sequence[K]], Awaitable[Mapping[K, V] | None]]) -> None:
        self._work = work
        self._waiting: list[tuple[K, asyncio.Future[V | None]]] = []
        self._working: asyncio.Task[None] | None = None

    async def take(self, one: K) -> V | None:
        """What the work has for this one; raises what the round raised that this one was in."""
        answer: asyncio.Future[V | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((one, answer))
        if self._working is None:
            self._working = asyncio.ensure_future(self._work_off())
        return await answer

    async def _work_off(self) -> None:
        try:
            while self._waiting:
                together, self._waiting = self._waiting, []
                # Whoever has gone meanwhile is left out.
                await self._do([pair for pair in together if not pair[1].done()])
        finally:
            self._working = None

    async def _do(self, together: Sequence[tuple[K, "asyncio.Future[V | None]"]]) -> None:
        if not together:
            return
        [found] = await asyncio.gather(
            self._work([one for one, _ in together]), return_exceptions=True
        )
        for one, answer in together:
            if answer.done():
                continue
            if isinstance(found, BaseException):
                answer.set_exception(found)
            else:
                answer.set_result(found.get(one) if found else None)
