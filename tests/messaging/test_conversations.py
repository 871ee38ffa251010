"""Opening conversations and changing who belongs to them."""

import pytest

from core.audit import verify
from messaging.models import Conversation, Member
from tests.conftest import Budget
from tests.factories import Province
from tests.messaging.conftest import Phone


def test_two_people_have_one_direct_conversation(wang: Phone, li: Phone) -> None:
    assert wang.direct(li) == wang.direct(li) == li.direct(wang)
    assert Conversation.objects.count() == 1
    assert Member.objects.count() == 2


def test_a_direct_conversation_shows_the_others_name(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    wang.send(room, "在吗")
    assert (wang.card(room)["title"], wang.card(room)["peer_id"]) == ("李建国", li.person_id)
    assert (li.card(room)["title"], li.card(room)["peer_id"]) == ("王伟民", wang.person_id)


def test_an_empty_direct_conversation_shows_to_whoever_opened_it(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    assert wang.card(room)["last_entry"] is None
    assert li.get("/conversations").json()["items"] == []


def test_a_list_shows_what_was_said_last_as_it_reads_now(wang: Phone, li: Phone) -> None:
    room = wang.group(li)
    for text in ("早先的话", "较早的话", "最后的话"):
        wang.send(room, text)
    wang.call("patch", f"/conversations/{room}/messages/2", {"body": "早先的话（改）"})
    wang.call("post", f"/conversations/{room}/messages/3/recall", {})
    shown = li.card(room)["last_entry"]
    assert (shown["seq"], shown["body"], shown["recalled"]) == (4, "最后的话", False)
    wang.call("patch", f"/conversations/{room}/messages/4", {"body": "最后的话（改）"})
    shown = li.card(room)["last_entry"]
    assert (shown["seq"], shown["body"]) == (4, "最后的话（改）")
    wang.call("post", f"/conversations/{room}/messages/4/recall", {})
    shown = li.card(room)["last_entry"]
    assert (shown["seq"], shown["sender_name"], shown["body"], shown["recalled"]) == (
        4, "王伟民", "", True,
    )  # fmt: skip


def test_a_list_shows_newcomers_nothing_that_was_said_before_they_came(
    wang: Phone, li: Phone, zhang: Phone
) -> None:
    room = wang.group(li)
    wang.send(room, "早先的话")
    wang.call("post", f"/conversations/{room}/members", {"person_ids": [zhang.person_id]})
    wang.call("patch", f"/conversations/{room}/messages/2", {"body": "改过的话"})
    assert zhang.card(room)["last_entry"] is None
    assert li.card(room)["last_entry"]["body"] == "改过的话"


@pytest.mark.parametrize(
    ("person_id", "code"), [("own", "TALKING_TO_ONESELF"), (987_654, "UNKNOWN_PEOPLE")]
)
def test_a_direct_conversation_takes_another_known_person(
    wang: Phone, person_id: str | int, code: str
) -> None:
    wanted = wang.person_id if person_id == "own" else person_id
    answer = wang.call("post", "/conversations/direct", {"person_id": wanted})
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert Conversation.objects.count() == 0


def test_a_group_begins_with_the_entry_that_made_it(wang: Phone, li: Phone, zhang: Phone) -> None:
    room = wang.group(li, zhang, title="防汛工作群")
    entry = zhang.page(room)["entries"][0]
    assert (entry["seq"], entry["kind"]) == (1, "event")
    assert entry["event"] == {
        "verb": "created",
        "by_id": wang.person_id,
        "by_name": "王伟民",
        "people": [
            {"id": li.person_id, "name": "李建国"},
            {"id": zhang.person_id, "name": "张晓梅"},
        ],
        "title": "防汛工作群",
    }
    detail = li.get(f"/conversations/{room}").json()
    assert detail["card"]["member_count"] == 3
    assert [(member["name"], member["role"]) for member in detail["members"]] == [
        ("王伟民", "owner"),
        ("李建国", "member"),
        ("张晓梅", "member"),
    ]


def test_a_group_of_unknown_people_is_refused(wang: Phone, li: Phone) -> None:
    content = {"title": "群", "person_ids": [li.person_id, 987_654]}
    answer = wang.call("post", "/conversations/groups", content)
    assert (answer.status_code, answer.json()["code"]) == (422, "UNKNOWN_PEOPLE")
    assert Conversation.objects.count() == 0


def test_newcomers_see_what_comes_after_they_joined(wang: Phone, li: Phone, zhang: Phone) -> None:
    room = wang.group(li)
    wang.send(room, "早先的话")
    answer = li.call("post", f"/conversations/{room}/members", {"person_ids": [zhang.person_id]})
    assert answer.json() == {"conversation_id": room, "seq": 3}
    wang.send(room, "后来的话")
    seen = zhang.page(room)["entries"]
    assert [(entry["seq"], entry["body"]) for entry in seen] == [(3, ""), (4, "后来的话")]
    assert seen[0]["event"]["verb"] == "joined"
    assert zhang.card(room)["unread"] == 1


def test_inviting_members_again_changes_nothing(wang: Phone, li: Phone) -> None:
    room = wang.group(li)
    answer = wang.call("post", f"/conversations/{room}/members", {"person_ids": [li.person_id]})
    assert (answer.status_code, answer.json()["code"]) == (422, "NOBODY_TO_ADD")
    assert Conversation.objects.get(pk=room).last_seq == 1


def test_only_the_owner_removes_and_the_removed_see_nothing_more(
    wang: Phone, li: Phone, zhang: Phone
) -> None:
    room = wang.group(li, zhang)
    path = f"/conversations/{room}/members/{zhang.person_id}"
    assert li.call("delete", path).json()["code"] == "CONVERSATION_ADMIN_ONLY"
    assert wang.call("delete", path).status_code == 200
    assert zhang.get(f"/conversations/{room}/messages").status_code == 404
    assert zhang.send(room, "还在吗").status_code == 404
    assert zhang.get("/conversations").json()["items"] == []
    assert wang.card(room)["member_count"] == 2


def test_whoever_comes_back_sees_both_of_her_periods_and_not_the_time_between(
    wang: Phone, li: Phone, zhang: Phone
) -> None:
    room = wang.group(li, zhang)
    wang.send(room, "第一段")
    wang.call("delete", f"/conversations/{room}/members/{zhang.person_id}")
    wang.send(room, "不在时")
    wang.call("post", f"/conversations/{room}/members", {"person_ids": [zhang.person_id]})
    wang.send(room, "第二段")
    seen = zhang.page(room)["entries"]
    assert [entry["seq"] for entry in seen] == [1, 2, 3, 5, 6]
    assert "不在时" not in {entry["body"] for entry in seen}
    pulled = zhang.get(f"/conversations/{room}/entries", after=3, limit=1).json()
    assert ([entry["seq"] for entry in pulled["entries"]], pulled["through"]) == ([5], 5)


def test_the_group_passes_to_its_longest_member_when_the_owner_leaves(
    wang: Phone, li: Phone, zhang: Phone
) -> None:
    room = wang.group(li, zhang)
    assert wang.call("post", f"/conversations/{room}/leave", {}).status_code == 200
    members = zhang.get(f"/conversations/{room}").json()["members"]
    assert [(member["name"], member["role"]) for member in members] == [
        ("李建国", "owner"),
        ("张晓梅", "member"),
    ]
    assert wang.get(f"/conversations/{room}").status_code == 404


def test_renaming_is_the_owners_and_an_entry_of_the_log(wang: Phone, li: Phone) -> None:
    room = wang.group(li)
    assert li.call("patch", f"/conversations/{room}", {"title": "新名"}).status_code == 403
    assert wang.call("patch", f"/conversations/{room}", {"title": "新名"}).status_code == 200
    assert li.card(room)["title"] == "新名"
    assert li.page(room)["entries"][-1]["event"]["title"] == "新名"


def test_a_direct_conversation_keeps_its_people(wang: Phone, li: Phone, zhang: Phone) -> None:
    room = wang.direct(li)
    for answer in (
        wang.call("post", f"/conversations/{room}/members", {"person_ids": [zhang.person_id]}),
        wang.call("delete", f"/conversations/{room}/members/{li.person_id}"),
        wang.call("patch", f"/conversations/{room}", {"title": "群"}),
        wang.call("post", f"/conversations/{room}/leave", {}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "NOT_A_GROUP")
    assert Member.objects.filter(left_seq__isnull=True).count() == 2


def test_the_list_shows_the_newest_first_page_by_page(
    wang: Phone, li: Phone, zhang: Phone, lin: Phone
) -> None:
    rooms = [wang.direct(other) for other in (li, zhang, lin)]
    for room in (rooms[1], rooms[0], rooms[2]):
        wang.send(room, "好")
    first = wang.get("/conversations", limit=2).json()
    second = wang.get("/conversations", limit=2, cursor=first["next_cursor"]).json()
    assert [card["id"] for card in first["items"]] == [rooms[2], rooms[0]]
    assert [card["id"] for card in second["items"]] == [rooms[1]]
    assert second["next_cursor"] is None
    assert wang.get("/conversations", cursor="forged").status_code == 400


def test_unread_counts_what_others_said_since_the_last_reading(wang: Phone, li: Phone) -> None:
    room = wang.group(li)
    for body in ("一", "二", "三"):
        wang.send(room, body)
    assert li.card(room)["unread"] == 3
    assert li.get("/unread").json() == {"messages": 3, "notices": 0}
    li.read(room, 3)
    assert li.card(room)["unread"] == 1
    wang.call("post", f"/conversations/{room}/messages/4/recall", {})
    assert li.card(room)["unread"] == 0
    assert wang.card(room)["unread"] == 0


def test_heads_tell_where_every_conversation_stands(wang: Phone, li: Phone, zhang: Phone) -> None:
    direct, group = wang.direct(li), wang.group(li, zhang)
    wang.send(direct, "一")
    li.read(direct, 1)
    heads = {head["conversation_id"]: head for head in li.get("/heads").json()["heads"]}
    common = {
        "last_seq": 1,
        "unread": 0,
        "mentions": 0,
        "role": "member",
        "mute_all": False,
        "pinned": False,
        "level": "all",
        "muted": False,
        "draft": None,
    }
    assert heads == {
        direct: {"conversation_id": direct, "kind": "direct", "read_seq": 1, **common},
        group: {"conversation_id": group, "kind": "group", "read_seq": 0, **common},
    }


def test_changes_of_a_group_are_audited(
    wang: Phone, li: Phone, zhang: Phone, province: Province, sound_audit: None
) -> None:
    room = wang.group(li)
    wang.call("post", f"/conversations/{room}/members", {"person_ids": [zhang.person_id]})
    wang.call("delete", f"/conversations/{room}/members/{zhang.person_id}")
    wang.call("patch", f"/conversations/{room}", {"title": "新名"})
    assert verify().entries >= 4


def test_the_queries_of_the_list_do_not_grow_with_it(
    wang: Phone, li: Phone, zhang: Phone, lin: Phone, budget: Budget
) -> None:
    for other in (li, zhang, lin):
        wang.send(wang.direct(other), "好")
    room = wang.group(li, zhang)
    with budget("messaging.conversations.list"):
        wang.get("/conversations")
    with budget("messaging.conversations.detail"):
        wang.get(f"/conversations/{room}")
    with budget("messaging.conversations.heads"):
        wang.get("/heads")
    with budget("messaging.conversations.unread"):
        wang.get("/unread")
    with budget("messaging.conversations.direct"):
        wang.direct(li)
    with budget("messaging.conversations.group"):
        wang.group(li, lin)
    with budget("messaging.conversations.invite"):
        wang.call("post", f"/conversations/{room}/members", {"person_ids": [lin.person_id]})
