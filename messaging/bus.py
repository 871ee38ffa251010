"""What travels over Valkey between processes: channel names and a small header.

Pub/sub ignores the database index of the connection, so names carry the database's name:
two installations on one Valkey must not hear each other.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final
from uuid import UUID

from django.db import connections

_HEADER: Final = struct.Struct(">BQQ")
_SHOWS: Final = struct.Struct(">Q")


class Signal(IntEnum):
    """What a process does with the frame that follows the header."""

    ENTRY = 1
    """An entry of a conversation's log: forward it, and remember its seq."""
    ENTRY_JOINED = 2
    """The same; from now on the person hears the conversation's own channel."""
    ENTRY_LEFT = 3
    """On a person's channel: the same; from now on she hears nothing of the conversation.
    On a conversation's: the same, and somebody is no longer in it."""
    FRAME = 4
    """Forward it."""
    CURSOR = 5
    """Somebody has read on in the conversation: tell those who watch its receipts."""
    ENTRY_SHOWING = 6
    """An entry in which an earlier one can be read: only for those who may see both."""
    LOST = 7
    """Something was not published while Valkey did not answer: compare heads."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One bus message: `frame` is the finished server frame, encoded once."""

    signal: Signal
    conversation_id: int
    seq: int
    frame: bytes
    shows: int = 0
    """The earliest entry that can be read in this one."""

    def pack(self) -> bytes:
        """The bytes that are published."""
        header = _HEADER.pack(self.signal, self.conversation_id, self.seq)
        if self.signal is Signal.ENTRY_SHOWING:
            header += _SHOWS.pack(self.shows)
        return header + self.frame


def unpack(payload: bytes) -> Parcel:
    """The parcel in a bus message; ValueError if it is none of ours."""
    try:
        number, conversation_id, seq = _HEADER.unpack_from(payload)
        signal = Signal(number)
        if signal is not Signal.ENTRY_SHOWING:
            return Parcel(signal, conversation_id, seq, payload[_HEADER.size :])
        (shows,) = _SHOWS.unpack_from(payload, _HEADER.size)
    except struct.error as error:
        raise ValueError("a bus message without its header") from error
    return Parcel(signal, conversation_id, seq, payload[_HEADER.size + _SHOWS.size :], shows)


def person_channel(person_id: int) -> str:
    """Where a person's processes listen."""
    return f"{_prefix()}:p:{person_id}"


def conversation_channel(conversation_id: int) -> str:
    """Where the processes with members of a large conversation listen."""
    return f"{_prefix()}:c:{conversation_id}"


def person_of(channel: str) -> int | None:
    """Whose channel it is; None where it is no person's. Each message asks: it is quick."""
    _, kind, number = channel.rsplit(":", 2)
    return int(number) if kind == "p" else None


def receipts_channel(conversation_id: int) -> str:
    """Where the processes listen in which somebody watches the receipts."""
    return f"{_prefix()}:r:{conversation_id}"


def control_channel() -> str:
    """Where every process listens, so that it always listens somewhere."""
    return f"{_prefix()}:control"


def ticket_key(digest: str) -> str:
    """Where a socket ticket waits to be used."""
    return f"{_prefix()}:ticket:{digest}"


def rate_key(person_id: int) -> str:
    """Where a person's sending rate is kept."""
    return f"{_prefix()}:rate:{person_id}"


def repetition_rate_key(person_id: int) -> str:
    """Where the rate is kept at which a person repeats messages."""
    return f"{_prefix()}:repeats:{person_id}"


def request_rate_key(person_id: int) -> str:
    """Where the rate is kept at which a person searches and saves drafts."""
    return f"{_prefix()}:requests:{person_id}"


def counted_key(person_id: int, conversation_id: int, client_message_id: UUID) -> str:
    """Where it is kept for a while that a message was counted."""
    return f"{_prefix()}:counted:{person_id}:{conversation_id}:{client_message_id}"


def counted_act_key(person_id: int, digest: str) -> str:
    """Where it is kept for a while that the messages of an act were counted."""
    return f"{_prefix()}:acted:{person_id}:{digest}"


def presence_key(person_id: int) -> str:
    """Where it is kept for a minute which processes have seen a person."""
    return f"{_prefix()}:signs:{person_id}"


def looking_key(conversation_id: int) -> str:
    """Where those are kept who have the conversation before them."""
    return f"{_prefix()}:looking:{conversation_id}"


def typing_key(conversation_id: int, person_id: int) -> str:
    """Where it is kept for a moment that others were told that the person types."""
    return f"{_prefix()}:typing:{conversation_id}:{person_id}"


def _prefix() -> str:
    return f"tw:{connections['default'].settings_dict['NAME']}"
