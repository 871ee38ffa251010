"""Pinning, silencing, and the hours in which nothing but DING disturbs."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from messaging.queries import settings
from messaging.services import settings as services
from tests.conftest import Budget
from tests.messaging.conftest import Phone

_TIMES = [(8, 0, False), (22, 29, False), (22, 30, True), (23, 59, True), (6, 59, True)]


def test_pinned_conversations_stand_first_on_the_first_page(
    wang: Phone, li: Phone, zhang: Phone, lin: Phone
) -> None:
    rooms = [wang.direct(other) for other in (li, zhang, lin)]
    for room in rooms:
        wang.send(room, "好")
    for room in (rooms[1], rooms[0]):
        path = f"/conversations/{room}/settings"
        assert wang.call("patch", path, {"pinned": True}).json()["pinned"] is True
    first = wang.get("/conversations", limit=1).json()
    assert [(one["id"], one["pinned"]) for one in first["items"]] == [
        (rooms[0], True),
        (rooms[1], True),
        (rooms[2], False),
    ]
    assert first["next_cursor"] is None
    assert [one["pinned"] for one in li.get("/conversations").json()["items"]] == [False]
    wang.call("patch", f"/conversations/{rooms[0]}/settings", {"pinned": False})
    listed = [one["id"] for one in wang.get("/conversations").json()["items"]]
    assert listed == [rooms[1], rooms[2], rooms[0]]


def test_no_more_than_fifty_are_pinned(
    wang: Phone, li: Phone, zhang: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "PINNED_AT_MOST", 1)
    one, two = wang.direct(li), wang.direct(zhang)
    wang.call("patch", f"/conversations/{one}/settings", {"pinned": True})
    answer = wang.call("patch", f"/conversations/{two}/settings", {"pinned": True})
    assert (answer.status_code, answer.json()["code"]) == (409, "CONVERSATION_TOO_MANY_PINNED")
    assert wang.get(f"/conversations/{two}/settings").json()["pinned"] is False


def test_a_silent_conversation_counts_in_its_row_but_not_in_the_total(
    wang: Phone, li: Phone
) -> None:
    room = wang.group(li)
    path = f"/conversations/{room}/settings"
    answer = li.call("patch", path, {"level": "mentions"})
    assert answer.json() == {
        "conversation_id": room,
        "pinned": False,
        "level": "mentions",
        "muted": True,
    }
    wang.send(room, "一般消息")
    assert (li.card(room)["unread"], li.card(room)["level"]) == (1, "mentions")
    assert li.get("/unread").json()["messages"] == 0
    li.call("patch", path, {"level": "all"})
    assert li.get("/unread").json()["messages"] == 1
    li.call("patch", path, {"level": "none"})
    assert li.get("/unread").json()["messages"] == 0
    assert li.call("patch", path, {"level": "loud"}).status_code == 422


def test_settings_outlive_leaving_and_coming_back(wang: Phone, li: Phone) -> None:
    room = wang.group(li)
    li.call("patch", f"/conversations/{room}/settings", {"pinned": True})
    li.call("post", f"/conversations/{room}/leave", {})
    assert li.get("/conversations").json()["items"] == []
    wang.call("post", f"/conversations/{room}/members", {"person_ids": [li.person_id]})
    assert li.card(room)["pinned"] is True


@pytest.mark.parametrize(("hour", "minute", "resting"), _TIMES)
def test_quiet_hours_run_over_midnight(
    wang: Phone, li: Phone, hour: int, minute: int, resting: bool
) -> None:
    content = {"begins": "22:30", "ends": "07:00"}
    assert wang.call("put", "/quiet-hours", content).status_code == 200
    at = datetime(2026, 11, 23, hour, minute, tzinfo=ZoneInfo("Asia/Shanghai"))
    people = [wang.person_id, li.person_id]
    assert settings.resting(people, at=at) == ({wang.person_id} if resting else set())


def test_quiet_hours_are_set_and_cleared(wang: Phone) -> None:
    assert wang.get("/quiet-hours").json() == {"begins": None, "ends": None}
    wang.call("put", "/quiet-hours", {"begins": "12:00", "ends": "14:00"})
    assert wang.get("/quiet-hours").json() == {"begins": "12:00", "ends": "14:00"}
    refused = wang.call("put", "/quiet-hours", {"begins": "12:00", "ends": "12:00"})
    assert refused.json()["code"] == "CONVERSATION_QUIET_HOURS_EMPTY"
    assert wang.get("/quiet-hours").json() == {"begins": "12:00", "ends": "14:00"}
    assert wang.call("delete", "/quiet-hours").json() == {"begins": None, "ends": None}


def test_the_queries_of_settings_are_budgeted(wang: Phone, li: Phone, budget: Budget) -> None:
    room = wang.group(li)
    with budget("messaging.settings.change"):
        wang.call("patch", f"/conversations/{room}/settings", {"pinned": True})
