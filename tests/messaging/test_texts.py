"""What the words of a message may be, whichever way they come."""

import pytest

from messaging.models import Message, MessageVersion
from tests.messaging.conftest import Phone

CONTROLS = [chr(code) for code in (*range(1, 9), 11, 12, 13, *range(14, 32), 127)]


@pytest.mark.parametrize("control", CONTROLS)
def test_control_characters_are_refused(wang: Phone, li: Phone, control: str) -> None:
    room = wang.direct(li)
    answer = wang.send(room, f"汛情{control}通报")
    assert (answer.status_code, answer.json()["code"]) == (422, "MESSAGE_UNPRINTABLE")
    assert not Message.objects.filter(conversation_id=room).exists()


def test_an_edit_does_not_bring_them_in(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    seq = wang.send(room, "汛情通报").json()["seq"]
    path = f"/conversations/{room}/messages/{seq}"
    answer = wang.call("patch", path, {"body": "汛情\x1b[2J通报"})
    assert (answer.status_code, answer.json()["code"]) == (422, "MESSAGE_UNPRINTABLE")
    assert [entry["body"] for entry in li.page(room)["entries"]] == ["汛情通报"]
    assert not MessageVersion.objects.filter(conversation_id=room).exists()


def test_tabs_stay_and_lines_end_in_one_way(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    wang.send(room, "一\t二\r\n三\n四\r\n")
    assert li.page(room)["entries"][0]["body"] == "一\t二\n三\n四"
