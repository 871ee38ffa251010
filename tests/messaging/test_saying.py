"""What a message is besides its words: answers, mentions, repetition."""

import json
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone

from messaging import errors
from messaging.models import Conversation, Member, Message
from messaging.services import messages
from org.models import Person
from tests import waiting
from tests.conftest import Budget
from tests.factories import FOUNDED, Province
from tests.messaging.conftest import Phone
from tests.messaging.saying import edit, forward, named_in, say


def test_an_answer_quotes_what_it_answers(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    wang.send(room, "请报送\n汛情   数据" + "。" * 80)
    say(li, room, "已报送", reply_to=1)
    quote = wang.page(room)["entries"][1]["reply_to"]
    assert quote == {
        "seq": 1,
        "sender_name": "王伟民",
        "excerpt": ("请报送 汛情 数据" + "。" * 80)[:60],
        "recalled": False,
    }


def test_nothing_is_left_of_a_recalled_message_in_its_answers(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    wang.send(room, "发错了")
    say(li, room, "收到", reply_to=1)
    wang.call("post", f"/conversations/{room}/messages/1/recall", {})
    page = li.get(f"/conversations/{room}/messages")
    assert page.json()["entries"][1]["reply_to"] == {
        "seq": 1, "sender_name": "王伟民", "excerpt": "", "recalled": True,
    }  # fmt: skip
    assert "发错了" not in page.content.decode()


@pytest.mark.parametrize("reply_to", [1, 99])
def test_an_event_or_nothing_is_not_answered(wang: Phone, li: Phone, reply_to: int) -> None:
    room = wang.group(li)
    answer = say(wang, room, "答", reply_to=reply_to)
    assert (answer.status_code, answer.json()["code"]) == (404, "MESSAGE_NOT_FOUND")
    assert len(wang.page(room)["entries"]) == 1


def test_what_was_said_before_one_came_is_not_answered(
    wang: Phone, li: Phone, zhang: Phone
) -> None:
    room = wang.group(li)
    wang.send(room, "此前")
    wang.call("post", f"/conversations/{room}/members", {"person_ids": [zhang.person_id]})
    assert say(zhang, room, "答", reply_to=2).json()["code"] == "MESSAGE_NOT_FOUND"
    assert say(li, room, "答", reply_to=2).status_code == 200


def test_what_was_said_before_one_came_stays_unseen_when_it_is_answered_or_edited(
    wang: Phone, li: Phone, zhang: Phone
) -> None:
    room = wang.group(li)
    say(wang, room, "人选名单")
    say(wang, room, "附言", reply_to=2)
    wang.call("post", f"/conversations/{room}/members", {"person_ids": [zhang.person_id]})
    assert say(li, room, "同意", reply_to=2).json()["seq"] == 5
    assert edit(wang, room, 2, "人选名单（改）").status_code == 200
    assert edit(wang, room, 3, "附言（改）").status_code == 200
    _, answer, *edits = zhang.page(room)["entries"]
    unseen = {"seq": 2, "sender_name": "", "excerpt": "[看不到的消息]", "recalled": False}
    assert answer["reply_to"] == unseen
    assert [entry["changed"] for entry in edits] == [None, None]
    assert "人选" not in json.dumps(zhang.page(room), ensure_ascii=False)
    *_, seen, of_list, of_words = li.page(room)["entries"]
    assert seen["reply_to"]["excerpt"] == "人选名单（改）"
    assert of_list["changed"]["body"] == "人选名单（改）"
    assert of_words["changed"]["reply_to"]["excerpt"] == "人选名单（改）"


def test_people_who_are_named_are_found_and_strangers_passed_over(
    wang: Phone, li: Phone, lin: Phone
) -> None:
    room = wang.group(li)
    say(wang, room, "@李建国 @林上城 请阅", mentions=[li.person_id, lin.person_id, li.person_id])
    assert wang.page(room)["entries"][-1]["mentions"] == [li.person_id]
    assert named_in(room, 2) == [li.person_id]


def test_a_unit_is_the_people_of_it_who_are_in_the_conversation(
    wang: Phone, li: Phone, lin: Phone, province: Province
) -> None:
    room = wang.group(li, lin)
    unit_id = province.actor("李建国").unit_id
    say(lin, room, "@民政局 请报送", mention_units=[unit_id])
    mentions = wang.page(room)["entries"][-1]["mentions"]
    assert li.person_id in mentions
    assert lin.person_id not in mentions
    assert named_in(room, 2) == sorted(mentions)


def test_a_message_names_five_hundred_people_and_not_one_more(
    wang: Phone, li: Phone, province: Province
) -> None:
    room = wang.group(li)
    crowd = Person.objects.bulk_create(
        Person(public_id=uuid.uuid4(), name="众", pinyin="zhong", initials="z", created_at=FOUNDED)
        for _ in range(500)
    )
    Member.objects.bulk_create(
        Member(conversation_id=room, person=person, joined_seq=1) for person in crowd
    )
    ids = [person.pk for person in crowd]
    unit_id = province.actor("李建国").unit_id
    answer = say(wang, room, "请阅", mentions=ids, mention_units=[unit_id])
    assert (answer.status_code, answer.json()["code"]) == (422, "MESSAGE_MENTIONS_TOO_MANY")
    assert Message.objects.filter(conversation_id=room).count() == 1
    assert say(wang, room, "请阅", mentions=ids).status_code == 200
    assert named_in(room, 2) == sorted(ids)


def test_everybody_is_called_by_whom_the_group_lets(wang: Phone, li: Phone) -> None:
    room = wang.group(li)
    refused = say(li, room, "@所有人 开会", mention_all=True)
    assert (refused.status_code, refused.json()["code"]) == (
        403, "CONVERSATION_MENTION_ALL_REFUSED",
    )  # fmt: skip
    assert Message.objects.filter(conversation_id=room).count() == 1
    assert Conversation.objects.get(pk=room).last_seq == 1
    assert say(wang, room, "@所有人 开会", mention_all=True).json()["seq"] == 2
    assert li.page(room)["entries"][-1]["mention_all"] is True


def test_people_send_texts_with_files_of_their_own_and_nothing_else(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    assert say(wang, room, "x", kind="card").status_code == 422
    assert say(wang, room, "x", kind="image").json()["code"] == "MESSAGE_KIND_INVALID"
    assert say(wang, room, "x", file_id=7).json()["code"] == "MESSAGE_KIND_INVALID"
    assert say(wang, room, "", kind="file", file_id=7).json()["code"] == "FILE_NOT_FOUND"
    assert wang.page(room)["entries"] == []


@pytest.mark.parametrize(
    "other",
    [{"reply_to": 1}, {"receipt": "confirm"}, {"body": "别的"}],
)
def test_the_same_id_with_other_content_is_a_conflict(
    wang: Phone, li: Phone, other: dict[str, Any]
) -> None:
    room, client_id = wang.direct(li), str(uuid.uuid4())
    say(wang, room, "甲")
    said = {"body": "乙", "client_message_id": client_id}
    assert say(wang, room, **said).json()["seq"] == 2
    again = say(wang, room, **said)
    assert (again.json()["seq"], again.json()["repeated"]) == (2, True)
    conflict = say(wang, room, **{**said, **other})
    assert (conflict.status_code, conflict.json()["code"]) == (409, "CLIENT_MESSAGE_CONFLICT")
    assert Message.objects.filter(conversation_id=room).count() == 2


def test_markup_stays_what_it_is(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    strings = ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "'; DROP TABLE x;--",
               "{{7*7}} ${7*7}", "\u202e倒\u200b字", "😀\u0301"]  # fmt: skip
    for text in strings:
        assert wang.send(room, text).status_code == 200
    assert [entry["body"] for entry in li.page(room)["entries"]] == strings


@pytest.mark.django_db(transaction=True)
def test_fifty_sends_of_one_id_at_once_store_one_row_and_get_one_answer(
    wang: Phone, li: Phone, province: Province
) -> None:
    room, client_id = wang.direct(li), uuid.uuid4()
    actor = province.actor("王伟民")
    answers: list[messages.Sent] = []

    def send() -> None:
        answers.append(
            messages.send(
                actor=actor,
                conversation_id=room,
                client_message_id=client_id,
                body="同一条",
                now=timezone.now(),
            )
        )

    in_threads(send, 50)
    assert {(one.seq, one.created_at) for one in answers} == {(1, answers[0].created_at)}
    assert sorted(one.repeated for one in answers) == [False] + [True] * 49
    assert Message.objects.filter(conversation_id=room).count() == 1
    assert Conversation.objects.get(pk=room).last_seq == 1


@pytest.mark.django_db(transaction=True)
def test_whoever_is_removed_while_her_message_waits_says_nothing(
    wang: Phone, li: Phone, province: Province
) -> None:
    room = wang.group(li)
    actor = province.actor("李建国")
    refusals: list[str] = []

    def send() -> None:
        try:
            messages.send(
                actor=actor,
                conversation_id=room,
                client_message_id=uuid.uuid4(),
                body="我还在吗",
                now=timezone.now(),
            )
        except errors.ConversationNotFound as refusal:
            refusals.append(refusal.code)

    with ThreadPoolExecutor(1) as pool, connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT 1 FROM messaging_conversation WHERE id = %s FOR UPDATE", [room])
        sending = pool.submit(closing(send))
        waiting.for_a_lock(sending)
        Member.objects.filter(conversation_id=room, person_id=li.person_id).update(left_seq=2)
        cursor.execute(
            "INSERT INTO messaging_message (conversation_id, seq, kind, body, created_at, event,"
            " mentions, mention_all, receipt)"
            " VALUES (%s, 2, 'event', '', now(), '{\"verb\": \"removed\"}', '{}', false, 'none')",
            [room],
        )
        cursor.execute("UPDATE messaging_conversation SET last_seq = 2 WHERE id = %s", [room])
        cursor.execute("COMMIT")
        sending.result()
    assert refusals == ["CONVERSATION_NOT_FOUND"]
    assert not Message.objects.filter(conversation_id=room, body="我还在吗").exists()
    assert Conversation.objects.get(pk=room).last_seq == 2


def test_the_queries_of_saying_are_budgeted(wang: Phone, li: Phone, budget: Budget) -> None:
    room, target = wang.group(li), wang.direct(li)
    with budget("messaging.messages.send_naming"):
        say(wang, room, "@李建国", mentions=[li.person_id])
    with budget("messaging.messages.edit"):
        edit(wang, room, 2, "改")
    with budget("messaging.messages.forward"):
        forward(wang, room, "singly", [2], [target])


def in_threads(act: Any, count: int) -> None:
    """Does it in so many threads at once, each on its own connection."""
    threads = [threading.Thread(target=closing(act)) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def closing(act: Any) -> Any:
    """The same, leaving no connection behind."""

    def run() -> None:
        try:
            act()
        finally:
            connections.close_all()

    return run
