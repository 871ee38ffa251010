"""What the hub needs of a connection."""

import asyncio
from collections.abc import Iterable
from typing import Final, Protocol

from core.actor import Actor

CHUNK: Final = 200
"""Under daphne a send never yields to the loop: after so many the fan-out does."""


class Socket(Protocol):
    """One open connection of a person."""

    actor: Actor
    person_id: int

    async def push(self, text: str) -> None:
        """Sends a finished frame."""


async def send(text: str, sockets: Iterable[Socket]) -> None:
    """Each socket has the frame."""
    for number, socket in enumerate(sockets, start=1):
        await socket.push(text)
        if number % CHUNK == 0:
            await asyncio.sleep(0)
