"""Django behind daphne: a request runs whole in one thread, its middleware and its view."""

import asyncio
from functools import lru_cache
from typing import Final

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from config import pacing
from core import errors
from core.http import Pieces, problem
from messaging import threads

WAITING_AT_MOST: Final = 500
"""Some seconds of work: whoever came later would only be answered when she has given up."""
RETRY_SECONDS: Final = 2
_WITHOUT_POOL: Final = 32
_AT_LEAST: Final = 4
_UNHINDERED: Final = frozenset({"/healthz"})
"""It asks nothing of the database."""


class Handler(ASGIHandler):
    """All our middleware and views are synchronous, so nothing is adapted between them.

    Django's own handler goes back to the loop for the view, and when the client has gone meanwhile
    nobody tells the thread that waits for it: a thread and a database connection were lost with
    each such request, and the process could not end.
    """

    def load_middleware(self, is_async: bool = False) -> None:
        """The chain is synchronous whatever is asked for."""
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        """The response, made in the thread of this request, once there is room for it.

        More requests than connections would only take them from the sockets, and give up waiting.
        Whoever watches whether the process is up is answered all the same, and where too many
        wait already the others are sent back.
        """
        if request.path in _UNHINDERED:
            return await sync_to_async(self.get_response, thread_sensitive=True)(request)
        places = _places_of(asyncio.get_running_loop())
        try:
            await places.take()
        except errors.Unavailable as refusal:
            return _sent_back(refusal)
        work = asyncio.ensure_future(
            sync_to_async(self.get_response, thread_sensitive=True)(request)
        )
        work.add_done_callback(places.leave)
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            # The client has gone, but the thread works on: until it ends it keeps its place.
            work.add_done_callback(_close_unsent)
            raise

    async def send_response(self, response: HttpResponseBase, send: pacing.Send) -> None:
        """A body that is made piece by piece waits for its client; others go at once."""
        if not isinstance(response, Pieces):
            await super().send_response(response, send)
            return
        try:
            async with pacing.paced(send) as send_paced:
                await super().send_response(response, send_paced)
        except Exception:
            # Django closes only what it could send: what this response holds is free for others.
            await sync_to_async(response.close, thread_sensitive=True)()
            raise


def at_once() -> int:
    """How many requests a process works on: as many as the sockets leave connections of the pool.

    The others wait for their turn, and not in a thread. A pool of less than twelve is shared.
    """
    if not settings.DATABASE_POOL_SIZE:
        return _WITHOUT_POOL
    return max(_AT_LEAST, settings.DATABASE_POOL_SIZE - threads.SIZE - threads.LOOKING)


class Places:
    """Room for so many requests; some more wait for it, in the order of their coming."""

    def __init__(self, size: int, waiting_at_most: int) -> None:
        self._free = asyncio.Semaphore(size)
        self._left = waiting_at_most

    async def take(self) -> None:
        """One place is taken; Busy where too many wait."""
        if self._left <= 0:
            raise errors.Unavailable
        self._left -= 1
        try:
            await self._free.acquire()
        finally:
            self._left += 1

    def leave(self, _: object = None) -> None:
        """One place is free."""
        self._free.release()


@lru_cache(maxsize=1)
def _places_of(_: asyncio.AbstractEventLoop) -> Places:
    """A process has one loop."""
    return Places(at_once(), WAITING_AT_MOST)


def _sent_back(refusal: errors.Unavailable) -> HttpResponseBase:
    response = problem(refusal)
    response["Retry-After"] = str(RETRY_SECONDS)
    return response


def _close_unsent(work: "asyncio.Future[HttpResponseBase]") -> None:
    """What a response holds, a file or somebody's share of downloads, is free for others."""
    if not work.cancelled() and work.exception() is None:
        work.result().close()
