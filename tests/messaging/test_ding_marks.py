"""Which messages of a conversation show that they were DINGed, and to whom."""

from typing import Any

import pytest

from tests.conftest import Budget
from tests.messaging import dings as say
from tests.messaging.conftest import Phone

pytestmark = pytest.mark.usefixtures("working_hours")


def _marks(phone: Phone, room: int, first: int = 1, last: int = 100) -> list[dict[str, Any]]:
    answer = phone.get(f"/conversations/{room}/dings", first=first, last=last)
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def test_a_ding_marks_its_message_for_its_sender_and_those_it_calls_alone(
    wang: Phone, li: Phone, zhang: Phone
) -> None:
    room = wang.group(li, zhang)
    ding_id = say.opened(wang, room, li)
    (sent,) = _marks(wang, room)
    (called,) = _marks(li, room)
    counts = {"pending": 1, "confirmed": 0, "recalled": 0, "unreachable": 0, "exhausted": 0}
    assert (sent["ding_id"], sent["state"], sent["counts"]) == (ding_id, None, counts)
    assert (called["ding_id"], called["state"], called["counts"], called["sender_name"]) == (
        ding_id, "pending", None, "王伟民",
    )  # fmt: skip
    assert called["seq"] == sent["seq"] == li.page(room)["last_seq"]
    assert _marks(zhang, room) == []
    say.confirm(li, ding_id)
    assert [mark["counts"]["confirmed"] for mark in _marks(wang, room)] == [1]
    assert [mark["state"] for mark in _marks(li, room)] == ["confirmed"]


def test_only_the_messages_asked_for_are_marked(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    for _ in range(3):
        say.opened(wang, room, li)
    assert [mark["seq"] for mark in _marks(li, room)] == [1, 2, 3]
    assert [mark["seq"] for mark in _marks(wang, room, 2, 2)] == [2]
    assert _marks(li, room, 3, 2) == []


def test_of_several_dings_of_a_message_the_one_that_waits_is_shown(
    wang: Phone, li: Phone, zhang: Phone
) -> None:
    room = wang.group(li, zhang)
    seq = wang.send(room, "水位超警戒").json()["seq"]
    first = say.of_message(wang, room, seq, li, zhang).json()["ding_id"]
    second = say.of_message(zhang, room, seq, li).json()["ding_id"]
    say.confirm(li, second)
    assert [(mark["ding_id"], mark["state"]) for mark in _marks(li, room)] == [(first, "pending")]
    # Whoever is called and has opened one herself sees her own once she has confirmed.
    assert [mark["ding_id"] for mark in _marks(zhang, room)] == [first]
    say.confirm(zhang, first)
    (own,) = _marks(zhang, room)
    assert (own["ding_id"], own["state"], own["counts"]["confirmed"]) == (second, None, 1)


def test_strangers_see_no_marks(wang: Phone, li: Phone, lin: Phone) -> None:
    room = wang.direct(li)
    say.opened(wang, room, li)
    answer = lin.get(f"/conversations/{room}/dings", first=1, last=9)
    assert (answer.status_code, answer.json()["code"]) == (404, "CONVERSATION_NOT_FOUND")


def test_the_queries_of_marks_are_budgeted(wang: Phone, li: Phone, budget: Budget) -> None:
    room = wang.direct(li)
    say.opened(wang, room, li)
    with budget("messaging.dings.marks"):
        wang.get(f"/conversations/{room}/dings", first=1, last=9)
