"""Sends a body no faster than its client takes it.

daphne never pushes back: whatever is sent waits in its memory until the client has read it.
Twisted's requests do push back, to whoever registers with them as the producer (written for
daphne 4.2; tests/messaging/test_downloads.py holds it to that against a real server).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final

import structlog
from daphne.http_protocol import WebRequest

log = structlog.get_logger(__name__)

PATIENCE: Final = 60.0
"""Seconds for a client to read what waits, some 100 KB; then its connection goes."""

Send = Callable[[Mapping[str, Any]], Awaitable[None]]


class TooSlow(Exception):
    """The client has read nothing for as long as it is waited for."""


@asynccontextmanager
async def paced(send: Send) -> AsyncIterator[Send]:
    """A `send` that waits while the client has not read what was sent before.

    A body that cannot be finished ends with its connection, so that nobody takes it for whole. That
    a client does not read is no fault of ours: the body ends there, and nothing is raised.
    """
    request = send.args[0] if isinstance(send, partial) and send.args else None
    if not isinstance(request, WebRequest) or _channel(request) is None:
        yield send
        return
    reader = _Reader()
    request.registerProducer(reader, streaming=True)

    async def send_paced(message: Mapping[str, Any]) -> None:
        try:
            await asyncio.wait_for(reader.reads.wait(), PATIENCE)
        except TimeoutError:
            raise TooSlow from None
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            _let_go(request)
        await send(message)

    try:
        yield send_paced
    except TooSlow:
        log.info("client reads nothing, its connection is cut", seconds=PATIENCE)
        _cut(request)
    except Exception:
        _cut(request)
        raise
    finally:
        _let_go(request)


def _let_go(request: Any) -> None:
    if _channel(request) is not None and request.producer is not None:
        request.unregisterProducer()


def _cut(request: Any) -> None:
    if (channel := _channel(request)) is not None:
        channel.transport.abortConnection()


def _channel(request: Any) -> Any:
    """The connection; None once it is lost. Twisted deletes it from a request that is done."""
    return getattr(request, "channel", None)


class _Reader:
    """Knows whether the client reads; the names are Twisted's."""

    def __init__(self) -> None:
        self.reads = asyncio.Event()
        self.reads.set()

    def pauseProducing(self) -> None:  # noqa: N802  # Twisted's name
        """The buffer is full."""
        self.reads.clear()

    def resumeProducing(self) -> None:  # noqa: N802  # Twisted's name
        """The buffer is empty."""
        self.reads.set()

    def stopProducing(self) -> None:  # noqa: N802  # Twisted's name
        """The connection is lost; what is sent now goes nowhere."""
        self.reads.set()
