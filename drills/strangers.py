"""Clients that do not behave: they break off, hang, or read nothing."""

import asyncio
import base64
import contextlib
import os
import random
import socket
import struct
from collections.abc import AsyncIterator, Sequence
from typing import Final
from urllib.parse import urlsplit

from drills.client import Person
from drills.site import Site

_RESET: Final = struct.pack("ii", 1, 0)
_SMALL_BUFFER: Final = 4096


async def flap(site: Site, count: int, seconds: float) -> int:
    """So many clients come and break off until the time is over; returns how often they did."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    crowd = site.crowd()
    done = await asyncio.gather(
        *(_flap(site, crowd[number % len(crowd)], number, until) for number in range(count))
    )
    return sum(done)


async def _flap(site: Site, person: Person, number: int, until: float) -> int:
    chance, times = random.Random(number), 0
    loop = asyncio.get_running_loop()
    while loop.time() < until:
        address = site.addresses[(number + times) % 2]
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(15):
                await _break_off(address, person, chance)
        times += 1
        await asyncio.sleep(chance.uniform(0.5, 3.0))
    return times


async def _break_off(address: str, person: Person, chance: random.Random) -> None:
    port = urlsplit(address).port
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        request = upgrade(address, person.session if chance.random() < 0.7 else "nobody")
        stage = chance.randrange(5)
        if stage == 1:
            writer.write(request[: len(request) // 2])
        elif stage >= 2:
            writer.write(request)
            await reader.read(1000)
        if stage == 3:
            await asyncio.sleep(chance.uniform(1, 8))  # half-open: there, and silent
        if stage == 4:
            writer.write(os.urandom(64))  # no frame at all
        await asyncio.sleep(0)
        held: socket.socket = writer.get_extra_info("socket")
        held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    finally:
        writer.close()


@contextlib.asynccontextmanager
async def deaf(site: Site, people: Sequence[Person]) -> AsyncIterator[None]:
    """These people hold sockets from which nothing is read."""
    held = [
        await asyncio.to_thread(_deaf, site.addresses[number % 2], person)
        for number, person in enumerate(people)
    ]
    try:
        yield
    finally:
        for one in held:
            one.close()


def _deaf(address: str, person: Person) -> socket.socket:
    ear = socket.socket()
    ear.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL_BUFFER)
    ear.settimeout(20)
    ear.connect(("127.0.0.1", urlsplit(address).port))
    ear.sendall(upgrade(address, person.session))
    answer = ear.recv(4)
    if answer != b"HTTP":
        raise ConnectionError(answer)
    return ear


def upgrade(address: str, session: str) -> bytes:
    """The request that opens a socket."""
    host = urlsplit(address).netloc
    key = base64.b64encode(os.urandom(16)).decode()
    return (
        f"GET /ws/v1 HTTP/1.1\r\nHost: {host}\r\nOrigin: {address}\r\n"
        f"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Protocol: im.v1.json\r\n"
        f"Cookie: tongwen_session={session}\r\n\r\n"
    ).encode()
