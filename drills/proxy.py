"""A stretch of wire between a process and Valkey that loses, holds up and cuts what passes.

nftables drops packets, which TCP repeats; what pub/sub really loses are whole messages, so this
reads the answers of Valkey and drops published ones, and nothing else.
"""

import asyncio
import random
import threading
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

T = TypeVar("T")

_LINE: Final = b"\r\n"
_PART: Final = 65_536


class Wire:
    """Listens on one port and passes on to another; runs in a thread of its own."""

    def __init__(self, port: int, target: int) -> None:
        self.port, self._target = port, target
        self.dropped = 0
        self._share = 0.0
        self._chance = random.Random(4)
        self._loop = asyncio.new_event_loop()
        self._flowing = asyncio.Event()
        self._writers: set[asyncio.StreamWriter] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._run(self._listen())

    def lose(self, share: float) -> None:
        """From now on so large a share of published messages never arrives."""
        self._share = share

    def hold_up(self) -> None:
        """Nothing passes any more in either direction, and nobody is told."""
        self._loop.call_soon_threadsafe(self._flowing.clear)

    def let_flow(self) -> None:
        """Everything passes again, what was held up first."""
        self._loop.call_soon_threadsafe(self._flowing.set)

    def cut(self) -> None:
        """Every connection breaks."""
        self._run(self._cut())

    def close(self) -> None:
        """Nothing listens any more."""
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=10)

    async def _listen(self) -> None:
        self._flowing.set()
        self._server = await asyncio.start_server(self._pass_on, "127.0.0.1", self.port)

    async def _end(self) -> None:
        self._server.close()
        await self._cut()

    async def _cut(self) -> None:
        for writer in list(self._writers):
            writer.transport.abort()

    async def _pass_on(self, near_in: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        try:
            far_in, far = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            near.transport.abort()
            return
        self._writers |= {near, far}
        try:
            await asyncio.gather(self._up(near_in, far), self._down(far_in, near))
        except OSError:
            return
        finally:
            for writer in (near, far):
                self._writers.discard(writer)
                writer.transport.abort()

    async def _up(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while part := await source.read(_PART):
            await self._flowing.wait()
            sink.write(part)
            await sink.drain()
        raise ConnectionResetError

    async def _down(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        held = b""
        while part := await source.read(_PART):
            await self._flowing.wait()
            held += part
            passed = bytearray()
            while end := whole(held):
                value, held = held[:end], held[end:]
                if self._is_lost(value):
                    self.dropped += 1
                else:
                    passed += value
            sink.write(bytes(passed))
            await sink.drain()
        raise ConnectionResetError

    def _is_lost(self, value: bytes) -> bool:
        return (
            self._share > 0
            and value[1:].startswith(b"3\r\n$7\r\nmessage\r\n")
            and self._chance.random() < self._share
        )


def whole(data: bytes, start: int = 0) -> int | None:
    """Where the first value of the Redis protocol ends; None if it has not come whole yet."""
    stop = data.find(_LINE, start)
    if stop < 0:
        return None
    kind, after = data[start : start + 1], stop + len(_LINE)
    if kind in b"$=!":
        size = int(data[start + 1 : stop])
        end = after + size + len(_LINE) if size >= 0 else after
        return end if end <= len(data) else None
    if kind not in b"*>~%":
        return after
    count = max(0, int(data[start + 1 : stop])) * (2 if kind == b"%" else 1)
    at: int | None = after
    for _ in range(count):
        at = whole(data, at) if at is not None else None
    return at
