"""Django behind daphne: a request runs whole in one thread, its middleware and its view."""

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from config import pacing
from core.http import Pieces


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
        """The response, made in the thread of this request."""
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
