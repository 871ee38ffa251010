"""Taking down what others said: who may, and that only those who examine read it still."""

from datetime import timedelta
from typing import Any

from core.models import AuditEntry
from messaging.models import Conversation, Mention, Message, MessageVersion
from tests.messaging.conftest import Phone
from tests.messaging.saying import say

LEAK = "身份证号 330102199001011234"


def _withdraw(phone: Phone, room: int, seq: int) -> Any:
    return phone.call("post", f"/conversations/{room}/messages/{seq}/withdraw")


def _appoint(owner: Phone, room: int, who: Phone) -> None:
    path = f"/conversations/{room}/members/{who.person_id}/role"
    assert owner.call("put", path, {"role": "admin"}).status_code == 200


def _refused(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_what_an_administrator_takes_down_nobody_reads(
    wang: Phone, li: Phone, zhang: Phone
) -> None:
    room = wang.group(li, zhang)
    seq = say(li, room, f"@张晓梅 {LEAK}", mentions=[zhang.person_id]).json()["seq"]
    said_at = Message.objects.get(conversation_id=room, seq=seq).created_at
    Message.objects.filter(conversation_id=room).update(created_at=said_at - timedelta(days=30))
    taken = _withdraw(wang, room, seq)
    assert taken.json() == {"conversation_id": room, "seq": seq, "event_seq": seq + 1}
    for phone in (wang, li, zhang):
        answer = phone.get(f"/conversations/{room}/entries", after=seq - 1)
        assert LEAK not in answer.content.decode()
        message, event = answer.json()["entries"]
        assert (message["recalled"], message["withdrawn"], message["body"]) == (True, True, "")
        assert event["event"] == {
            "verb": "recalled", "by_id": wang.person_id, "by_name": "王伟民", "seq": seq,
            "withdrawn": True,
        }  # fmt: skip
    assert (zhang.card(room)["unread"], zhang.card(room)["mentions"]) == (0, 0)
    assert not Mention.objects.filter(conversation_id=room).exists()
    assert not zhang.get("/search/messages", q="330102199001011234").json()["items"]


def test_its_trace_names_who_took_it_down_and_whose_it_was(wang: Phone, li: Phone) -> None:
    room = wang.group(li)
    li.send(room, LEAK)
    _withdraw(wang, room, 2)
    kept = MessageVersion.objects.get(conversation_id=room, seq=2)
    assert (kept.body, kept.end, kept.ended_by_id) == (LEAK, "removed", wang.person_id)
    entry = AuditEntry.objects.get(action="messaging.message.withdrawn")
    assert (entry.person_id, entry.object_id) == (wang.person_id, f"{room}#2")
    assert entry.detail == {"sender_id": li.person_id}


def test_an_own_recall_is_no_taking_down(wang: Phone, li: Phone) -> None:
    room = wang.group(li)
    li.send(room, "发错了")
    li.call("post", f"/conversations/{room}/messages/2/recall")
    message = wang.page(room)["entries"][1]
    assert (message["recalled"], message["withdrawn"]) == (True, False)
    assert _refused(_withdraw(wang, room, 2)) == (409, "MESSAGE_ALREADY_RECALLED")
    assert MessageVersion.objects.get(conversation_id=room).end == "recalled"


def test_nobody_else_takes_anything_down(wang: Phone, li: Phone, zhang: Phone, lin: Phone) -> None:
    room, direct = wang.group(li, zhang), wang.direct(li)
    _appoint(wang, room, zhang)
    owners = wang.send(room, "群主的话").json()["seq"]
    members = li.send(room, "成员的话").json()["seq"]
    wang.send(direct, "两人之间")
    stood = list(Message.objects.order_by("conversation_id", "seq").values())
    tried = [
        _withdraw(li, room, owners),
        _withdraw(li, room, members),
        _withdraw(zhang, room, owners),
        _withdraw(li, direct, 1),
        _withdraw(lin, room, members),
        _withdraw(wang, room, 1),
        _withdraw(wang, room, 99),
    ]
    assert [_refused(answer) for answer in tried] == [
        (403, "CONVERSATION_ADMIN_ONLY"),
        (403, "CONVERSATION_ADMIN_ONLY"),
        (403, "NOT_THE_GROUP_OWNER"),
        (409, "NOT_A_GROUP"),
        (404, "CONVERSATION_NOT_FOUND"),
        (404, "MESSAGE_NOT_FOUND"),
        (404, "MESSAGE_NOT_FOUND"),
    ]
    assert list(Message.objects.order_by("conversation_id", "seq").values()) == stood
    assert not MessageVersion.objects.exists()
    assert not AuditEntry.objects.filter(action="messaging.message.withdrawn").exists()


def test_an_administrator_takes_down_what_members_and_leavers_said(
    wang: Phone, li: Phone, zhang: Phone, lin: Phone
) -> None:
    room = wang.group(li, zhang, lin)
    _appoint(wang, room, zhang)
    seqs = [phone.send(room, LEAK).json()["seq"] for phone in (li, lin, zhang)]
    lin.call("post", f"/conversations/{room}/leave")
    assert [_withdraw(zhang, room, seq).status_code for seq in seqs] == [200] * 3
    assert not Message.objects.filter(conversation_id=room, body=LEAK).exists()


def test_it_works_where_nothing_is_said_any_more(wang: Phone, li: Phone) -> None:
    room = wang.group(li)
    li.send(room, LEAK)
    wang.call("post", f"/conversations/{room}/dissolve")
    assert Conversation.objects.get(pk=room).dissolved_at is not None
    assert _withdraw(wang, room, 2).status_code == 200
    assert LEAK not in li.get(f"/conversations/{room}/messages").content.decode()


def test_whoever_was_appointed_later_takes_down_only_what_she_sees(
    wang: Phone, li: Phone, zhang: Phone
) -> None:
    room = wang.group(li)
    li.send(room, LEAK)
    wang.call("post", f"/conversations/{room}/members", {"person_ids": [zhang.person_id]})
    _appoint(wang, room, zhang)
    assert _refused(_withdraw(zhang, room, 2)) == (404, "MESSAGE_NOT_FOUND")
    assert Message.objects.get(conversation_id=room, seq=2).body == LEAK
