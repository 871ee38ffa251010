"""The promises of docs/operations/drills.md as arithmetic over what a drill wrote down.

Each function returns the breaches it finds, in words that name what to look up; none is good.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise

from drills.records import Ack, Row, Screen

LATE_SECONDS = 35.0
"""An entry is seen so long after its acknowledgement at most, even if the bus lost it silently."""


def lost(acks: Iterable[Ack], rows: Iterable[Row]) -> list[str]:
    """P1: what was acknowledged stands in the log, there and so."""
    stored = {(row.conversation_id, row.seq): row for row in rows}
    found = []
    for ack in acks:
        row = stored.get((ack.conversation_id, ack.seq))
        if row is None:
            found.append(f"acknowledged but absent: {_place(ack.conversation_id, ack.seq)}")
        elif (row.sender_id, row.client_message_id, row.body) != (
            ack.sender_id,
            ack.client_message_id,
            ack.body,
        ):
            found.append(f"acknowledged otherwise: {_place(ack.conversation_id, ack.seq)}")
    return found


def holes(rows: Iterable[Row], last_seqs: Mapping[int, int]) -> list[str]:
    """P2: every conversation counts 1, 2, 3 … to its last, and its time never goes back."""
    logs: defaultdict[int, list[Row]] = defaultdict(list)
    for row in rows:
        logs[row.conversation_id].append(row)
    found = []
    for conversation_id, last_seq in last_seqs.items():
        log = sorted(logs[conversation_id], key=lambda row: row.seq)
        present = {row.seq for row in log}
        found += [
            f"hole: {_place(conversation_id, seq)}"
            for seq in range(1, max(present | {last_seq}, default=0) + 1)
            if seq not in present
        ]
        if log and log[-1].seq > last_seq:
            found.append(f"beyond the counter: {_place(conversation_id, log[-1].seq)}")
        found += [
            f"time goes back: {_place(conversation_id, after.seq)}"
            for before, after in pairwise(log)
            if after.created_at < before.created_at
        ]
    return found


def doubled(rows: Sequence[Row], acks: Iterable[Ack]) -> list[str]:
    """P3: one row for each client id, and every answer to it names that row."""
    counted = Counter(
        (row.conversation_id, row.sender_id, row.client_message_id)
        for row in rows
        if row.client_message_id is not None
    )
    found = [f"{times} rows of one client id: {key}" for key, times in counted.items() if times > 1]
    answers: defaultdict[tuple[int, int, object], set[int]] = defaultdict(set)
    for ack in acks:
        answers[ack.conversation_id, ack.sender_id, ack.client_message_id].add(ack.seq)
    found += [
        f"one client id acknowledged as {sorted(seqs)}: {key}"
        for key, seqs in answers.items()
        if len(seqs) > 1
    ]
    return found


def differing(screen: Screen, rows: Iterable[Row], visible: Mapping[int, Collection[int]]) -> int:
    """P4: how many entries a client lacks, has too many, or has otherwise than the server."""
    stored = {(row.conversation_id, row.seq): row for row in rows}
    count = 0
    for conversation_id, seqs in visible.items():
        seen = screen.get(conversation_id, {})
        count += len(set(seqs) ^ set(seen))
        count += sum(
            (row.client_message_id, row.body) != (sight.client_message_id, sight.body)
            for seq, sight in seen.items()
            if seq in seqs and (row := stored.get((conversation_id, seq))) is not None
        )
    return count


def delays(acks: Iterable[Ack], screens: Iterable[Screen]) -> list[float]:
    """For each message and client, how long after the first acknowledgement it was seen, sorted."""
    first: dict[tuple[int, int], float] = {}
    for ack in acks:
        place = (ack.conversation_id, ack.seq)
        first[place] = min(first.get(place, ack.at), ack.at)
    return sorted(
        max(0.0, sight.at - first[conversation_id, seq])
        for screen in screens
        for conversation_id, log in screen.items()
        for seq, sight in log.items()
        if (conversation_id, seq) in first
    )


def _place(conversation_id: int, seq: int) -> str:
    return f"conversation {conversation_id}, entry {seq}"
