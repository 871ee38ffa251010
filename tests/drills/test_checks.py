"""The checks of the drills can fail: each finds the one breach that is planted."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from drills import checks, proxy
from drills.records import Ack, Called, DingEnd, Proof, Row, Screen, Sight

ROOM, SENDER = 7, 3
BEGAN = datetime(2026, 11, 23, 8, tzinfo=UTC)


def _row(seq: int) -> Row:
    return Row(ROOM, seq, SENDER, UUID(int=seq), f"第{seq}条", BEGAN + timedelta(seconds=seq))


def _ack(seq: int, at: float = 1.0) -> Ack:
    return Ack(ROOM, SENDER, UUID(int=seq), seq, f"第{seq}条", at)


def _seen(*seqs: int, at: float = 2.0) -> Screen:
    return {ROOM: {seq: Sight(UUID(int=seq), f"第{seq}条", at) for seq in seqs}}


ROWS = [_row(seq) for seq in (1, 2, 3)]
ACKS = [_ack(seq) for seq in (1, 2, 3)]


def test_a_whole_log_breaks_no_promise() -> None:
    assert checks.lost(ACKS, ROWS) == []
    assert checks.holes(ROWS, {ROOM: 3}) == []
    assert checks.doubled(ROWS, [*ACKS, *ACKS]) == []
    assert checks.differing(_seen(1, 2, 3), ROWS, {ROOM: [1, 2, 3]}) == 0


def test_an_acknowledged_message_that_is_not_stored_is_lost() -> None:
    assert checks.lost(ACKS, ROWS[:2]) == ["acknowledged but absent: conversation 7, entry 3"]


@pytest.mark.parametrize(
    "other",
    [
        replace(_row(3), body="别的"),
        replace(_row(3), sender_id=4),
        replace(_row(3), client_message_id=UUID(int=9)),
    ],
)
def test_an_acknowledged_place_that_holds_something_else_is_lost(other: Row) -> None:
    assert checks.lost(ACKS, [*ROWS[:2], other]) == [
        "acknowledged otherwise: conversation 7, entry 3"
    ]


def test_a_missing_number_is_a_hole_also_at_the_ends() -> None:
    assert checks.holes([ROWS[0], ROWS[2]], {ROOM: 3}) == ["hole: conversation 7, entry 2"]
    assert checks.holes(ROWS[1:], {ROOM: 3}) == ["hole: conversation 7, entry 1"]
    assert checks.holes(ROWS[:2], {ROOM: 3}) == ["hole: conversation 7, entry 3"]
    assert checks.holes([], {ROOM: 1}) == ["hole: conversation 7, entry 1"]


def test_an_entry_above_the_counter_and_time_that_goes_back_are_found() -> None:
    assert checks.holes(ROWS, {ROOM: 2}) == ["beyond the counter: conversation 7, entry 3"]
    rows = [*ROWS[:2], replace(ROWS[2], created_at=BEGAN)]
    assert checks.holes(rows, {ROOM: 3}) == ["time goes back: conversation 7, entry 3"]


def test_two_rows_of_one_client_id_are_doubled() -> None:
    again = replace(ROWS[2], client_message_id=UUID(int=1))
    assert len(checks.doubled([*ROWS[:2], again], [])) == 1
    assert checks.doubled([*ROWS, *[replace(_row(4), client_message_id=None)] * 2], []) == []


def test_one_client_id_acknowledged_under_two_numbers_is_doubled() -> None:
    again = replace(_ack(1), seq=2)
    assert len(checks.doubled(ROWS, [*ACKS, again])) == 1


def test_what_a_client_lacks_has_too_many_or_has_otherwise_is_counted() -> None:
    visible = {ROOM: [1, 2, 3]}
    assert checks.differing(_seen(1, 3), ROWS, visible) == 1
    assert checks.differing(_seen(1, 2, 3, 4), ROWS, visible) == 1
    assert checks.differing({}, ROWS, visible) == 3
    other = _seen(1, 2, 3)
    other[ROOM][2] = replace(other[ROOM][2], body="别的")
    assert checks.differing(other, ROWS, visible) == 1


def test_delays_run_from_the_first_acknowledgement() -> None:
    acks = [_ack(1, at=5.0), _ack(1, at=3.0), _ack(2, at=9.0)]
    assert checks.delays(acks, [_seen(1, at=4.5), _seen(1, 2, at=10.0)]) == [1.0, 1.5, 7.0]


@pytest.mark.parametrize(
    "value",
    [
        b"+OK\r\n",
        b":12\r\n",
        b"$-1\r\n",
        b"$5\r\nab\r\nc\r\n",
        b"*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$2\r\n\r\n\r\n",
        b"*-1\r\n",
        b"%1\r\n+a\r\n*2\r\n:1\r\n$1\r\nx\r\n",
        b">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nx\r\n",
    ],
)
def test_the_wire_finds_where_an_answer_ends(value: bytes) -> None:
    assert proxy.whole(value + b"+next\r\n") == len(value)
    assert [proxy.whole(value[:cut]) for cut in range(len(value))] == [None] * len(value)


LADDER = ("push", "sms", "leader")
GONE, CAME = Called(5, 1), Called(5, 2)
ENDS = [DingEnd(GONE, "exhausted", BEGAN), DingEnd(CAME, "confirmed", BEGAN)]
PROOFS = [
    *(Proof(GONE, step, "delivered", None, BEGAN) for step in ("app", *LADDER)),
    Proof(GONE, "end", "ended", None, BEGAN),
    Proof(CAME, "app", "delivered", None, BEGAN),
    Proof(CAME, "end", "ended", None, BEGAN),
]
ASKED = ["ding:5:1:push", "ding:5:1:sms", "ding:5:1:sms"]


def _dings(**other: Any) -> list[str]:
    given = {
        "called": [GONE, CAME],
        "confirmed": [CAME],
        "ends": ENDS,
        "proofs": PROOFS,
        "asked": ASKED,
        "ladder": LADDER,
    }
    return checks.dings(**{**given, **other})


def test_a_ladder_that_was_climbed_breaks_no_promise_however_often_a_key_was_asked_for() -> None:
    assert _dings() == []


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"called": [GONE, CAME, Called(5, 3)]}, ["acknowledged but not called"]),
        ({"confirmed": [GONE]}, ["acknowledged as confirmed, but exhausted"]),
        ({"proofs": [*PROOFS, PROOFS[1]]}, ["push twice"]),
        ({"ends": [replace(ENDS[0], state="pending"), ENDS[1]]}, ["pending, ended 1 times"]),
        ({"proofs": PROOFS[:-1]}, ["confirmed, ended 0 times"]),
        ({"proofs": [PROOFS[0], *PROOFS[2:]], "asked": ASKED[1:]}, ["no evidence of push"]),
        ({"asked": ASKED[1:]}, ["evidence without a delivery"]),
        ({"asked": [*ASKED, "ding:5:1:voice"]}, ["delivered without evidence"]),
        ({"asked": [*ASKED, "ding:5:1:push:2"]}, ["delivered under a key of its own"]),
    ],
)
def test_whoever_ends_otherwise_than_the_evidence_says_is_found(
    other: dict[str, Any], said: list[str]
) -> None:
    assert [breach.partition(":")[0] for breach in _dings(**other)] == said
