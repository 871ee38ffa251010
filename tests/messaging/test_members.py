"""Who administers a group: appointing, removing, passing it on, announcing, dissolving."""

from collections.abc import Callable

from django.utils import timezone

from core.models import AuditEntry
from messaging.models import Conversation, Member
from org.kinds import DepartureReason
from org.services import departures
from tests.conftest import Budget
from tests.factories import Province
from tests.messaging.conftest import Phone


def _role(phone: Phone, room: int, person: Phone) -> str:
    members = phone.get(f"/conversations/{room}").json()["members"]
    return next(str(one["role"]) for one in members if one["person_id"] == person.person_id)


def _appoint(owner: Phone, room: int, person: Phone, role: str = "admin") -> int:
    path = f"/conversations/{room}/members/{person.person_id}/role"
    return int(owner.call("put", path, {"role": role}).status_code)


def test_administrators_manage_members_and_only_the_owner_manages_them(
    wang: Phone, li: Phone, zhang: Phone, lin: Phone
) -> None:
    room = wang.group(li, zhang, lin)
    assert _appoint(li, room, zhang) == 403
    assert _appoint(wang, room, li) == 200
    assert _appoint(wang, room, zhang) == 200
    assert wang.page(room)["entries"][-1]["event"]["verb"] == "admin_appointed"
    for person in (wang, zhang):
        answer = li.call("delete", f"/conversations/{room}/members/{person.person_id}")
        assert (answer.status_code, answer.json()["code"]) == (403, "NOT_THE_GROUP_OWNER")
    assert li.call("delete", f"/conversations/{room}/members/{lin.person_id}").status_code == 200
    assert (
        wang.call("delete", f"/conversations/{room}/members/{zhang.person_id}").status_code == 200
    )
    assert _role(wang, room, li) == "admin"
    assert _appoint(wang, room, li, "member") == 200
    assert _role(wang, room, li) == "member"
    assert wang.card(room)["member_count"] == 2


def test_a_group_is_passed_on_to_a_member(wang: Phone, li: Phone, lin: Phone) -> None:
    room = wang.group(li)
    path = f"/conversations/{room}/owner"
    refused = wang.call("put", path, {"person_id": lin.person_id})
    assert (refused.status_code, refused.json()["code"]) == (422, "UNKNOWN_PEOPLE")
    assert wang.call("put", path, {"person_id": li.person_id}).status_code == 200
    assert (_role(wang, room, li), _role(wang, room, wang)) == ("owner", "admin")
    again = wang.call("put", path, {"person_id": wang.person_id})
    assert (again.status_code, again.json()["code"]) == (403, "NOT_THE_GROUP_OWNER")
    assert Member.objects.filter(role="owner", left_seq__isnull=True).count() == 1


def test_whoever_administers_inherits_from_an_owner_who_leaves(
    wang: Phone, li: Phone, zhang: Phone
) -> None:
    room = wang.group(li, zhang)
    _appoint(wang, room, zhang)
    assert wang.call("post", f"/conversations/{room}/leave", {}).status_code == 200
    assert (_role(li, room, zhang), _role(li, room, li)) == ("owner", "member")
    told = [entry["event"] for entry in li.page(room)["entries"][-2:]]
    assert [event["verb"] for event in told] == ["owner_transferred", "left"]
    assert told[0]["people"] == [{"id": zhang.person_id, "name": "张晓梅"}]
    assert AuditEntry.objects.filter(action="messaging.group.transferred").count() == 1


def test_the_owners_role_is_not_taken_away(wang: Phone, li: Phone) -> None:
    room = wang.group(li)
    path = f"/conversations/{room}/members/{wang.person_id}/role"
    answer = wang.call("put", path, {"role": "member"})
    assert (answer.status_code, answer.json()["code"]) == (409, "CONVERSATION_OWNER_STAYS")
    assert _role(li, room, wang) == "owner"


def test_in_announcement_mode_only_administrators_speak(
    wang: Phone, li: Phone, zhang: Phone
) -> None:
    room = wang.group(li, zhang)
    _appoint(wang, room, li)
    path = f"/conversations/{room}/policy"
    assert zhang.call("patch", path, {"mute_all": True}).status_code == 403
    assert li.call("patch", path, {"mute_all": True}).json()["seq"] == 3
    assert li.call("patch", path, {"mute_all": True}).json() is None
    event = zhang.page(room)["entries"][-1]["event"]
    assert (event["verb"], event["changed"]) == ("policy_changed", {"mute_all": True})
    refused = zhang.send(room, "收到")
    assert (refused.status_code, refused.json()["code"]) == (403, "CONVERSATION_MUTED")
    assert li.send(room, "今晚值守").status_code == 200
    assert wang.send(room, "请各单位落实").status_code == 200
    assert zhang.card(room)["mute_all"] is True
    wang.call("patch", path, {"mute_all": False})
    assert zhang.send(room, "收到").status_code == 200


def test_newcomers_see_what_the_policy_lets_them(
    wang: Phone, li: Phone, zhang: Phone, lin: Phone
) -> None:
    room = wang.group(li)
    wang.send(room, "早先的话")
    path = f"/conversations/{room}"
    wang.call("patch", f"{path}/policy", {"newcomers_see": "everything"})
    wang.call("post", f"{path}/members", {"person_ids": [zhang.person_id]})
    wang.call("patch", f"{path}/policy", {"newcomers_see": "nothing"})
    wang.call("post", f"{path}/members", {"person_ids": [lin.person_id]})
    assert [entry["seq"] for entry in zhang.page(room)["entries"]] == [1, 2, 3, 4, 5, 6]
    assert [entry["seq"] for entry in lin.page(room)["entries"]] == [6]
    assert zhang.card(room)["unread"] == 0
    readers = wang.get(f"{path}/messages/2/receipts").json()
    assert [one["name"] for one in readers["items"]] == ["李建国"]


def test_inviting_may_be_kept_to_administrators(wang: Phone, li: Phone, zhang: Phone) -> None:
    room = wang.group(li)
    wang.call("patch", f"/conversations/{room}/policy", {"inviting": "admins"})
    path, content = f"/conversations/{room}/members", {"person_ids": [zhang.person_id]}
    answer = li.call("post", path, content)
    assert (answer.status_code, answer.json()["code"]) == (403, "CONVERSATION_ADMIN_ONLY")
    assert wang.call("post", path, content).status_code == 200


def test_a_notice_stands_above_the_group_until_it_is_taken_down(wang: Phone, li: Phone) -> None:
    room = wang.group(li)
    path = f"/conversations/{room}/notice"
    assert li.call("put", path, {"body": "今晚八点调度"}).status_code == 403
    assert wang.call("put", path, {"body": "  "}).status_code == 422
    assert wang.call("put", path, {"body": "今晚八点调度"}).json()["seq"] == 2
    notice = li.get(f"/conversations/{room}").json()["notice"]
    assert (notice["body"], notice["publisher_name"]) == ("今晚八点调度", "王伟民")
    assert wang.call("delete", path).json()["seq"] == 3
    assert wang.call("delete", path).json() is None
    assert li.get(f"/conversations/{room}").json()["notice"] is None


def test_a_dissolved_group_is_read_and_nothing_else(wang: Phone, li: Phone, zhang: Phone) -> None:
    room = wang.group(li)
    wang.send(room, "最后一条")
    assert li.call("post", f"/conversations/{room}/dissolve", {}).status_code == 403
    assert wang.call("post", f"/conversations/{room}/dissolve", {}).json()["seq"] == 3
    before = Conversation.objects.values().get(pk=room)
    for answer in (
        wang.send(room, "还在吗"),
        wang.call("patch", f"/conversations/{room}", {"title": "新名"}),
        wang.call("post", f"/conversations/{room}/members", {"person_ids": [zhang.person_id]}),
        wang.call("post", f"/conversations/{room}/dissolve", {}),
        wang.call("patch", f"/conversations/{room}/policy", {"mute_all": True}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "CONVERSATION_DISSOLVED")
    assert Conversation.objects.values().get(pk=room) == before
    assert [entry["body"] for entry in li.page(room)["entries"]] == ["", "最后一条", ""]
    assert li.card(room)["dissolved"] is True


def test_members_come_page_by_page_with_administrators_first(
    wang: Phone, li: Phone, zhang: Phone, lin: Phone, budget: Budget
) -> None:
    room = wang.group(li, zhang, lin)
    _appoint(wang, room, lin)
    path = f"/conversations/{room}/members"
    with budget("messaging.members.list"):
        first = li.get(path, limit=3).json()
    second = li.get(path, limit=3, cursor=first["next_cursor"]).json()
    names = [one["name"] for one in first["items"] + second["items"]]
    assert names == ["王伟民", "林上城", "李建国", "张晓梅"]
    assert second["next_cursor"] is None


def test_whoever_leaves_the_organisation_is_in_no_group(
    wang: Phone, li: Phone, province: Province, run_jobs: Callable[[], int]
) -> None:
    zeng = province.person("曾国强")
    room = wang.group(li)
    wang.call("post", f"/conversations/{room}/members", {"person_ids": [zeng]})
    departures.leave(
        actor=province.actor("何管理"),
        person_id=zeng,
        reason=DepartureReason.RETIRED,
        now=timezone.now(),
    )
    run_jobs()
    event = wang.page(room)["entries"][-1]["event"]
    assert (event["verb"], event["people"]) == (
        "left_organisation",
        [{"id": zeng, "name": "曾国强"}],
    )
    wang.send(room, "四")
    readers = wang.get(f"/conversations/{room}/messages/4/receipts").json()
    assert [one["name"] for one in readers["items"]] == ["李建国"]


def test_strangers_manage_nothing(wang: Phone, li: Phone, lin: Phone) -> None:
    room = wang.group(li)
    for answer in (
        lin.get(f"/conversations/{room}/members"),
        lin.call("put", f"/conversations/{room}/owner", {"person_id": lin.person_id}),
        lin.call("patch", f"/conversations/{room}/policy", {"mute_all": True}),
        lin.call("put", f"/conversations/{room}/notice", {"body": "公告"}),
        lin.call("post", f"/conversations/{room}/dissolve", {}),
        lin.call("patch", f"/conversations/{room}/settings", {"pinned": True}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "CONVERSATION_NOT_FOUND")
    assert Conversation.objects.get(pk=room).last_seq == 1
