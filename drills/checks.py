"""The promises of docs/operations/drills.md as arithmetic over what a drill wrote down.

Each function returns the breaches it finds, in words that name what to look up; none is good.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise

from drills.records import Ack, Called, DingEnd, Proof, Row, Screen

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


def dings(
    called: Iterable[Called],
    confirmed: Iterable[Called],
    ends: Iterable[DingEnd],
    proofs: Sequence[Proof],
    asked: Iterable[str],
    ladder: Sequence[str],
) -> list[str]:
    """M8: whoever was called ends in one final state, and evidence says all that was done for him.

    Whoever did not confirm was called on every rung, each once; what the gateway was `asked` for,
    under whatever key, is what his evidence tells.
    """
    stand = {end.called: end for end in ends}
    told: defaultdict[Called, list[Proof]] = defaultdict(list)
    for proof in proofs:
        told[proof.called].append(proof)
    found = [f"acknowledged but not called: {one}" for one in called if one not in stand]
    found += [
        f"acknowledged as confirmed, but {stand[one].state}: {one}"
        for one in confirmed
        if one in stand and stand[one].state != "confirmed"
    ]
    for one, end in stand.items():
        steps = Counter(proof.step for proof in told[one])
        found += [f"{step} twice: {one}" for step, times in steps.items() if times > 1]
        closed = [proof.at for proof in told[one] if proof.step == "end"]
        if end.state == "pending" or closed != [end.ended_at]:
            found.append(f"{end.state}, ended {len(closed)} times: {one}")
        if end.state == "exhausted":
            missing = {"app", *ladder} - steps.keys()
            found += [f"no evidence of {step}: {one}" for step in sorted(missing)]
    # Who confirms just when a worker dies over a delivery to him is looked at no more: his own word
    # is the evidence then. Of all others every delivery has its own.
    called_on = {one for one, end in stand.items() if end.state == "exhausted"}
    return found + _misdelivered(proofs, set(asked), called_on)


def _misdelivered(
    proofs: Iterable[Proof], asked: Collection[str], called_on: Collection[Called]
) -> list[str]:
    rungs = ("push", "sms", "voice")
    proven = {
        _key(proof.called, proof.step)
        for proof in proofs
        if proof.outcome == "delivered" and proof.step in rungs
    }
    known = {_key(one, rung) for one in called_on for rung in rungs}
    foreign = {key for key in asked if not re.fullmatch(r"ding:\d+:\d+:(push|sms|voice)", key)}
    return [
        *(
            f"delivered without evidence: {key}"
            for key in sorted(known.intersection(asked) - proven)
        ),
        *(f"delivered under a key of its own: {key}" for key in sorted(foreign)),
        *(f"evidence without a delivery: {key}" for key in sorted(proven.difference(asked))),
    ]


def _key(called: Called, step: str) -> str:
    return f"ding:{called.ding_id}:{called.person_id}:{step}"


def _place(conversation_id: int, seq: int) -> str:
    return f"conversation {conversation_id}, entry {seq}"
