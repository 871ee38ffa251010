"""Who has read a message and who has not, exact by membership."""

from typing import Any

from tests.conftest import Budget
from tests.messaging.conftest import Phone


def _lists(phone: Phone, room: int, seq: int) -> tuple[list[str], list[str]]:
    read, unread = (
        [who["name"] for who in _page(phone, room, seq, state)["items"]]
        for state in ("read", "unread")
    )
    return read, unread


def _page(phone: Phone, room: int, seq: int, state: str, **query: str | int) -> Any:
    answer = phone.get(f"/conversations/{room}/messages/{seq}/receipts", state=state, **query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_the_lists_name_who_has_read_and_who_has_not(wang: Phone, li: Phone, zhang: Phone) -> None:
    room = wang.group(li, zhang)
    wang.send(room, "请阅")
    assert _lists(wang, room, 2) == ([], ["李建国", "张晓梅"])
    li.read(room, 2)
    assert _lists(wang, room, 2) == (["李建国"], ["张晓梅"])
    entry = wang.page(room)["entries"][-1]
    assert entry["counts"] == {"read": 1, "unread": 1}
    reader = _page(wang, room, 2, "read")["items"][0]
    assert (reader["unit_name"], reader["title"]) == ("西湖区民政局", "副局长")


def test_each_message_has_its_own_reading_time(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    for body in ("一", "二", "三"):
        wang.send(room, body)
    li.read(room, 1)
    li.read(room, 3)
    times = [_page(wang, room, seq, "read")["items"][0]["read_at"] for seq in (1, 2, 3)]
    assert times[0] < times[1] == times[2]


def test_a_cursor_never_goes_back(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    wang.send(room, "一")
    wang.send(room, "二")
    assert li.read(room, 2).json() == {"conversation_id": room, "read_seq": 2}
    assert li.read(room, 1).json() == {"conversation_id": room, "read_seq": 2}
    assert _lists(wang, room, 2) == (["李建国"], [])


def test_reading_what_does_not_exist_is_refused(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    wang.send(room, "一")
    answer = li.read(room, 2)
    assert (answer.status_code, answer.json()["code"]) == (422, "SEQ_BEYOND_LOG")
    assert _lists(wang, room, 1) == ([], ["李建国"])


def test_the_lists_stay_exact_after_people_come_and_go(
    wang: Phone, li: Phone, zhang: Phone, lin: Phone
) -> None:
    room = wang.group(li, zhang)
    wang.send(room, "第一条")
    li.read(room, 2)
    wang.call("delete", f"/conversations/{room}/members/{zhang.person_id}")
    wang.call("post", f"/conversations/{room}/members", {"person_ids": [lin.person_id]})
    wang.send(room, "第二条")
    lin.read(room, 5)
    assert _lists(wang, room, 2) == (["李建国"], ["张晓梅"])
    assert _lists(wang, room, 5) == (["林上城"], ["李建国"])


def test_sending_is_reading(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    wang.send(room, "问")
    li.send(room, "答")
    assert _lists(wang, room, 1) == (["李建国"], [])
    assert _lists(li, room, 2) == ([], ["王伟民"])


def test_the_lists_are_the_senders_alone(wang: Phone, li: Phone, zhang: Phone) -> None:
    room = wang.group(li, zhang)
    wang.send(room, "请阅")
    answer = li.get(f"/conversations/{room}/messages/2/receipts")
    assert (answer.status_code, answer.json()["code"]) == (403, "NOT_THE_SENDER")
    assert li.page(room)["entries"][-1]["counts"] is None


def test_the_queries_of_receipts_are_budgeted(
    wang: Phone, li: Phone, zhang: Phone, budget: Budget
) -> None:
    room = wang.group(li, zhang)
    wang.send(room, "请阅")
    with budget("messaging.receipts.read"):
        li.read(room, 2)
    with budget("messaging.receipts.lists"):
        wang.get(f"/conversations/{room}/messages/2/receipts")
