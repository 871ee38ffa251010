"""What was acknowledged besides messages, and whether it is so: receipts, changes, calls, notices.

Each check returns the breaches it finds, in words that name what to look up; none is good.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from drills.records import Ack, Called, Screen


@dataclass(frozen=True, slots=True)
class Read:
    """The server's word that a person's cursor stands there at least."""

    conversation_id: int
    person_id: int
    seq: int


@dataclass(frozen=True, slots=True)
class Change:
    """The server's word that a message reads so since then; a recalled one says nothing."""

    conversation_id: int
    seq: int
    body: str


@dataclass(frozen=True, slots=True)
class Call:
    """The server's word that a DING was opened under the client's id."""

    ding_id: int
    client_id: UUID
    person_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Receipts:
    """What the server tells a sender of one message: who has read it, and who has not."""

    conversation_id: int
    seq: int
    sender_id: int
    read: frozenset[int]
    unread: frozenset[int]
    counts: tuple[int, int]


Cursors = Mapping[tuple[int, int], int]
"""Conversation and person → how far she has read."""


def as_changed(acks: Iterable[Ack], changes: Iterable[Change]) -> list[Ack]:
    """The acknowledgements with the words that the last acknowledged change left."""
    words = {(one.conversation_id, one.seq): one.body for one in changes}
    return [replace(ack, body=words.get((ack.conversation_id, ack.seq), ack.body)) for ack in acks]


def unread_again(
    reads: Iterable[Read],
    cursors: Cursors,
    marks: Cursors,
    last_seqs: Mapping[int, int],
) -> list[str]:
    """M7: no cursor stands before what was acknowledged, beyond the log, or without its mark."""
    found = [
        f"acknowledged as read, but the cursor stands before: {one}"
        for one in reads
        if cursors.get((one.conversation_id, one.person_id), 0) < one.seq
    ]
    for key, seq in cursors.items():
        if seq > last_seqs[key[0]]:
            found.append(f"read beyond the log: conversation {key[0]}, person {key[1]}")
        if marks.get(key) != seq:
            found.append(f"a cursor without its mark: conversation {key[0]}, person {key[1]}")
    return found


def told_otherwise(
    told: Iterable[Receipts], members: Mapping[int, Collection[int]], cursors: Cursors
) -> list[str]:
    """M7: the lists are what membership and cursors say, and the counts are their lengths."""
    found = []
    for one in told:
        others = frozenset(members[one.conversation_id]) - {one.sender_id}
        read = frozenset(
            who for who in others if cursors.get((one.conversation_id, who), 0) >= one.seq
        )
        place = f"conversation {one.conversation_id}, entry {one.seq}"
        if (one.read, one.unread) != (read, others - read):
            found.append(f"the lists say otherwise than the cursors: {place}")
        if one.counts != (len(one.read), len(one.unread)):
            found.append(f"the counts say otherwise than the lists: {place}")
    return found


def miscalled(
    calls: Sequence[Call], stored: Mapping[int, Collection[int]], confirmed: Iterable[Called],
    states: Mapping[Called, str],
) -> list[str]:  # fmt: skip
    """M8: a DING calls whom it was to call, once for each client's id; a confirmation stays."""
    found = [
        f"a DING calls others than it was to call: {one.ding_id}"
        for one in calls
        if set(stored.get(one.ding_id, ())) != set(one.person_ids)
    ]
    by_client: dict[UUID, set[int]] = {}
    for one in calls:
        by_client.setdefault(one.client_id, set()).add(one.ding_id)
    found += [f"DINGs {sorted(ids)} of one client id" for ids in by_client.values() if len(ids) > 1]
    return found + [
        f"acknowledged as confirmed, but {states.get(called, 'absent')}: {called}"
        for called in confirmed
        if states.get(called) != "confirmed"
    ]


def unnoticed(
    sent: Collection[str],
    listed: Mapping[int, Sequence[str]],
) -> list[str]:
    """Each person lists each notice that was acknowledged, and each once."""
    found = []
    for person_id, keys in listed.items():
        found += [
            f"acknowledged but not listed: notice {key} of person {person_id}"
            for key in sent
            if key not in keys
        ]
        if len(set(keys)) < len(keys):
            found.append(f"a notice is listed twice: person {person_id}")
    return found


def waits(acks: Iterable[Ack], devices: Iterable[tuple[Screen, Sequence[float]]]) -> list[float]:
    """For each message and device, how long it stood acknowledged before a device online saw it.

    Of a device there are its screen and the moments at which it came online; whoever was away
    waits from her return.
    """
    first: dict[tuple[int, int], float] = {}
    for ack in acks:
        place = (ack.conversation_id, ack.seq)
        first[place] = min(first.get(place, ack.at), ack.at)
    found = []
    for screen, came in devices:
        for room, log in screen.items():
            for seq, sight in log.items():
                if (said := first.get((room, seq))) is None:
                    continue
                there = max((at for at in came if at <= sight.at), default=said)
                found.append(max(0.0, sight.at - max(said, there)))
    return sorted(found)


def late(delays: Sequence[float], within: float) -> list[str]:
    """What was seen later than promised."""
    return [f"seen after {one:.1f} s, not {within:.1f}" for one in delays if one > within]


def mostly_late(delays: Sequence[float], within: float, *, share: float = 0.01) -> list[str]:
    """The same, where one in a hundred may be: a machine that pauses says nothing of the code."""
    over = late(delays, within)
    return over if len(over) > share * len(delays) else []
