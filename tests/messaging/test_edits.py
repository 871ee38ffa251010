"""Editing and recalling: who may, until when, and what is left of what was said."""

import uuid
from datetime import timedelta

from messaging.models import Conversation, Message, MessageVersion
from tests.messaging.conftest import Phone
from tests.messaging.saying import edit, named_in, say


def test_an_edited_message_reads_anew_in_its_place(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    wang.send(room, "九点开会")
    edited = edit(wang, room, 1, "十点开会").json()
    assert (edited["seq"], edited["edited_at"] is not None) == (1, True)
    message, event = li.page(room)["entries"]
    assert (message["body"], message["edited_at"]) == ("十点开会", edited["edited_at"])
    assert (event["kind"], event["event"]["verb"], event["event"]["seq"]) == ("event", "edited", 1)
    pulled = li.get(f"/conversations/{room}/entries", after=1)
    changed = pulled.json()["entries"][0]["changed"]
    assert (changed["seq"], changed["body"]) == (1, "十点开会")
    assert "九点开会" not in pulled.content.decode()
    kept = MessageVersion.objects.get(conversation_id=room, seq=1)
    assert (kept.version, kept.body, kept.end) == (1, "九点开会", "edited")
    assert li.card(room)["unread"] == 1


def test_editing_to_the_same_words_changes_nothing(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    wang.send(room, "九点开会")
    first = edit(wang, room, 1, "十点开会").json()
    assert edit(wang, room, 1, " 十点开会 ").json() == first
    assert len(wang.page(room)["entries"]) == 2


def test_an_edited_message_sent_again_by_a_retry_stays_edited(wang: Phone, li: Phone) -> None:
    room, client_id = wang.direct(li), uuid.uuid4()
    wang.send(room, "九点开会", client_id)
    edit(wang, room, 1, "十点开会")
    assert wang.send(room, "九点开会", client_id).json()["repeated"] is True
    assert wang.send(room, "十点开会", client_id).status_code == 409
    assert wang.page(room)["entries"][0]["body"] == "十点开会"


def test_editing_names_others(wang: Phone, li: Phone, zhang: Phone) -> None:
    room = wang.group(li, zhang)
    say(wang, room, "@李建国 请阅", mentions=[li.person_id])
    edit(wang, room, 2, "@张晓梅 请阅", mentions=[zhang.person_id])
    assert named_in(room, 2) == [zhang.person_id]
    assert li.page(room)["entries"][1]["mentions"] == [zhang.person_id]


def test_an_edit_that_speaks_of_nobody_keeps_whom_the_message_names(
    wang: Phone, li: Phone, zhang: Phone
) -> None:
    room = wang.group(li, zhang)
    say(wang, room, "@李建国 九点开会", mentions=[li.person_id])
    changed = edit(wang, room, 2, "@李建国 十点开会")
    assert changed.status_code == 200
    assert named_in(room, 2) == [li.person_id]
    assert li.page(room)["entries"][1]["mentions"] == [li.person_id]
    assert li.card(room)["mentions"] == 1
    edit(wang, room, 2, "十点开会", mentions=[])
    assert named_in(room, 2) == []
    assert li.page(room)["entries"][1]["mentions"] == []
    assert li.card(room)["mentions"] == 0


def test_only_the_sender_edits_and_only_in_time(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    wang.send(room, "九点开会")
    assert edit(li, room, 1, "改").json()["code"] == "NOT_THE_SENDER"
    sent_at = Message.objects.get(conversation_id=room, seq=1).created_at
    Message.objects.filter(conversation_id=room).update(created_at=sent_at - timedelta(seconds=901))
    late = edit(wang, room, 1, "改")
    assert (late.status_code, late.json()["code"]) == (409, "MESSAGE_EDIT_TOO_LATE")
    assert [entry["body"] for entry in wang.page(room)["entries"]] == ["九点开会"]
    assert not MessageVersion.objects.filter(conversation_id=room).exists()


def test_a_recalled_message_is_not_edited(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    wang.send(room, "发错了")
    edit(wang, room, 1, "又错了")
    wang.call("post", f"/conversations/{room}/messages/1/recall", {})
    assert edit(wang, room, 1, "改").json()["code"] == "MESSAGE_ALREADY_RECALLED"
    versions = MessageVersion.objects.filter(conversation_id=room, seq=1).order_by("version")
    assert [(kept.body, kept.end) for kept in versions] == [
        ("发错了", "edited"), ("又错了", "recalled"),
    ]  # fmt: skip
    for word in ("发错了", "又错了"):
        assert word not in li.get(f"/conversations/{room}/entries", after=0).content.decode()


def test_a_recalled_message_calls_nobody(wang: Phone, li: Phone) -> None:
    room = wang.group(li)
    say(wang, room, "@李建国", mentions=[li.person_id])
    wang.call("post", f"/conversations/{room}/messages/2/recall", {})
    assert named_in(room, 2) == []
    assert li.page(room)["entries"][1]["mentions"] == []


def test_the_time_to_recall_is_the_conversations(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    wang.send(room, "请示")
    Conversation.objects.filter(pk=room).update(recall_minutes=10)
    sent_at = Message.objects.get(conversation_id=room, seq=1).created_at
    Message.objects.filter(conversation_id=room).update(created_at=sent_at - timedelta(minutes=9))
    assert wang.call("post", f"/conversations/{room}/messages/1/recall", {}).status_code == 200
