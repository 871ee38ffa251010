"""The token that says what a client knows: whatever concerns it changes it, nothing else does."""

import pytest

from tests.messaging import dings as say
from tests.messaging.conftest import Phone

pytestmark = pytest.mark.usefixtures("working_hours")


def _state(phone: Phone) -> str:
    return str(phone.get("/sync").json()["state"])


def test_a_ding_to_an_old_message_is_news_for_its_sender_and_those_it_calls(
    wang: Phone, li: Phone, zhang: Phone
) -> None:
    room = wang.group(li, zhang)
    wang.send(room, "立即到岗")
    li.read(room, 2)
    zhang.read(room, 2)
    before = [_state(phone) for phone in (wang, li, zhang)]
    ding_id = say.of_message(wang, room, 2, li).json()["ding_id"]
    opened = [_state(phone) for phone in (wang, li, zhang)]
    assert [one != two for one, two in zip(before, opened, strict=True)] == [True, True, False]
    # Whoever names what she knew is told of everything, and looks at her DINGs with it.
    said = li.get("/sync", state=before[1]).json()
    assert (said["whole"], said["state"]) == (True, opened[1])
    assert li.get("/sync", state=opened[1]).json()["heads"] == []

    assert say.confirm(li, ding_id).status_code == 200
    confirmed = [_state(phone) for phone in (wang, li, zhang)]
    assert [one != two for one, two in zip(opened, confirmed, strict=True)] == [True, True, False]
    assert [_state(phone) for phone in (wang, li, zhang)] == confirmed


def test_recalling_a_ding_is_news_too(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    wang.send(room, "立即到岗")
    li.read(room, 1)
    ding_id = say.of_message(wang, room, 1, li).json()["ding_id"]
    opened = [_state(phone) for phone in (wang, li)]
    assert wang.call("post", f"/dings/{ding_id}/recall", {}).status_code == 200
    recalled = [_state(phone) for phone in (wang, li)]
    assert [one != two for one, two in zip(opened, recalled, strict=True)] == [True, True]


def test_recalling_a_ding_that_everybody_has_confirmed_is_news_for_its_sender_alone(
    wang: Phone, li: Phone
) -> None:
    room = wang.direct(li)
    ding_id = say.opened(wang, room, li)
    say.confirm(li, ding_id)
    confirmed = [_state(phone) for phone in (wang, li)]
    assert wang.call("post", f"/dings/{ding_id}/recall", {}).json() == {"ended": 0}
    recalled = [_state(phone) for phone in (wang, li)]
    assert [one != two for one, two in zip(confirmed, recalled, strict=True)] == [True, False]
