"""What a drill looks up besides messages can fail: each check finds the one breach planted."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from drills import deeds
from drills.deeds import Call, Change, Read, Receipts
from drills.records import Ack, Called, Screen, Sight

ROOM, WANG, LI, ZHANG = 7, 1, 2, 3
MEMBERS = {ROOM: [WANG, LI, ZHANG]}
CURSORS = {(ROOM, WANG): 4, (ROOM, LI): 3}
TOLD = Receipts(ROOM, 3, WANG, frozenset({LI}), frozenset({ZHANG}), (1, 1))
CALL = Call(5, UUID(int=1), (LI, ZHANG))


def _ack(seq: int, at: float = 1.0) -> Ack:
    return Ack(ROOM, WANG, UUID(int=seq), seq, f"第{seq}条", at)


def _words(breaches: list[str]) -> list[str]:
    return [breach.partition(":")[0] for breach in breaches]


def test_a_message_is_to_read_as_it_was_changed_last() -> None:
    changes = [Change(ROOM, 1, "改"), Change(ROOM, 2, "改"), Change(ROOM, 1, "再改")]
    changes.append(Change(ROOM, 2, ""))
    bodies = [ack.body for ack in deeds.as_changed([_ack(1), _ack(2), _ack(3)], changes)]
    assert bodies == ["再改", "", "第3条"]


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({}, []),
        ({"reads": [Read(ROOM, LI, 4)]}, ["acknowledged as read, but the cursor stands before"]),
        ({"reads": [Read(ROOM, ZHANG, 1)]}, ["acknowledged as read, but the cursor stands before"]),
        ({"last_seqs": {ROOM: 3}}, ["read beyond the log"]),
        ({"marks": {(ROOM, WANG): 4, (ROOM, LI): 2}}, ["a cursor without its mark"]),
    ],
)
def test_a_lost_reading_is_found(other: dict[str, Any], said: list[str]) -> None:
    given = {
        "reads": [Read(ROOM, LI, 2), Read(ROOM, LI, 3)],
        "cursors": CURSORS,
        "marks": CURSORS,
        "last_seqs": {ROOM: 4},
    }
    assert _words(deeds.unread_again(**{**given, **other})) == said


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (TOLD, []),
        (replace(TOLD, unread=frozenset()), ["the lists say otherwise than the cursors"]),
        (replace(TOLD, counts=(0, 2)), ["the counts say otherwise than the lists"]),
        (replace(TOLD, seq=4), ["the lists say otherwise than the cursors"]),
    ],
)
def test_lists_that_say_otherwise_than_the_cursors_are_found(
    told: Receipts, said: list[str]
) -> None:
    found = _words(deeds.told_otherwise([told], MEMBERS, CURSORS))
    assert [word for word in found if word in said] == said
    assert bool(found) == bool(said)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({}, []),
        ({"stored": {5: {LI}}}, ["a DING calls others than it was to call"]),
        ({"stored": {}}, ["a DING calls others than it was to call"]),
        (
            {"calls": [CALL, replace(CALL, ding_id=6)], "stored": {5: {LI, ZHANG}, 6: {LI, ZHANG}}},
            ["DINGs [5, 6] of one client id"],
        ),
        ({"states": {Called(5, LI): "pending"}}, ["acknowledged as confirmed, but pending"]),
        ({"states": {}}, ["acknowledged as confirmed, but absent"]),
    ],
)
def test_a_lost_or_doubled_call_is_found(other: dict[str, Any], said: list[str]) -> None:
    given = {
        "calls": [CALL],
        "stored": {5: {LI, ZHANG}},
        "confirmed": [Called(5, LI)],
        "states": {Called(5, LI): "confirmed", Called(5, ZHANG): "pending"},
    }
    assert _words(deeds.miscalled(**{**given, **other})) == said


def test_a_lost_or_doubled_notice_is_found() -> None:
    assert deeds.unnoticed(["一", "二"], {LI: ["二", "一"]}) == []
    assert _words(deeds.unnoticed(["一", "二"], {LI: ["二"], ZHANG: ["一", "二"]})) == [
        "acknowledged but not listed"
    ]
    assert _words(deeds.unnoticed(["一"], {LI: ["一", "一"]})) == ["a notice is listed twice"]


def test_whoever_was_away_waits_from_her_return() -> None:
    screen: Screen = {ROOM: {seq: Sight(UUID(int=seq), "", at=10.0) for seq in (1, 2, 9)}}
    acks = [_ack(1, at=2.0), _ack(2, at=9.0), _ack(1, at=4.0)]
    assert deeds.waits(acks, [(screen, [0.5])]) == [1.0, 8.0]
    assert deeds.waits(acks, [(screen, [0.5, 9.5, 11.0])]) == [0.5, 0.5]


def test_what_is_late_counts_and_one_in_a_hundred_is_forgiven_where_that_is_allowed() -> None:
    delays = [0.1] * 199 + [2.0]
    assert deeds.late(delays, 1.0) == ["seen after 2.0 s, not 1.0"]
    assert deeds.mostly_late(delays, 1.0) == []
    assert len(deeds.mostly_late([*delays, 2.0, 2.0], 1.0)) == 3
