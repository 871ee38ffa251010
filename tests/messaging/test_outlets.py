"""The way out to one client, under any server: order, backpressure, what was missed."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from core.actor import system
from messaging import frames
from messaging.gateway import connection, outlets, sign_in
from org.queries import sessions


class Broken(outlets.Plain):
    """The way out by a server that we misjudge."""

    def flush(self) -> None:
        """There is none."""
        raise OSError("no way to it")


BIG = frames.wire(frames.frame("message.created", {"body": "x" * 20_000}))


class Server:
    """An ASGI server whose client reads only while it is told to."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.reading = asyncio.Event()
        self.stuck = asyncio.Event()
        self.outlet = outlets.Plain(self.send, self.stuck.set)

    async def send(self, message: dict[str, Any]) -> None:
        """Waits for the client, then keeps the message."""
        await self.reading.wait()
        self.sent.append(json.loads(message["text"]))

    def say(self, number: int, *, of: int = 7) -> bool:
        """Whether the frame with this number was taken."""
        return self.outlet.offer(frames.wire(frames.frame("n", number)), of, number)

    def stop_reading(self) -> None:
        """So much is written that the outlet is paused."""
        for _ in range(2):
            self.outlet.offer(BIG, 7, 1)
            self.outlet.flush()
        assert self.outlet.is_paused

    async def heard(self) -> list[object]:
        """The frames that came, big ones apart."""
        self.reading.set()
        await self.outlet.settle()
        return [(frame["type"], frame["data"]) for frame in self.sent if "body" not in str(frame)]


async def test_frames_arrive_one_by_one_in_their_order() -> None:
    server = Server()
    for number in range(5):
        assert server.say(number)
    assert await server.heard() == [("n", number) for number in range(5)]


async def test_what_was_said_in_one_turn_is_written_at_its_end() -> None:
    server = Server()
    server.reading.set()
    server.say(1)
    server.say(2)
    assert server.sent == []
    await _turns_until(lambda: len(server.sent) == 2)


async def test_while_messages_are_stored_what_is_due_waits_for_what_they_will_say(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outlets, "GATHERING_SECONDS", 3600.0)
    server = Server()
    server.reading.set()
    with server.outlet.storing():
        with server.outlet.storing():
            server.say(1)
        await asyncio.sleep(0.01)
        assert server.sent == []
        server.say(2)
    await _turns_until(lambda: len(server.sent) == 2)


async def test_nothing_waits_long_for_what_is_being_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlets, "GATHERING_SECONDS", 0.0)
    server = Server()
    server.reading.set()
    with server.outlet.storing():
        server.say(1)
        await _until(lambda: len(server.sent) == 1)
        server.say(2)
        await _until(lambda: len(server.sent) == 2)


async def test_more_than_half_of_the_limit_does_not_wait_for_the_end_of_the_turn() -> None:
    server = Server()
    server.outlet.offer(BIG, 7, 1)
    server.outlet.offer(BIG, 7, 2)
    assert server.outlet.is_paused
    assert not server.say(3)
    server.outlet.shut()


@pytest.mark.parametrize(
    ("missed", "hint"),
    [
        ([(7, 3)], {"conversation_id": 7, "last_seq": 3}),
        ([(7, 3), (7, 5), (7, 4)], {"conversation_id": 7, "last_seq": 5}),
        ([(7, 3), (8, 2)], {}),
        ([(0, 0)], {}),
        ([(7, 3), (0, 0)], {}),
    ],
)
async def test_one_hint_says_what_was_missed(
    missed: list[tuple[int, int]], hint: dict[str, int]
) -> None:
    server = Server()
    server.stop_reading()
    for conversation_id, number in missed:
        assert not server.say(number, of=conversation_id)
    await server.heard()
    await _turns_until(lambda: not server.outlet.is_paused)
    assert await server.heard() == [("sync.hint", hint)]


async def test_who_missed_nothing_is_told_nothing() -> None:
    server = Server()
    server.stop_reading()
    await server.heard()
    await _turns_until(lambda: not server.outlet.is_paused)
    assert await server.heard() == []


async def test_whoever_asks_for_more_waits_until_the_client_has_read() -> None:
    server = Server()
    server.stop_reading()
    waiting = asyncio.create_task(server.outlet.room())
    await asyncio.sleep(0)
    assert not waiting.done()
    server.reading.set()
    await waiting
    assert not server.outlet.is_paused


async def test_who_never_reads_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlets, "STUCK_SECONDS", 0.01)
    server = Server()
    server.stop_reading()
    async with asyncio.timeout(10):
        await server.stuck.wait()


async def test_who_never_reads_is_closed_with_4008(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlets, "STUCK_SECONDS", 0.01)
    closed: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "websocket.close":
            closed.set_result(message["code"])
        else:
            await asyncio.Event().wait()

    async def receive() -> dict[str, Any]:
        return await asyncio.Future()

    visitor = sign_in.Visitor(system("slow"), 1, sessions.Hold(1, "", None))
    socket = connection.Connection(visitor, receive, send)
    while socket.push(BIG, 7, 1):
        pass
    async with asyncio.timeout(10):
        assert await closed == 4008
    assert not socket.push(BIG, 7, 2)


async def test_who_reads_in_time_is_not_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlets, "STUCK_SECONDS", 3600.0)
    server = Server()
    server.stop_reading()
    timer = server.outlet._stuck
    assert timer is not None
    server.reading.set()
    await server.outlet.room()
    assert timer.cancelled()


async def test_once_shut_nothing_is_sent_any_more() -> None:
    server = Server()
    server.stop_reading()
    server.outlet.shut()
    assert not server.say(1)
    server.outlet.answer(frames.wire(frames.frame("n", 2)))
    assert await server.heard() == []
    await _turns_until(lambda: server.outlet._sending is None)
    assert len(server.sent) <= 1  # what the server had already been given


async def test_many_outlets_take_turns_with_the_rest_of_the_loop() -> None:
    servers = [Server() for _ in range(450)]
    turns: list[int] = []

    def count() -> None:
        turns.append(sum(1 for server in servers if server.outlet._waiting))
        if turns[-1]:
            asyncio.get_running_loop().call_soon(count)

    for server in servers:
        server.say(1)
    count()
    await _turns_until(lambda: not turns[-1])
    assert turns == [450, 250, 50, 0]
    for server in servers:
        await server.heard()


async def test_one_broken_way_out_silences_nobody_else() -> None:
    broken, other = Server(), Server()
    broken.outlet = Broken(broken.send, broken.stuck.set)
    for server in (broken, other):
        server.say(1)
    assert await other.heard() == [("n", 1)]
    other.say(2)
    assert await other.heard() == [("n", 1), ("n", 2)]


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 70_000])
def test_joined_frames_come_apart_as_they_were(size: int) -> None:
    text = frames.frame("n", "x" * size)
    joined = frames.wire(text) + frames.wire(b"{}") + frames.wire(text)
    assert list(frames.texts(joined)) == [text.decode(), "{}", text.decode()]


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110  # nobody would set an event: what went out is watched
            await asyncio.sleep(0.001)


async def _turns_until(is_so: Callable[[], bool]) -> None:
    while not is_so():  # noqa: ASYNC110  # nobody would set an event: the loop itself is watched
        await asyncio.sleep(0)
