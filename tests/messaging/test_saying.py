"""What a message is besides its words: answers, mentions, editing, forwarding, repetition."""

import json
import threading
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone

from messaging import errors
from messaging.models import Conversation, Member, Mention, Message, MessageVersion
from messaging.services import messages
from org.models import Person
from tests.conftest import Budget
from tests.factories import FOUNDED, Province
from tests.messaging.conftest import Phone


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

    thread = threading.Thread(target=closing(send))
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT 1 FROM messaging_conversation WHERE id = %s FOR UPDATE", [room])
        thread.start()
        await_waiter(room)
        Member.objects.filter(conversation_id=room, person_id=li.person_id).update(left_seq=2)
        cursor.execute(
            "INSERT INTO messaging_message (conversation_id, seq, kind, body, created_at, event,"
            " mentions, mention_all, receipt)"
            " VALUES (%s, 2, 'event', '', now(), '{\"verb\": \"removed\"}', '{}', false, 'none')",
            [room],
        )
        cursor.execute("UPDATE messaging_conversation SET last_seq = 2 WHERE id = %s", [room])
        cursor.execute("COMMIT")
    thread.join()
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


def say(phone: Phone, room: int, body: str = "", **more: Any) -> Any:
    """The answer to sending a message that is more than its words."""
    content = {"client_message_id": str(uuid.uuid4()), "body": body, **more}
    return phone.call("post", f"/conversations/{room}/messages", content)


def edit(phone: Phone, room: int, seq: int, body: str, **more: Any) -> Any:
    """The answer to editing."""
    return phone.call("patch", f"/conversations/{room}/messages/{seq}", {"body": body, **more})


def forward(
    phone: Phone, room: int, way: str, seqs: list[int], to: list[int], key: uuid.UUID | None = None
) -> Any:
    """The answer to forwarding."""
    content = {"client_message_id": str(key or uuid.uuid4()), "seqs": seqs, "to": to}
    return phone.call("post", f"/conversations/{room}/forward-{way}", content)


def named_in(room: int, seq: int) -> list[int]:
    """Whom the rows of mentions name."""
    rows = Mention.objects.filter(conversation_id=room, seq=seq).order_by("person_id")
    return list(rows.values_list("person_id", flat=True))


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


def await_waiter(room: int) -> None:
    """Returns once a statement waits for a lock."""
    while True:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
