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
from core.http import Pieces
from messaging import threads

_WITHOUT_POOL: Final = 32
_AT_LEAST: Final = 4


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
        """
        async with _room(asyncio.get_running_loop()):
            return await sync_to_async(self.get_response, thread_sensitive=True)(request)

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

    The others wait for their turn, and not in a thread.
    """
    if not settings.DATABASE_POOL_SIZE:
        return _WITHOUT_POOL
    return max(_AT_LEAST, settings.DATABASE_POOL_SIZE - threads.SIZE - threads.LOOKING)


@lru_cache(maxsize=1)
def _room(_: asyncio.AbstractEventLoop) -> asyncio.Semaphore:
    """A process has one loop."""
    return asyncio.Semaphore(at_once())
