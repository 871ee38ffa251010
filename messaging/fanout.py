"""The only sender: what was committed wakes the sockets it concerns.

What is published here may be lost with Valkey or the process. Nothing is lost for people:
a client proves by seq that it has everything, and each process compares what each of its
people was sent with the database.
"""

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from core import db
from core import redis as store
from messaging import bus, frames, outage

LARGE: Final = 64
"""Above so many members an entry is published once for the conversation."""
_BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class Audience:
    """Who hears an entry: these people, or everybody in a large conversation."""

    conversation_id: int
    person_ids: tuple[int, ...] | None

    def channels(self) -> list[str]:
        """The channels that reach the audience."""
        if self.person_ids is None:
            return [bus.conversation_channel(self.conversation_id)]
        return [bus.person_channel(person_id) for person_id in self.person_ids]


def entry(
    *,
    kind: str,
    content: object,
    seq: int,
    audience: Audience,
    said_by: int | None = None,
    shows: int = 0,
) -> None:
    """The audience's sockets get the entry once the transaction has committed.

    Whoever said it has read so far: who waits for that hears so in the same round trip. Where the
    entry `shows` an earlier one, those of a conversation's own channel who may not see that one
    are only told to pull.
    """
    signal = bus.Signal.ENTRY_SHOWING if shows else bus.Signal.ENTRY
    told = _entry(signal, kind, content, seq, audience, shows=shows)
    if said_by is not None:
        told += _moved(said_by, audience.conversation_id, seq)
    _publish_after_commit(told)


def entry_joined(*, kind: str, content: object, seq: int, audience: Audience) -> None:
    """The same, for people who belong to the conversation from this entry on."""
    _publish_after_commit(_entry(bus.Signal.ENTRY_JOINED, kind, content, seq, audience))


def entry_left(*, kind: str, content: object, seq: int, audience: Audience, gone_id: int) -> None:
    """The same, and it is the last entry for one person, who hears of it before all others."""
    frame = frames.frame(kind, content)
    left = bus.Parcel(bus.Signal.ENTRY_LEFT, audience.conversation_id, seq, frame)
    # The members of a small conversation are named each time: for them it is any entry.
    signal = bus.Signal.ENTRY_LEFT if audience.person_ids is None else bus.Signal.ENTRY
    others = bus.Parcel(signal, audience.conversation_id, seq, frame)
    _publish_after_commit(
        [
            (bus.person_channel(gone_id), left),
            *((channel, others) for channel in audience.channels()),
        ]
    )


def cursors_moved(moved: Mapping[tuple[int, int], int]) -> None:
    """The readers' other devices know how far they are, and those who watch receipts recount.

    By person and conversation; all of them in one round trip.
    """
    told = [
        parcel
        for (person_id, conversation_id), read_seq in moved.items()
        for parcel in _moved(person_id, conversation_id, read_seq)
    ]
    if told:
        _publish_after_commit(told)


def to_people(*, person_ids: Sequence[int], kind: str, content: object) -> None:
    """Each person's sockets get the frame once the transaction has committed."""
    parcel = bus.Parcel(bus.Signal.FRAME, 0, 0, frames.frame(kind, content))
    _publish_after_commit([(bus.person_channel(person_id), parcel) for person_id in person_ids])


def _entry(
    signal: bus.Signal, kind: str, content: object, seq: int, audience: Audience, shows: int = 0
) -> list[tuple[str, bus.Parcel]]:
    frame = frames.frame(kind, content)
    parcel = bus.Parcel(signal, audience.conversation_id, seq, frame, shows)
    return [(channel, parcel) for channel in audience.channels()]


def _moved(person_id: int, conversation_id: int, read_seq: int) -> list[tuple[str, bus.Parcel]]:
    own = frames.frame("message.read", {"conversation_id": conversation_id, "read_seq": read_seq})
    watching = bus.Parcel(bus.Signal.CURSOR, conversation_id, read_seq, b"")
    return [
        (bus.person_channel(person_id), bus.Parcel(bus.Signal.FRAME, conversation_id, 0, own)),
        (bus.receipts_channel(conversation_id), watching),
    ]


def _publish_after_commit(parcels: Sequence[tuple[str, bus.Parcel]]) -> None:
    db.after_commit(lambda: _publish(parcels))


def _publish(parcels: Sequence[tuple[str, bus.Parcel]]) -> None:
    """Committed is committed: no answer fails because nobody could be woken; sockets will pull.

    Whoever publishes first after a failure has every process look for those who lag.
    """
    is_told = False
    owed = _debt.owed()
    with outage.forgiven("fan-out") as called:
        if called:
            for batch in _batches([*_lost(owed), *parcels]):
                pipeline = store.connection().pipeline(transaction=False)
                for channel, parcel in batch:
                    pipeline.publish(channel, parcel.pack())
                pipeline.execute()
            is_told = True
    if is_told:
        _debt.settle(owed)
    else:
        _debt.note()


class _Debt:
    """Whether something of this process was not published since everybody was told to look."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults = 0
        self._told_of = 0

    def owed(self) -> int:
        """How often it has happened, where others are still to be told of the last time, or 0."""
        return self._faults if self._faults > self._told_of else 0

    def note(self) -> None:
        """Something was not published."""
        with self._lock:
            self._faults += 1

    def settle(self, told_of: int) -> None:
        """Every process was told when it had happened so often: what came after is still owed."""
        with self._lock:
            self._told_of = max(self._told_of, told_of)


def _lost(owed: int) -> list[tuple[str, bus.Parcel]]:
    return [(bus.control_channel(), bus.Parcel(bus.Signal.LOST, 0, 0, b""))] if owed else []


_debt: Final = _Debt()


def _batches(
    parcels: Sequence[tuple[str, bus.Parcel]],
) -> Iterable[Sequence[tuple[str, bus.Parcel]]]:
    for start in range(0, len(parcels), _BATCH):
        yield parcels[start : start + _BATCH]
