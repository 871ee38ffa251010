"""Many sockets that listen, in a process of their own: what all servers of a bench are heard with.

It looks at bytes, not at frames: each message carries the moment it was sent and a mark, so the
same loop hears WebSockets, XMPP and long polls, and costs about 3 µs a delivery. Driving
`peers/limit.c` with it shows its own ceiling.
"""

import array
import base64
import multiprocessing
import os
import re
import selectors
import socket
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

MARK = b":bench;"
STAMP = 19
BODY = b"#" * (STAMP + len(MARK) + 8)
UNIQUE = b"#" * 4 + b"%" * 32
_TAIL = len(MARK) - 1
# As autobahn sends them; no text holds such a size, which is a control character.
_PING = re.compile(rb"\x89([\x00-\x1f])")
_IN_FLIGHT = 64
_PATIENCE = 150.0


def stamp() -> str:
    """What a message has to carry: when it was sent, and that it is one."""
    return f"{time.monotonic_ns():0{STAMP}d}{MARK.decode()}"


@dataclass(frozen=True)
class Door:
    """How one socket is opened: bytes to say in turn, each after its cue was heard."""

    port: int
    steps: Sequence[tuple[bytes, bytes]]
    """(say this, then wait for that)."""


@dataclass(frozen=True)
class Words:
    """The bytes of one message as a client sends it, with places for what differs."""

    template: bytes

    def of(self, number: int) -> bytes:
        body = f"{stamp()}@{number:06d}@".encode()
        made = self.template.replace(BODY, body)
        return made.replace(UNIQUE, str(uuid.uuid4()).encode())


@dataclass
class Heard:
    """What came since it was asked."""

    deliveries: int
    first: float
    last: float
    cpu: float
    bytes: int = 0
    delays: "array.array[float]" = field(default_factory=lambda: array.array("d"))


def upgrade(
    port: int, path: str, *, cookie: str = "", protocol: str = "", origin: str = ""
) -> bytes:
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        f"Origin: {origin or f'http://127.0.0.1:{port}'}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
        *([f"Sec-WebSocket-Protocol: {protocol}"] if protocol else []),
        *([f"Cookie: {cookie}"] if cookie else []),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def masked(text: bytes) -> bytes:
    """A client's frame; a mask of zeros is a mask."""
    size = len(text)
    head = bytes([0x81, 0x80 | size]) if size < 126 else b"\x81\xfe" + size.to_bytes(2, "big")
    return head + b"\0\0\0\0" + text


class Ears:
    """The parent's handle of the listening process."""

    def __init__(self, core: int | None = None) -> None:
        forks = multiprocessing.get_context("spawn")
        self._pipe, there = forks.Pipe()
        self._process = forks.Process(target=_listen, args=(there, core), daemon=True)
        self._process.start()

    def open(self, doors: Sequence[Door]) -> float:
        """All sockets are open and greeted; how many seconds that took."""
        return float(self._ask("open", doors))

    def expect(self, each: int) -> None:
        """Every socket will hear so many messages; `heard` tells once they have."""
        self._pipe.send(("hear", each))
        if self._pipe.recv() != "listening":
            raise RuntimeError("the ears are not open")

    def heard(self) -> Heard:
        answer = self._pipe.recv()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def talk(self, words: "Words", count: int) -> None:
        """So many messages are said over the sockets, each after the speaker's last was heard."""
        self._pipe.send(("talk", (words, count)))

    def talked(self) -> float:
        """When all is said and heard: how many seconds it took."""
        answer = self._pipe.recv()
        if isinstance(answer, Exception):
            raise answer
        return float(answer)

    def close(self) -> None:
        """All sockets are closed; the process stays."""
        self._ask("close", None)

    def end(self) -> None:
        self._process.kill()
        self._process.join(timeout=10)

    def _ask(self, word: str, value: Any) -> Any:
        self._pipe.send((word, value))
        answer = self._pipe.recv()
        if isinstance(answer, Exception):
            raise answer
        return answer


def _listen(pipe: Connection, core: int | None) -> None:
    if core is not None:
        os.sched_setaffinity(0, {core})
    room = _Room()
    while True:
        room.wait(pipe)
        word, value = pipe.recv()
        try:
            if word == "open":
                pipe.send(room.open(value))
            elif word == "hear":
                pipe.send("listening")
                pipe.send(room.hear(value))
            elif word == "talk":
                pipe.send(room.talk(*value))
            elif word == "close":
                room.close()
                pipe.send(None)
            else:
                return
        except Exception as fault:  # noqa: BLE001  # told to the parent, who raises it
            pipe.send(fault)


class _Room:
    def __init__(self) -> None:
        self._poll = selectors.EpollSelector()
        self._tails: dict[int, bytes] = {}
        self._sockets: dict[int, socket.socket] = {}

    def open(self, doors: Sequence[Door]) -> float:
        began, waiting = time.perf_counter(), list(reversed(doors))
        opening: dict[int, tuple[socket.socket, Door, int, bytes]] = {}
        deadline = time.monotonic() + _PATIENCE + len(doors) / 20
        while waiting or opening:
            while waiting and len(opening) < _IN_FLIGHT:
                door = waiting.pop()
                held = socket.create_connection(("127.0.0.1", door.port), timeout=30)
                held.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                held.sendall(door.steps[0][0])
                held.setblocking(False)
                opening[held.fileno()] = (held, door, 0, b"")
                self._poll.register(held.fileno(), selectors.EVENT_READ)
            for key, _ in self._poll.select(timeout=1):
                if key.fd in opening:
                    self._step(opening, key.fd)
                else:
                    self._take(key.fd)
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(waiting) + len(opening)} sockets did not open")
        return time.perf_counter() - began

    def _step(self, opening: dict[int, tuple[socket.socket, Door, int, bytes]], fd: int) -> None:
        held, door, step, so_far = opening[fd]
        part = held.recv(65536)
        if not part:
            raise ConnectionError(f"closed while opening: {so_far[-300:]!r}")
        so_far = (so_far + part)[-20_000:]
        if door.steps[step][1] not in so_far:
            opening[fd] = (held, door, step, so_far)
            return
        if step + 1 < len(door.steps):
            held.sendall(door.steps[step + 1][0])
            opening[fd] = (held, door, step + 1, b"")
            return
        del opening[fd]
        self._sockets[fd], self._tails[fd] = held, b""

    def wait(self, pipe: Connection) -> None:
        """Until something is asked; pings of open sockets are answered meanwhile."""
        self._poll.register(pipe.fileno(), selectors.EVENT_READ)
        try:
            while not pipe.poll(0):
                for key, _ in self._poll.select(timeout=1):
                    if key.fd in self._sockets:
                        self._take(key.fd)
        finally:
            self._poll.unregister(pipe.fileno())

    def _take(self, fd: int) -> None:
        part = self._sockets[fd].recv(1 << 18)
        if not part:
            raise ConnectionError("a waiting socket was closed")
        self._pong(fd, part)

    def _pong(self, fd: int, part: bytes) -> None:
        """Whoever does not echo a ping is taken for dead after half a minute."""
        if (ping := _PING.search(part)) is not None:
            size = ping[1][0]
            payload = part[ping.end() : ping.end() + size]
            self._sockets[fd].send(bytes([0x8A, 0x80 | len(payload)]) + b"\0\0\0\0" + payload)

    def hear(self, each: int) -> Heard:
        lacking = dict.fromkeys(self._sockets, each)
        open_fds, found, size = len(lacking), 0, 0
        delays: array.array[float] = array.array("d")
        first = last = 0.0
        began, deadline = time.process_time(), time.monotonic() + _PATIENCE
        while open_fds:
            for key, _ in self._poll.select(timeout=5):
                fd = key.fd
                part = self._sockets[fd].recv(1 << 18)
                now = time.monotonic_ns()
                if not part:
                    raise ConnectionError("a listening socket was closed")
                size += len(part)
                self._pong(fd, part)
                data = self._tails[fd] + part
                at, count = data.find(MARK), 0
                while at >= 0:
                    count += 1
                    if at >= STAMP and (sent := data[at - STAMP : at]).isdigit():
                        delays.append((now - int(sent)) / 1e9)
                    at = data.find(MARK, at + len(MARK))
                # Nothing that was counted may be counted again; a stamp cut in two is forgotten.
                self._tails[fd] = data[-_TAIL:]
                if count:
                    found += count
                    last = now / 1e9
                    first = first or last
                    lacking[fd] -= count
                    if lacking[fd] == 0:
                        open_fds -= 1
            if time.monotonic() > deadline:
                raise TimeoutError(f"{open_fds} sockets lack messages; {found} came")
        return Heard(found, first, last, time.process_time() - began, size, delays)

    def talk(self, words: Words, count: int) -> float:
        waiting = iter(range(count))
        awaited: dict[int, bytes] = {}
        tails = dict.fromkeys(self._sockets, b"")

        def say(fd: int) -> None:
            number = next(waiting, None)
            awaited.pop(fd, None)
            if number is not None:
                awaited[fd] = f"@{number:06d}@".encode()
                self._sockets[fd].send(words.of(number))

        began, deadline = time.monotonic(), time.monotonic() + _PATIENCE
        for fd in self._sockets:
            say(fd)
        while awaited:
            for key, _ in self._poll.select(timeout=5):
                part = self._sockets[key.fd].recv(1 << 18)
                if not part:
                    raise ConnectionError("a speaking socket was closed")
                self._pong(key.fd, part)
                data = tails[key.fd] + part
                tails[key.fd] = data[-8:]
                if key.fd in awaited and awaited[key.fd] in data:
                    say(key.fd)
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(awaited)} speakers never heard themselves")
        return time.monotonic() - began

    def close(self) -> None:
        for fd, held in self._sockets.items():
            self._poll.unregister(fd)
            held.close()
        self._sockets.clear()
        self._tails.clear()
