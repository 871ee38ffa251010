"""What many ask for at once is done together, as after a restart all sockets come at once."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Together(Generic[K, V]):
    """Whoever comes while the work is done for others is in the next round of it.

    One who comes alone is served alone, and at once. Where rounds are to begin at least `every`
    so many seconds, whoever comes too early for hers waits for its time, or until it is hurried.
    """

    def __init__(
        self,
        work: Callable[[Sequence[K]], Awaitable[Mapping[K, V] | None]],
        *,
        every: float = 0.0,
    ) -> None:
        self._work = work
        self._every = every
        self._next = float("-inf")
        self._hurried = asyncio.Event()
        self._waiting: list[tuple[K, asyncio.Future[V | None]]] = []
        self._working: asyncio.Task[None] | None = None

    async def take(self, one: K) -> V | None:
        """What the work has for this one; raises what the round raised that this one was in."""
        answer: asyncio.Future[V | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((one, answer))
        if self._working is None:
            self._working = asyncio.ensure_future(self._work_off())
        return await answer

    def hurry(self) -> None:
        """The next round does not wait for its time, if somebody waits for it."""
        if self._waiting:
            self._hurried.set()

    async def finish(self) -> None:
        """All that was asked for is done; from now on no round waits for its time."""
        self._every, self._next = 0.0, float("-inf")
        self.hurry()
        while self._working is not None:
            await asyncio.wait([self._working])

    async def _work_off(self) -> None:
        try:
            while self._waiting:
                await self._turn()
                together, self._waiting = self._waiting, []
                # Whoever has gone meanwhile is left out.
                await self._do([pair for pair in together if not pair[1].done()])
        finally:
            self._working = None

    async def _turn(self) -> None:
        loop = asyncio.get_running_loop()
        early = self._next - loop.time()
        if early > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(early):
                    await self._hurried.wait()
        self._hurried.clear()
        self._next = loop.time() + self._every

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
