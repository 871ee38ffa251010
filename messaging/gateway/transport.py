"""The one file that knows daphne: finished frames go straight to its sockets.

daphne's own way (ASGI message, autobahn's framing, Twisted's deferred write) costs 50 µs a frame,
and it never pushes back. Here the frame's bytes, the same for every socket, go to the kernel at
once if nothing is buffered, and through Twisted's buffer if something is; so they never overtake
what daphne itself writes: pings, the closing handshake, answers to the handshake.

That touches attributes nobody promised. So it is tried once when the process starts, and each
socket is looked at; where either does not fit, frames are sent by plain ASGI. It needs TLS to be
ended in front: Twisted's TLS has another transport, which does not fit.
"""

import socket
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any, Final, Protocol, cast

import structlog
from autobahn.websocket.protocol import WebSocketProtocol as Autobahn
from daphne.ws_protocol import WebSocketProtocol
from twisted.internet import tcp
from twisted.internet.protocol import Protocol as Hearer

from messaging.gateway import outlets
from messaging.gateway.outlets import Outlet

WRITTEN_FOR: Final = {"daphne": "4.2.3", "autobahn": "26.10.2", "twisted": "26.10.0"}
"""With other versions the tests fail, so that somebody reads this file again."""

_OPEN: Final = Autobahn.STATE_OPEN

log = structlog.get_logger(__name__)


class Connection(Protocol):
    """What is used of Twisted's; the names with a capital inside are Twisted's."""

    connected: int
    disconnecting: int
    dataBuffer: bytes  # noqa: N815
    _tempDataBuffer: list[bytes]  # noqa: N815
    bufferSize: int  # noqa: N815
    socket: socket.socket

    def write(self, data: bytes) -> None:
        """Through the buffer."""

    def doWrite(self) -> None:  # noqa: N802
        """Writes from the buffer to the kernel; otherwise the reactor calls it."""

    def registerProducer(self, producer: object, streaming: bool) -> None:  # noqa: N802
        """The producer is told when the buffer is full and when it is empty."""

    def unregisterProducer(self) -> None:  # noqa: N802
        """Nobody is told."""


def outlet(send: outlets.Send, on_stuck: Callable[[], None]) -> Outlet:
    """The fastest way out that fits the server behind `send`; to be asked for after accepting."""
    protocol = _daphnes(send)
    if protocol is not None and works():
        return Direct(protocol, on_stuck)
    return outlets.Plain(send, on_stuck)


class Direct(Outlet):
    """Under daphne: Twisted says when a client does not read, and when it has."""

    __slots__ = ("_protocol", "_to_kernel", "_transport")

    def __init__(self, protocol: WebSocketProtocol, on_stuck: Callable[[], None]) -> None:
        super().__init__(on_stuck)
        self._protocol = protocol
        self._transport: Connection = protocol.transport
        transport = self._transport
        self._to_kernel = transport.socket.send
        # Until here daphne's HTTP channel, which the socket no longer needs, was told.
        transport.unregisterProducer()
        # As much is read at a time, too.
        transport.bufferSize = outlets.BUFFERED_LIMIT - outlets.WAITING_LIMIT
        transport.registerProducer(self, streaming=True)

    def pauseProducing(self) -> None:  # noqa: N802  # Twisted's name
        """Twisted's buffer is full."""
        self.pause()

    def resumeProducing(self) -> None:  # noqa: N802  # Twisted's name
        """Twisted's buffer is empty."""
        transport = self._transport
        if transport.disconnecting:
            # Only without a producer does Twisted end a connection that was to be lost.
            transport.unregisterProducer()
        self.resume()

    def stopProducing(self) -> None:  # noqa: N802  # Twisted's name
        """The connection is lost."""
        self.shut()

    def flush(self) -> None:
        """What waits is at the kernel, or in Twisted's buffer."""
        waiting = self._waiting
        # A closing handshake has begun, from whichever side: nothing may follow it.
        if waiting and self._protocol.state == _OPEN:
            wire = waiting[0] if len(waiting) == 1 else b"".join(waiting)
            write(self._transport, self._to_kernel, wire)
        waiting.clear()
        self._size = 0


def write(transport: Connection, to_kernel: Callable[[bytes], int], wire: bytes) -> None:
    """The kernel has the bytes, or Twisted's buffer has what the kernel does not take."""
    if transport.dataBuffer or transport._tempDataBuffer:
        transport.write(wire)
        return
    try:
        sent = to_kernel(wire)
    except OSError:
        # Full, or broken: Twisted finds out which of them.
        sent = 0
    if sent < len(wire):
        transport.write(wire[sent:])


@lru_cache(maxsize=1)
def works() -> bool:
    """Whether Twisted's connections are as this file takes them to be; tried once."""
    try:
        _try_out()
    except Exception:  # whatever has changed there, the plain way stays open
        log.exception("frames go by plain ASGI: the server is not as expected")
        return False
    log.info("frames go straight to the sockets")
    return True


def _daphnes(send: outlets.Send) -> WebSocketProtocol | None:
    """The open connection behind daphne's `send`, if it is of the expected make."""
    protocol = send.args[0] if isinstance(send, partial) and send.args else None
    if not isinstance(protocol, WebSocketProtocol):
        return None
    plain = (
        type(protocol.transport) is tcp.Server
        and protocol.state == _OPEN
        and protocol.send_state == Autobahn.SEND_STATE_GROUND
        and protocol._perMessageCompress is None
        and not protocol.send_queue
    )
    return protocol if plain else None


def _try_out() -> None:
    """What goes in comes out, in order, and a full buffer is told of, and an empty one."""
    here, there = socket.socketpair()
    with there:
        idle = cast(Any, _Idle())
        connection = cast(Connection, tcp.Connection(here, cast(Any, Hearer()), idle))
        connection.connected = 1
        told = _Told()
        connection.registerProducer(told, streaming=True)
        wanted, received = bytearray(), bytearray()
        for number in range(256):
            if told.heard:
                break
            wanted += (part := bytes([number]) * 16_384)
            write(connection, connection.socket.send, part)
        _require(told.heard == ["pause"], "a full buffer is told of")
        write(connection, connection.socket.send, b"end")
        wanted += b"end"
        while len(received) < len(wanted):
            received += there.recv(65_536)
            if connection.dataBuffer or connection._tempDataBuffer:
                connection.doWrite()
        _require(received == wanted, "what goes in comes out")
        _require(told.heard == ["pause", "resume"], "an empty buffer is told of")
        connection.unregisterProducer()
        here.close()


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise RuntimeError(f"not so: {what}")


class _Idle:
    """A reactor that watches nothing: the trial writes by hand."""

    def addWriter(self, _: object) -> None:  # noqa: N802  # Twisted's name
        """Nothing is watched."""

    def removeWriter(self, _: object) -> None:  # noqa: N802  # Twisted's name
        """Nothing was watched."""


class _Told:
    """Keeps what Twisted tells a producer."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def pauseProducing(self) -> None:  # noqa: N802  # Twisted's name
        """Keeps it; Twisted repeats itself with every write."""
        if self.heard[-1:] != ["pause"]:
            self.heard.append("pause")

    def resumeProducing(self) -> None:  # noqa: N802  # Twisted's name
        """Keeps it."""
        self.heard.append("resume")

    def stopProducing(self) -> None:  # noqa: N802  # Twisted's name
        """Keeps it."""
        self.heard.append("stop")
