"""Many sockets that come at once are entered together, as after a restart they all do."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from messaging.sockets import Socket


class Arrivals:
    """Whoever comes while others are being entered is entered with the next."""

    def __init__(self, enter: Callable[[Sequence[Socket]], Awaitable[None]]) -> None:
        self._enter = enter
        self._waiting: dict[Socket, asyncio.Future[None]] = {}
        self._entering: asyncio.Task[None] | None = None

    async def take(self, socket: Socket) -> None:
        """The socket has been entered; raises what entering it raised."""
        entered = self._waiting[socket] = asyncio.get_running_loop().create_future()
        if self._entering is None:
            self._entering = asyncio.ensure_future(self._work())
        try:
            await entered
        finally:
            self._waiting.pop(socket, None)

    async def _work(self) -> None:
        try:
            while self._waiting:
                together, self._waiting = self._waiting, {}
                await self._enter_all(together)
        finally:
            self._entering = None

    async def _enter_all(self, together: dict[Socket, "asyncio.Future[None]"]) -> None:
        newcomers = [socket for socket, entered in together.items() if not entered.done()]
        [fault] = await asyncio.gather(self._enter(newcomers), return_exceptions=True)
        for entered in together.values():
            if entered.done():
                continue
            if fault is None:
                entered.set_result(None)
            else:
                entered.set_exception(fault)
