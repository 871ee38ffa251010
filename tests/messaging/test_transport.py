"""The way of a frame to the socket under daphne, on real sockets and Twisted's own buffers."""

import socket
from collections.abc import Iterator
from functools import partial
from importlib.metadata import version
from typing import Any, cast

import pytest
from autobahn.websocket.protocol import WebSocketProtocol as Autobahn
from daphne.ws_protocol import WebSocketProtocol
from twisted.internet import tcp
from twisted.internet.protocol import Protocol

from messaging import frames
from messaging.gateway import outlets, transport

FRAME = frames.wire(frames.frame("message.created", {"body": "十点开会"}))
BIG = frames.wire(frames.frame("message.created", {"body": "x" * 20_000}))


class Idle:
    """A reactor that watches nothing."""

    def addWriter(self, _: object) -> None:  # noqa: N802  # Twisted's name
        """Nothing."""

    def removeWriter(self, _: object) -> None:  # noqa: N802  # Twisted's name
        """Nothing."""


class Line:
    """A connection of Twisted's with its other end, and an outlet on it."""

    def __init__(self) -> None:
        here, self.there = socket.socketpair()
        self.twisted: Any = tcp.Connection(here, cast(Any, Protocol()), cast(Any, Idle()))
        self.twisted.connected = 1
        self.protocol = WebSocketProtocol.__new__(WebSocketProtocol)
        self.protocol.transport = self.twisted
        self.protocol.state = Autobahn.STATE_OPEN
        self.stuck: list[str] = []

    def outlet(self) -> transport.Direct:
        """Frames for the other end."""
        return transport.Direct(self.protocol, lambda: self.stuck.append("stuck"))

    def fill(self, outlet: transport.Direct) -> bytes:
        """The client reads nothing until the outlet is paused; what was written to it."""
        written = b""
        for _ in range(400):
            if outlet.is_paused:
                return written
            outlet.offer(BIG, 7, 1)
            outlet.flush()
            written += BIG
        raise AssertionError("never paused")

    def read(self, size: int) -> bytes:
        """So many bytes, as the client gets them while it reads."""
        got = b""
        while len(got) < size:
            got += self.there.recv(size - len(got))
            if self.twisted.dataBuffer or self.twisted._tempDataBuffer:
                self.twisted.doWrite()
        return got

    def buffered(self) -> int:
        """The bytes that the process holds for the client."""
        return int(len(self.twisted.dataBuffer) + self.twisted._tempDataLen)

    def close(self) -> None:
        """Both ends are gone."""
        self.twisted.socket.close()
        self.there.close()


@pytest.fixture
def line() -> Iterator[Line]:
    """A fresh connection."""
    made = Line()
    yield made
    made.close()


@pytest.mark.parametrize("package", sorted(transport.WRITTEN_FOR))
def test_the_server_is_the_one_this_was_written_for(package: str) -> None:
    assert version(package) == transport.WRITTEN_FOR[package], "read messaging/gateway/transport.py"


def test_twisteds_connections_are_as_expected() -> None:
    assert transport.works()


def test_where_twisted_is_not_as_expected_frames_go_by_plain_asgi(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tcp.Connection, "write", lambda connection, data: None)
    assert not transport.works.__wrapped__()


async def test_a_frame_is_at_the_client_before_twisted_wakes_up(line: Line) -> None:
    outlet = line.outlet()
    assert outlet.offer(FRAME, 7, 1)
    outlet.flush()
    assert line.there.recv(1000) == FRAME
    assert line.buffered() == 0


async def test_a_frame_goes_behind_what_is_buffered_already(line: Line) -> None:
    outlet = line.outlet()
    line.twisted.write(b"handshake")
    outlet.answer(FRAME)
    outlet.flush()
    line.twisted.doWrite()
    assert line.there.recv(1000) == b"handshake" + FRAME


async def test_frames_of_one_turn_leave_together_and_in_order(line: Line) -> None:
    outlet = line.outlet()
    parts = [frames.wire(frames.frame("n", number)) for number in range(32)]
    for part in parts:
        outlet.offer(part, 7, 1)
    outlet.flush()
    assert line.there.recv(10_000) == b"".join(parts)


async def test_nothing_follows_a_closing_handshake(line: Line) -> None:
    outlet = line.outlet()
    line.protocol.state = Autobahn.STATE_CLOSING
    outlet.answer(FRAME)
    outlet.flush()
    line.there.setblocking(False)
    with pytest.raises(BlockingIOError):
        line.there.recv(1)


async def test_a_broken_connection_is_left_to_twisted(line: Line) -> None:
    outlet = line.outlet()
    line.there.close()
    outlet.answer(FRAME)
    outlet.flush()
    assert isinstance(line.twisted.doWrite(), Exception)


async def test_a_client_that_reads_nothing_is_held_at_most_64_kib(line: Line) -> None:
    outlet = line.outlet()
    line.fill(outlet)
    for seq in range(100):
        assert not outlet.offer(BIG, 7, seq)
        outlet.flush()
    assert line.buffered() <= outlets.BUFFERED_LIMIT
    outlet.shut()


async def test_whoever_reads_again_gets_what_was_written_then_one_hint(line: Line) -> None:
    outlet = line.outlet()
    written = line.fill(outlet)
    outlet.offer(FRAME, 7, 9)
    outlet.offer(FRAME, 7, 8)
    assert line.read(len(written)) == written
    outlet.flush()
    hint = frames.frame("sync.hint", {"conversation_id": 7, "last_seq": 9})
    assert line.there.recv(1000) == frames.wire(hint)
    assert outlet.offer(FRAME, 7, 10)
    outlet.shut()


async def test_an_answer_waits_for_its_turn_behind_a_full_buffer(line: Line) -> None:
    outlet = line.outlet()
    written = line.fill(outlet)
    outlet.answer(FRAME)
    outlet.flush()
    assert line.read(len(written) + len(FRAME)) == written + FRAME
    outlet.shut()


async def test_a_connection_that_is_to_be_lost_ends_once_the_client_has_read(line: Line) -> None:
    outlet = line.outlet()
    written = line.fill(outlet)
    line.twisted.disconnecting = 1
    assert line.read(len(written)) == written
    assert line.twisted.doWrite() is not None
    outlet.shut()


async def test_where_daphne_ends_tls_itself_frames_go_by_plain_asgi(line: Line) -> None:
    class Wrapped:
        """As Twisted's TLS: a transport that is no socket's."""

    line.protocol.transport = Wrapped()
    send = partial(_nothing, line.protocol)
    assert isinstance(transport.outlet(cast(outlets.Send, send), lambda: None), outlets.Plain)


async def test_any_other_server_is_spoken_to_in_asgi() -> None:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    for way in (send, partial(send), partial(send, {"type": "other"})):
        outlet = transport.outlet(cast(outlets.Send, way), lambda: None)
        assert isinstance(outlet, outlets.Plain)


async def _nothing(_: object, message: object) -> None:
    """Sends nothing."""
