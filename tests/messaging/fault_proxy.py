"""A TCP proxy that treats its clients badly, by a seeded schedule, and can be told to stop.

It knows HTTP and WebSocket just so far that it can repeat, hold back and swap whole frames, lose an
answer after its request has arrived, and cut in the middle of a frame. It runs in a thread of its
own, so that a synchronous test (Playwright's) may stand before it as well.
"""

import asyncio
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

_HEAD_LIMIT: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Faults:
    """How often what happens: shares of frames and lives in frames, so that no clock decides."""

    doubled: float = 0.0
    """Frames, of either side, that come twice."""
    swapped: float = 0.0
    """Frames of the server that come after the next one."""
    delayed: float = 0.0
    """Frames of either side that come late, and with them all behind them."""
    delay: float = 0.05
    life: tuple[int, int] | None = None
    """How many frames a socket passes before one of `ends` comes over it; None: any number."""
    ends: tuple[str, ...] = ("cut", "tear", "half_open", "hole")
    lost_answers: float = 0.0
    """HTTP requests that reach the server, but whose answers reach nobody."""
    blocked_sockets: bool = False
    """Whether upgrades are refused, as by a proxy that knows only HTTP."""
    pieces: int = 0
    """Bytes are passed on by so many at a time; 0: as they come."""


WHOLE: Final = Faults()
"""A network that does what it should."""


@dataclass(slots=True)
class Tally:
    """What was done, so that a test can tell that it tested something."""

    connections: int = 0
    sockets: int = 0
    done: dict[str, int] = field(default_factory=dict)

    def note(self, what: str) -> None:
        self.done[what] = self.done.get(what, 0) + 1


class FaultProxy:
    """Listens on a port of its own and passes everything on to the target's."""

    def __init__(self, target: int, *, faults: Faults, seed: int, port: int = 0) -> None:
        self.faults = faults
        self.tally = Tally()
        self.port = port
        self._target = target
        self._random = random.Random(seed)  # noqa: S311  # a schedule that can be repeated
        self._pairs: set[_Pair] = set()
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """Where clients come to."""
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """The port is open."""
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", self.port, limit=_HEAD_LIMIT
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """The port is closed and every connection cut."""
        if self._server is not None:
            self._server.close()
        self.cut()
        await asyncio.sleep(0)

    def cut(self) -> None:
        """Every connection is reset."""
        for pair in list(self._pairs):
            pair.end("cut")

    def misbehave(self, faults: Faults) -> None:
        """These faults from now on, for connections that are open already as well."""
        self.faults = faults
        for pair in self._pairs:
            pair.arm()

    def heal(self, *, still: Faults = WHOLE) -> None:
        """No more faults but these; connections that hang are cut, as a network come back does."""
        self.faults = still
        for pair in list(self._pairs):
            if pair.is_silent:
                pair.end("cut")

    def chance(self, share: float) -> bool:
        """The schedule's next decision."""
        return share > 0 and self._random.random() < share

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.tally.connections += 1
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        pair = _Pair(self, (reader, writer), (there, back))
        self._pairs.add(pair)
        try:
            await pair.serve()
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # one side has gone
        finally:
            self._pairs.discard(pair)
            pair.abort()

    def life(self) -> int | None:
        """How many frames a socket may pass."""
        return self._random.randint(*self.faults.life) if self.faults.life else None

    def choose_end(self) -> str:
        """How a connection ends."""
        return self._random.choice(self.faults.ends)


Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class _Pair:
    """One client's connection and the one to the server that belongs to it."""

    def __init__(self, proxy: FaultProxy, client: Streams, server: Streams) -> None:
        self._proxy = proxy
        self._client, self._server = client, server
        self.is_silent = False
        """Whether nothing is passed on any more, though nobody was told."""
        self._tears = False
        self._is_socket = False
        self._left: int | None = None

    async def serve(self) -> None:
        """Passes everything on until either side has gone."""
        while True:
            head = await self._client[0].readuntil(b"\r\n\r\n")
            if b"upgrade: websocket" in head.lower():
                await self._upgrade(head)
                return
            if not await self._request(head):
                return

    def end(self, how: str) -> None:
        """The connection ends so, or no longer says anything."""
        self._proxy.tally.note(how)
        if how == "cut":
            self.abort()
        elif how == "tear":
            self._tears = True  # in the middle of the next frame
        elif how == "half_open":
            self.is_silent = True
            self._server[1].transport.abort()
        else:
            self.is_silent = True

    def arm(self) -> None:
        """A socket's life is limited from now on."""
        if self._is_socket and self._left is None:
            self._left = self._proxy.life()

    def _live(self) -> None:
        """One frame more has passed."""
        if self._left is None or self._proxy.faults.life is None:
            return
        self._left -= 1
        if self._left == 0:
            self.end(self._proxy.choose_end())

    def abort(self) -> None:
        """Both connections are reset."""
        for _, writer in (self._client, self._server):
            writer.transport.abort()

    # ── HTTP ───────────────────────────────────────────────────────────────────────────────

    async def _request(self, head: bytes) -> bool:
        """Passes one request and its answer on; whether the connection goes on."""
        body = await self._client[0].readexactly(_length(head))
        await self._write(self._server[1], head + body)
        answer = await self._server[0].readuntil(b"\r\n\r\n")
        content = await self._content(answer)
        if self._proxy.chance(self._proxy.faults.lost_answers):
            self._proxy.tally.note("lost_answer")
            return False
        if self._proxy.chance(self._proxy.faults.delayed):
            await asyncio.sleep(self._proxy.faults.delay)
        await self._write(self._client[1], answer + content)
        return b"connection: close" not in answer.lower()

    async def _content(self, head: bytes) -> bytes:
        status = head.split(b" ", 2)[1]
        if status in {b"204", b"304"}:
            return b""
        if b"transfer-encoding: chunked" not in head.lower():
            return await self._server[0].readexactly(_length(head))
        whole = b""
        while True:
            line = await self._server[0].readuntil(b"\r\n")
            whole += line + await self._server[0].readexactly(int(line, 16) + 2)
            if int(line, 16) == 0:
                return whole

    # ── WebSocket ──────────────────────────────────────────────────────────────────────────

    async def _upgrade(self, head: bytes) -> None:
        if self._proxy.faults.blocked_sockets:
            self._proxy.tally.note("blocked")
            answer = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            await self._write(self._client[1], answer)
            return
        # Swapped frames must not share a compressor.
        compressing = b"sec-websocket-extensions"
        lines = [line for line in head.split(b"\r\n") if compressing not in line.lower()]
        await self._write(self._server[1], b"\r\n".join(lines))
        answer = await self._server[0].readuntil(b"\r\n\r\n")
        await self._write(self._client[1], answer)
        if b" 101 " not in answer.split(b"\r\n", 1)[0]:
            return
        self._proxy.tally.sockets += 1
        self._is_socket = True
        self.arm()
        ways = [
            asyncio.create_task(self._pass(self._server[0], self._client[1], may_swap=True)),
            asyncio.create_task(self._pass(self._client[0], self._server[1], may_swap=False)),
        ]
        try:
            # Half open means that one way is shut and the other stays: both are waited for.
            await asyncio.wait(ways, return_when=asyncio.FIRST_EXCEPTION)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _pass(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, *, may_swap: bool
    ) -> None:
        held: list[bytes] = []
        reading = asyncio.ensure_future(_frame(source))
        try:
            while True:
                done, _ = await asyncio.wait((reading,), timeout=0.05 if held else None)
                if not done:  # nothing follows with which it could change places
                    await self._write(target, held.pop())
                    continue
                frame, reading = reading.result(), asyncio.ensure_future(_frame(source))
                await self._pass_one(frame, held, target, may_swap=may_swap)
        except (OSError, asyncio.IncompleteReadError):
            if not self.is_silent:
                raise
        finally:
            reading.cancel()

    async def _pass_one(
        self, frame: bytes, held: list[bytes], target: asyncio.StreamWriter, *, may_swap: bool
    ) -> None:
        faults = self._proxy.faults
        is_text = frame[0] & 0x0F == 1
        if is_text and self._proxy.chance(faults.delayed):
            await asyncio.sleep(faults.delay)
        if is_text and may_swap and not held and self._proxy.chance(faults.swapped):
            self._proxy.tally.note("swapped")
            held.append(frame)
            return
        copies = 1
        if is_text and self._proxy.chance(faults.doubled):
            self._proxy.tally.note("doubled")
            copies = 2
        await self._write(target, frame * copies + b"".join(held))
        held.clear()
        self._live()

    async def _write(self, target: asyncio.StreamWriter, content: bytes) -> None:
        if self.is_silent:
            return
        if self._tears:
            target.write(content[: max(1, len(content) // 2)])
            with suppress(OSError):
                await target.drain()
            self.abort()
            return
        pieces = self._proxy.faults.pieces or len(content) or 1
        for start in range(0, len(content), pieces):
            target.write(content[start : start + pieces])
            await target.drain()


async def _frame(source: asyncio.StreamReader) -> bytes:
    """One whole frame as it stands on the wire (RFC 6455, 5.2)."""
    head = await source.readexactly(2)
    size, masked = head[1] & 0x7F, bool(head[1] & 0x80)
    if size >= 126:
        more = await source.readexactly(2 if size == 126 else 8)
        head, size = head + more, int.from_bytes(more, "big")
    return head + await source.readexactly(size + (4 if masked else 0))


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


@contextmanager
def faulty(target: int, *, faults: Faults, seed: int, port: int = 0) -> Iterator["Remote"]:
    """The proxy, running in a thread of its own."""
    proxy = FaultProxy(target, faults=faults, seed=seed, port=port)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(proxy.start(), loop).result(30)
    try:
        yield Remote(proxy, loop)
    finally:
        asyncio.run_coroutine_threadsafe(proxy.stop(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()


class Remote:
    """The proxy as seen from another thread."""

    def __init__(self, proxy: FaultProxy, loop: asyncio.AbstractEventLoop) -> None:
        self._there, self._loop = proxy, loop
        self.url, self.tally = proxy.url, proxy.tally

    def cut(self) -> None:
        """Every connection is reset."""
        self._loop.call_soon_threadsafe(self._there.cut)

    def heal(self) -> None:
        """No more faults."""
        self._loop.call_soon_threadsafe(self._there.heal)

    def misbehave(self, faults: Faults) -> None:
        """These faults from now on."""
        self._loop.call_soon_threadsafe(self._there.misbehave, faults)
