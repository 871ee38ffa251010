"""Passing messages on: one by one or as a record, and never what may not be."""

import uuid

from messaging.models import Conversation, Message, MessageVersion
from tests.messaging.conftest import Phone
from tests.messaging.saying import forward, say


def test_messages_are_forwarded_one_by_one_with_whose_words_they_are(
    wang: Phone, li: Phone, zhang: Phone, lin: Phone
) -> None:
    source, first, second = wang.direct(li), wang.group(zhang), wang.direct(lin)
    li.send(source, "水位 12.4 米")
    wang.send(source, "转各县")
    answer = forward(wang, source, "singly", [2, 1], [second, first])
    assert [one["conversation_id"] for one in answer.json()["sent"]] == [
        first, first, second, second,
    ]  # fmt: skip
    for phone, room in ((zhang, first), (lin, second)):
        carried = [entry for entry in phone.page(room)["entries"] if entry["kind"] == "text"]
        assert [(entry["body"], entry["forwarded"]["from_name"]) for entry in carried] == [
            ("水位 12.4 米", "李建国"), ("转各县", "王伟民"),
        ]  # fmt: skip
        assert {entry["sender_name"] for entry in carried} == {"王伟民"}


def test_forwarding_again_by_a_retry_stores_nothing_twice(
    wang: Phone, li: Phone, zhang: Phone
) -> None:
    source, target = wang.direct(li), wang.group(zhang)
    li.send(source, "水位 12.4 米")
    client_id = uuid.uuid4()
    for way in ("singly", "together"):
        first = forward(wang, source, way, [1], [target], client_id).json()["sent"]
        again = forward(wang, source, way, [1], [target], client_id).json()["sent"]
        assert again == [{**one, "repeated": True} for one in first]
    assert Message.objects.filter(conversation_id=target).count() == 3


def test_a_retry_is_acknowledged_also_once_the_source_is_gone(
    wang: Phone, li: Phone, zhang: Phone
) -> None:
    source, target = wang.direct(li), wang.group(zhang)
    li.send(source, "水位 12.4 米")
    client_id = uuid.uuid4()
    first = forward(wang, source, "singly", [1], [target], client_id).json()["sent"]
    li.call("post", f"/conversations/{source}/messages/1/recall", {})
    again = forward(wang, source, "singly", [1], [target], client_id).json()["sent"]
    assert again == [{**one, "repeated": True} for one in first]
    other = forward(wang, source, "singly", [1], [target])
    assert other.json()["code"] == "MESSAGE_NOT_FORWARDABLE"


def test_messages_are_forwarded_together_as_one_record(
    wang: Phone, li: Phone, zhang: Phone
) -> None:
    source, target = wang.direct(li), wang.group(zhang)
    for number in range(1, 7):
        (wang, li)[number % 2].send(source, f"第{number}条")
    forward(wang, source, "together", [1, 2, 3, 4, 5, 6], [target])
    entry = zhang.page(target)["entries"][-1]
    assert (entry["kind"], entry["body"]) == ("record", "李建国与王伟民的聊天记录")
    assert entry["forwarded"] == {
        "from_name": "",
        "count": 6,
        "lines": ["李建国：第1条", "王伟民：第2条", "李建国：第3条", "王伟民：第4条"],
    }
    opened = zhang.get(f"/conversations/{target}/messages/{entry['seq']}/record").json()
    assert [item["body"] for item in opened["items"]] == [f"第{n}条" for n in range(1, 7)]
    assert li.get(f"/conversations/{target}/messages/{entry['seq']}/record").status_code == 404


def test_a_recalled_record_is_gone(wang: Phone, li: Phone, zhang: Phone) -> None:
    source, target = wang.direct(li), wang.group(zhang)
    li.send(source, "水位 12.4 米")
    seq = forward(wang, source, "together", [1], [target]).json()["sent"][0]["seq"]
    wang.call("post", f"/conversations/{target}/messages/{seq}/recall", {})
    assert zhang.get(f"/conversations/{target}/messages/{seq}/record").status_code == 404
    kept = MessageVersion.objects.get(conversation_id=target, seq=seq)
    assert kept.content is not None
    assert kept.content["items"][0]["body"] == "水位 12.4 米"


def test_nothing_is_forwarded_that_may_not_be(
    wang: Phone, li: Phone, zhang: Phone, lin: Phone
) -> None:
    source, target = wang.group(li), wang.group(zhang)
    wang.send(source, "内部")
    wang.send(source, "发错了")
    wang.call("post", f"/conversations/{source}/messages/3/recall", {})
    foreign = lin.direct(zhang)
    attempts = {
        "MESSAGE_NOT_FORWARDABLE": forward(wang, source, "singly", [1], [target]),
        "MESSAGE_NOT_FOUND": forward(wang, source, "singly", [2, 99], [target]),
        "CONVERSATION_NOT_FOUND": forward(wang, source, "singly", [2], [target, foreign]),
    }
    for code, answer in attempts.items():
        assert answer.json()["code"] == code
    recalled = forward(wang, source, "together", [3], [target])
    assert recalled.json()["code"] == "MESSAGE_NOT_FORWARDABLE"
    assert forward(zhang, source, "singly", [2], [target]).status_code == 404
    Conversation.objects.filter(pk=source).update(forwarding=False)
    refused = forward(wang, source, "singly", [2], [target])
    assert (refused.status_code, refused.json()["code"]) == (403, "MESSAGE_FORWARDING_REFUSED")
    assert Message.objects.filter(conversation_id__in=[target, foreign]).count() == 1


def test_forwarding_into_a_conversation_is_no_reading_of_it(
    wang: Phone, li: Phone, zhang: Phone
) -> None:
    source, target = wang.direct(li), wang.group(zhang)
    li.send(source, "水位 12.4 米")
    say(zhang, target, "请今天回复", mentions=[wang.person_id])
    forward(wang, source, "singly", [1], [target])
    forward(wang, source, "together", [1], [target])
    card = wang.card(target)
    assert (card["unread"], card["mentions"], card["read_seq"]) == (1, 1, 0)
    receipts = zhang.get(f"/conversations/{target}/messages/2/receipts", state="unread").json()
    assert [one["name"] for one in receipts["items"]] == ["王伟民"]


def test_whoever_has_read_all_has_read_what_she_forwards(
    wang: Phone, li: Phone, zhang: Phone
) -> None:
    source, target = wang.direct(li), wang.group(zhang)
    li.send(source, "水位 12.4 米")
    wang.send(target, "请看")
    forward(wang, source, "singly", [1], [target])
    assert wang.card(target)["read_seq"] == 3
