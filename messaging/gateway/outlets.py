"""The way out to one client: what a turn of the loop has for it leaves as one write.

A client that does not read is not buffered for: above 64 KiB its outlet is paused, what it misses
is remembered, and once it has read again one `sync.hint` says what to compare.
"""

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache
from typing import Any, Final

import structlog

from messaging import frames, sockets

Send = Callable[[dict[str, Any]], Awaitable[None]]

BUFFERED_LIMIT: Final = 64 * 1024
WAITING_LIMIT: Final = BUFFERED_LIMIT // 2
"""Half of it may wait for the end of the turn, half for the client."""
STUCK_SECONDS: Final = 30.0
GATHERING_SECONDS: Final = 0.005

log = structlog.get_logger(__name__)


class Mail:
    """The outlets that have something to write: all of them do at the end of the loop's turn.

    While messages are being stored in this process, what is due waits a moment for what they will
    say: frames that leave in one write cost a fraction of as many writes.
    """

    __slots__ = ("_gathering", "_loop", "_storing", "due")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._storing = 0
        self._gathering: asyncio.TimerHandle | None = None
        self.due: deque[Outlet] = deque()

    def wake(self) -> None:
        """What is due is written after everything else that is ready to run now, or soon."""
        if self._storing:
            self._gathering = self._loop.call_later(GATHERING_SECONDS, self._round)
        else:
            self._loop.call_soon(self._round)

    @contextmanager
    def storing(self) -> Iterator[None]:
        """A message is being stored."""
        self._storing += 1
        try:
            yield
        finally:
            self._storing -= 1
            if not self._storing and self._gathering is not None:
                self._gathering.cancel()
                self._gathering = None
                self._loop.call_soon(self._round)

    def _round(self) -> None:
        """Under daphne a write never yields to the loop: after so many the round does."""
        self._gathering = None
        due = self.due
        try:
            for _ in range(min(sockets.CHUNK, len(due))):
                due.popleft().flush()
        except Exception:  # one broken way out, of a server we only know from outside
            log.exception("a socket was not written to")
        if due:
            self._loop.call_soon(self._round)


_mail_of: Final = lru_cache(maxsize=1)(Mail)
"""A process has one loop."""


class Outlet(ABC):
    """Frames in their order, answers and what comes from the hub alike.

    `offer` and `flush` are run for every delivery: what they do, they do without calling.
    """

    __slots__ = (
        "_mail", "_missed", "_on_stuck", "_room", "_size", "_stuck", "_waiting",
        "is_paused", "is_shut",
    )  # fmt: skip

    def __init__(self, on_stuck: Callable[[], None]) -> None:
        self.is_paused = False
        """Whether nothing is to be offered: the client does not read, or is gone."""
        self.is_shut = False
        self._mail = _mail_of(asyncio.get_running_loop())
        self._on_stuck = on_stuck
        self._waiting: list[bytes] = []
        self._size = 0
        self._missed: dict[int, int] | None = None
        """Conversation → the newest entry it missed; the key 0 stands for anything else."""
        self._stuck: asyncio.TimerHandle | None = None
        self._room: asyncio.Future[None] | None = None

    def offer(self, wire: bytes, conversation_id: int = 0, seq: int = 0) -> bool:
        """Whether the frame leaves; where not, its conversation will be named in a hint."""
        if self.is_paused:
            self._miss(conversation_id, seq)
            return False
        waiting = self._waiting
        if not waiting:
            mail = self._mail
            if not mail.due:
                mail.wake()
            mail.due.append(self)
        waiting.append(wire)
        self._size += len(wire)
        if self._size > WAITING_LIMIT:
            self.flush()
        return True

    def answer(self, wire: bytes) -> None:
        """The frame leaves, however slowly: the client has asked for it."""
        if self.is_shut:
            return
        if not self._waiting:
            if not self._mail.due:
                self._mail.wake()
            self._mail.due.append(self)
        self._waiting.append(wire)
        self._size += len(wire)
        if self._size > WAITING_LIMIT:
            self.flush()

    @abstractmethod
    def flush(self) -> None:
        """What waits is written now."""

    def storing(self) -> AbstractContextManager[None]:
        """While it lasts a message is being stored, of which many will have to be told."""
        return self._mail.storing()

    async def settle(self) -> None:
        """What waits is written; an ordinary send that follows does not overtake it."""
        self.flush()

    async def room(self) -> None:
        """The client has read what it was sent; whoever asks for more waits for that."""
        while self.is_paused and not self.is_shut:
            if self._room is None:
                self._room = asyncio.get_running_loop().create_future()
            await asyncio.shield(self._room)

    def pause(self) -> None:
        """Too much is buffered: nothing but answers is written, and not for ever."""
        if not self.is_paused:
            self.is_paused = True
            self._stuck = asyncio.get_running_loop().call_later(STUCK_SECONDS, self._on_stuck)

    def resume(self) -> None:
        """All has been read: the client is told once what it missed."""
        if self.is_shut:
            return
        self.is_paused = False
        self._stop_waiting()
        missed, self._missed = self._missed, None
        if missed:
            self.answer(frames.wire(frames.frame("sync.hint", _hint(missed))))

    def shut(self) -> None:
        """Nothing is written any more, and nothing waited for."""
        self.is_paused = self.is_shut = True
        self._waiting.clear()
        self._stop_waiting()

    def _stop_waiting(self) -> None:
        if self._stuck is not None:
            self._stuck.cancel()
            self._stuck = None
        if self._room is not None and not self._room.done():
            self._room.set_result(None)
        self._room = None

    def _miss(self, conversation_id: int, seq: int) -> None:
        missed = self._missed = self._missed or {}
        missed[conversation_id] = max(missed.get(conversation_id, 0), seq)

    def _take(self) -> bytes:
        waiting = self._waiting
        whole = waiting[0] if len(waiting) == 1 else b"".join(waiting)
        waiting.clear()
        self._size = 0
        return whole


class Plain(Outlet):
    """Under any server: one ASGI message a frame, its backpressure what `send` waits for."""

    __slots__ = ("_buffered", "_queue", "_send", "_sending")

    def __init__(self, send: Send, on_stuck: Callable[[], None]) -> None:
        super().__init__(on_stuck)
        self._send = send
        self._queue: deque[str] = deque()
        self._buffered = 0
        self._sending: asyncio.Task[None] | None = None

    def shut(self) -> None:
        """Nothing is sent any more, not even what waits for the client to read."""
        super().shut()
        self._queue.clear()

    async def settle(self) -> None:
        """What waits has been handed to the server; for a client that does not read, at once."""
        self.flush()
        if self._sending is not None and not self.is_paused:
            await asyncio.shield(self._sending)

    def flush(self) -> None:
        """What waits is queued for the server."""
        wire = self._take()
        if not wire:
            return
        self._queue.extend(frames.texts(wire))
        self._buffered += len(wire)
        if self._buffered > WAITING_LIMIT:
            self.pause()
        if self._sending is None:
            self._sending = asyncio.ensure_future(self._pump())

    async def _pump(self) -> None:
        try:
            while self._queue:
                await self._send({"type": "websocket.send", "text": self._queue.popleft()})
        finally:
            self._sending = None
            self._buffered = 0
            if self.is_paused:
                self.resume()


def _hint(missed: dict[int, int]) -> dict[str, int]:
    if len(missed) == 1 and 0 not in missed:
        [(conversation_id, last_seq)] = missed.items()
        return {"conversation_id": conversation_id, "last_seq": last_seq}
    return {}
