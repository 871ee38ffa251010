"""Sending, reading on and recalling, through the HTTP API."""

import time
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from core import redis
from messaging import bus
from messaging.models import Message, MessageVersion
from messaging.services import messages
from tests.conftest import Budget
from tests.factories import Province
from tests.messaging.conftest import Phone


def test_messages_are_numbered_without_a_hole(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    seqs = [phone.send(room, "好").json()["seq"] for phone in (wang, li, wang, wang)]
    assert seqs == [1, 2, 3, 4]
    page = li.page(room)
    assert [entry["seq"] for entry in page["entries"]] == [1, 2, 3, 4]
    assert [entry["sender_name"] for entry in page["entries"]] == [
        "王伟民", "李建国", "王伟民", "王伟民",
    ]  # fmt: skip
    assert page["complete"] is True


def test_the_same_client_id_is_stored_once_and_answered_alike(wang: Phone, li: Phone) -> None:
    room, client_id = wang.direct(li), uuid.uuid4()
    first = wang.send(room, "汛情通报", client_id).json()
    again = wang.send(room, "汛情通报", client_id).json()
    assert first == {
        "conversation_id": room,
        "client_message_id": str(client_id),
        "seq": 1,
        "created_at": first["created_at"],
        "repeated": False,
    }
    assert again == {**first, "repeated": True}
    assert Message.objects.filter(conversation_id=room).count() == 1


def test_the_same_client_id_with_another_text_is_a_conflict(wang: Phone, li: Phone) -> None:
    room, client_id = wang.direct(li), uuid.uuid4()
    wang.send(room, "汛情通报", client_id)
    answer = wang.send(room, "汛情解除", client_id)
    assert answer.status_code == 409
    assert answer.json()["code"] == "CLIENT_MESSAGE_CONFLICT"
    assert [entry["body"] for entry in wang.page(room)["entries"]] == ["汛情通报"]


def test_two_people_may_use_the_same_client_id(wang: Phone, li: Phone) -> None:
    room, client_id = wang.direct(li), uuid.uuid4()
    assert wang.send(room, "甲", client_id).json()["seq"] == 1
    assert li.send(room, "乙", client_id).json()["seq"] == 2


@pytest.mark.parametrize("body", ["", "  \n ", "\t"])
def test_a_blank_message_is_refused(wang: Phone, li: Phone, body: str) -> None:
    room = wang.direct(li)
    answer = wang.send(room, body)
    assert (answer.status_code, answer.json()["code"]) == (422, "MESSAGE_EMPTY")
    assert wang.page(room)["entries"] == []


def test_a_message_holds_16_kib_and_not_one_byte_more(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    assert wang.send(room, "汛" * 5461 + "x").status_code == 200
    answer = wang.send(room, "汛" * 5461 + "xy")
    assert (answer.status_code, answer.json()["code"]) == (413, "MESSAGE_TOO_LARGE")
    assert len(wang.page(room)["entries"]) == 1


def test_a_text_with_a_nul_is_refused(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    assert wang.send(room, "a\x00b").status_code == 422
    assert wang.page(room)["entries"] == []


def test_forged_fields_are_refused(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    for forged in ({"seq": 9}, {"sender_id": li.person_id}, {"created_at": "2020-01-01T00:00:00Z"}):
        content = {"client_message_id": str(uuid.uuid4()), "body": "x", **forged}
        answer = wang.call("post", f"/conversations/{room}/messages", content)
        assert answer.status_code == 422, forged
    assert wang.page(room)["entries"] == []


def test_a_strangers_conversation_looks_absent(wang: Phone, li: Phone, lin: Phone) -> None:
    room = wang.direct(li)
    wang.send(room, "内部")
    attempts = [
        lin.get(f"/conversations/{room}/messages"),
        lin.get(f"/conversations/{room}/entries", after=0),
        lin.get(f"/conversations/{room}"),
        lin.send(room, "插话"),
        lin.read(room, 1),
        lin.get(f"/conversations/{room}/messages/1/receipts"),
        lin.call("post", f"/conversations/{room}/messages/1/recall", {}),
        lin.call("patch", f"/conversations/{room}", {"title": "改名"}),
        lin.call("post", f"/conversations/{room}/leave", {}),
    ]
    absent = lin.get("/conversations/999999/messages").json()
    for answer in attempts:
        assert answer.status_code == 404
        assert answer.json()["code"] == absent["code"] == "CONVERSATION_NOT_FOUND"
        assert answer.json()["detail"] == absent["detail"]
    assert [entry["body"] for entry in li.page(room)["entries"]] == ["内部"]


def test_older_pages_end_where_the_log_begins(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    for number in range(1, 8):
        wang.send(room, f"第{number}条")
    newest = wang.page(room, limit=3)
    older = wang.page(room, limit=3, before=5)
    oldest = wang.page(room, limit=3, before=2)
    assert [entry["seq"] for entry in newest["entries"]] == [5, 6, 7]
    assert [entry["seq"] for entry in older["entries"]] == [2, 3, 4]
    assert [entry["seq"] for entry in oldest["entries"]] == [1]
    assert [page["complete"] for page in (newest, older, oldest)] == [False, False, True]


def test_a_pull_closes_the_gap(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    for number in range(1, 6):
        wang.send(room, f"第{number}条")
    path = f"/conversations/{room}/entries"
    part = li.get(path, after=1, limit=2).json()
    rest = li.get(path, after=part["through"]).json()
    assert ([entry["seq"] for entry in part["entries"]], part["complete"]) == ([2, 3], False)
    assert ([entry["seq"] for entry in rest["entries"]], rest["complete"]) == ([4, 5], True)
    assert rest["through"] == rest["last_seq"] == 5


def test_recalled_message_cannot_be_read(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    wang.send(room, "发错了")
    answer = wang.call("post", f"/conversations/{room}/messages/1/recall", {})
    assert answer.json() == {"conversation_id": room, "seq": 1, "event_seq": 2}
    for phone in (wang, li):
        message, event = phone.page(room)["entries"]
        assert (message["body"], message["recalled"]) == ("", True)
        assert (event["kind"], event["event"]["verb"], event["event"]["seq"]) == (
            "event", "recalled", 1,
        )  # fmt: skip
        assert "发错了" not in phone.get("/conversations").content.decode()
        pulled = phone.get(f"/conversations/{room}/entries", after=0)
        assert "发错了" not in pulled.content.decode()
    assert MessageVersion.objects.get(conversation_id=room, seq=1).body == "发错了"


def test_a_recalled_message_sent_again_by_a_retry_stays_recalled(wang: Phone, li: Phone) -> None:
    room, client_id = wang.direct(li), uuid.uuid4()
    wang.send(room, "发错了", client_id)
    wang.call("post", f"/conversations/{room}/messages/1/recall", {})
    assert wang.send(room, "发错了", client_id).json()["repeated"] is True
    assert wang.send(room, "别的", client_id).status_code == 409
    assert [entry["body"] for entry in wang.page(room)["entries"]] == ["", ""]


def test_only_the_sender_recalls_and_only_once(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    wang.send(room, "请示")
    path = f"/conversations/{room}/messages/1/recall"
    assert li.call("post", path, {}).json()["code"] == "NOT_THE_SENDER"
    assert wang.call("post", path, {}).status_code == 200
    assert wang.call("post", path, {}).json()["code"] == "MESSAGE_ALREADY_RECALLED"
    assert len(wang.page(room)["entries"]) == 2


def test_recall_ends_after_two_minutes(wang: Phone, li: Phone, province: Province) -> None:
    room = wang.direct(li)
    wang.send(room, "请示")
    sent_at = Message.objects.get(conversation_id=room, seq=1).created_at
    Message.objects.filter(conversation_id=room).update(created_at=sent_at - timedelta(seconds=121))
    answer = wang.call("post", f"/conversations/{room}/messages/1/recall", {})
    assert (answer.status_code, answer.json()["code"]) == (409, "RECALL_TOO_LATE")
    assert "2 分钟" in answer.json()["detail"]
    assert wang.page(room)["entries"][0]["body"] == "请示"


def test_an_event_is_not_recalled(wang: Phone, li: Phone) -> None:
    room = wang.group(li)
    answer = wang.call("post", f"/conversations/{room}/messages/1/recall", {})
    assert (answer.status_code, answer.json()["code"]) == (404, "MESSAGE_NOT_FOUND")


def test_a_burst_above_the_limit_is_refused_and_others_are_unharmed(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    assert wang.send(room, "一").status_code == 200
    _use_up(wang.person_id)
    refused = wang.send(room, "二")
    assert (refused.status_code, refused.json()["code"]) == (429, "SENDING_TOO_FAST")
    assert 0 < refused.json()["retry_after_ms"] <= 60_000
    changes = [
        wang.call("patch", f"/conversations/{room}/messages/1", {"body": "改"}),
        wang.call("post", f"/conversations/{room}/messages/1/recall", {}),
    ]
    assert [answer.status_code for answer in changes] == [429, 429]
    assert li.send(room, "在").status_code == 200
    assert [entry["body"] for entry in li.page(room)["entries"]] == ["一", "在"]


def test_repeating_a_message_does_not_count_against_the_limit(wang: Phone, li: Phone) -> None:
    room, client_id = wang.direct(li), uuid.uuid4()
    answers = [wang.send(room, "同一条", client_id) for _ in range(50)]
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.json()["seq"] for answer in answers} == {1}


def test_sending_writes_four_rows_whatever_the_groups_size(
    wang: Phone, li: Phone, province: Province
) -> None:
    everybody = [key for name, key in province.people.items() if name != "王伟民"]
    content = {"title": "全体", "person_ids": everybody}
    large = wang.call("post", "/conversations/groups", content).json()["conversation_id"]
    written = []
    for room in (wang.direct(li), large):
        before = _rows_written()
        messages.send(
            actor=province.actor("王伟民"),
            conversation_id=room,
            client_message_id=uuid.uuid4(),
            body="通知",
            now=timezone.now(),
        )
        written.append(_rows_written() - before)
    assert written == [4, 4]


def test_the_statement_that_stores_is_planned_once_for_a_connection(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)

    def run() -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT COALESCE(sum(generic_plans + custom_plans), 0) FROM pg_prepared_statements"
                " WHERE statement LIKE '%INSERT INTO messaging_message%'"
            )
            row: tuple[int] = cursor.fetchone()
            return int(row[0])

    before = run()
    for body in ("甲", "乙", "丙"):
        wang.send(room, body)
    assert run() == before + 3


def test_the_queries_of_sending_and_reading_are_budgeted(
    wang: Phone, li: Phone, budget: Budget
) -> None:
    room = wang.direct(li)
    with budget("messaging.messages.send"):
        wang.send(room, "一")
    with budget("messaging.messages.page"):
        li.get(f"/conversations/{room}/messages")
    with budget("messaging.messages.pull"):
        li.get(f"/conversations/{room}/entries", after=0)
    with budget("messaging.messages.recall"):
        wang.call("post", f"/conversations/{room}/messages/1/recall", {})


def _rows_written() -> int:
    """Inserted and updated rows of the current transaction, in the tables of messaging."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(pg_stat_get_xact_tuples_inserted(c.oid)"
            " + pg_stat_get_xact_tuples_updated(c.oid)), 0) FROM pg_class c"
            " WHERE c.relname LIKE 'messaging_%' AND c.relkind = 'r'"
        )
        return int(cursor.fetchone()[0])


def _use_up(person_id: int) -> None:
    """The person has sent so much that nothing more is taken for a minute."""
    in_a_minute = int((time.time() + 60) * 1000)
    redis.connection().set(bus.rate_key(person_id), in_a_minute, px=120_000)
