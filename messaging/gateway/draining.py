"""Being told to stop, under daphne.

daphne 4.2 means to cancel its sockets' tasks at shutdown, but fails with a KeyError as soon
as one socket was upgraded, so the gateway listens to Twisted's reactor itself.
"""

import asyncio
from collections.abc import Awaitable, Callable

from twisted.internet import reactor, tcp
from twisted.internet.defer import Deferred


def on_shutdown(act: Callable[[], Awaitable[None]]) -> None:
    """`act` runs when the process is told to stop, and the process waits for its end.

    From the same moment nobody is accepted any more.
    """

    def begin() -> "Deferred[None]":
        for reader in reactor.getReaders():  # type: ignore[misc]  # as below
            if isinstance(reader, tcp.Port):
                reader.stopListening()
        return Deferred.fromFuture(asyncio.ensure_future(act()))

    reactor.addSystemEventTrigger(
        "before",
        "shutdown",  # type: ignore[arg-type]  # zope's interface is read as if it had self
        begin,
    )
