"""What the hub needs of a connection."""

from collections.abc import Iterable
from typing import Final, Protocol

from core.actor import Actor
from messaging import frames

CHUNK: Final = 200
"""So many sockets are written to in one turn of the loop."""


class Socket(Protocol):
    """One open connection of a person."""

    actor: Actor
    person_id: int

    def push(self, wire: bytes, conversation_id: int, seq: int) -> bool:
        """Whether the finished frame leaves, at the end of the loop's turn.

        A client that does not read misses it, and is told so once it reads again: to pull the
        conversation up to the entry, or, without a conversation, to compare everything.
        """


def send(
    frame: bytes, sockets: Iterable[Socket], *, conversation_id: int = 0, seq: int = 0
) -> list[Socket]:
    """Each socket has the frame, encoded once for all; returns those that were passed over."""
    wire = frames.wire(frame)
    return [socket for socket in sockets if not socket.push(wire, conversation_id, seq)]
