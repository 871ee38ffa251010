"""Conversations of units: whoever serves there is in them, and nobody by hand."""

import pytest
from django.utils import timezone

from messaging import handlers, membership
from messaging.models import Conversation, Member
from org.kinds import DepartureReason
from org.models import AdminGrant
from org.services import departures, mergers
from tests.factories import FOUNDED, Province
from tests.messaging import units
from tests.messaging.conftest import Phone, phone_of
from tests.messaging.office import Office, RunJobs, tell_again
from tests.messaging.units import BUREAU, HEALTH


def test_a_unit_talks_with_all_who_serve_in_it_and_its_departments(
    wang: Phone, zhang: Phone, province: Province
) -> None:
    room = units.found(wang, province.unit(BUREAU))
    assert units.names(wang, room) == ["单小芳", "张晓梅", "曾国强", "李建国", "王伟民"]
    card = zhang.card(room)
    assert (card["kind"], card["title"], card["member_count"]) == (
        "unit",
        f"{BUREAU}工作群",
        5,
    )
    assert (card["role"], wang.card(room)["role"]) == ("member", "admin")
    assert zhang.send(room, "收到").json()["seq"] == 2
    listed = zhang.get(f"/units/{province.unit(BUREAU)}/conversations").json()
    assert [one["conversation_id"] for one in listed["items"]] == [room]
    assert listed["may_found"] is False


def test_only_who_leads_or_administers_the_unit_opens_its_conversation(
    wang: Phone, li: Phone, lin: Phone, province: Province
) -> None:
    unit_id = province.unit(BUREAU)
    path = f"/units/{unit_id}/conversations"
    for phone in (li, lin):
        answer = phone.call("post", path, {"scope": "inner"})
        assert (answer.status_code, answer.json()["code"]) == (403, "CONVERSATION_OF_UNIT_REFUSED")
        assert phone.get(path).json() == {"items": [], "may_found": False}
    assert Conversation.objects.count() == 0
    units.found(wang, unit_id)
    again = wang.call("post", path, {"scope": "inner"})
    assert (again.status_code, again.json()["code"]) == (409, "CONVERSATION_OF_UNIT_EXISTS")
    assert wang.call("post", path, {"scope": "subtree"}).status_code == 200
    assert wang.call("post", "/units/987654/conversations", {"scope": "inner"}).status_code == 404


def test_an_administrator_from_elsewhere_is_a_guest(province: Province) -> None:
    he = phone_of(province, "何管理")
    room = units.found(he, province.unit(BUREAU))
    guest = Member.objects.get(conversation_id=room, person_id=he.person_id)
    assert (guest.source, guest.role) == ("invited", "admin")
    assert he.card(room)["member_count"] == 6
    assert he.call("post", f"/conversations/{room}/leave", {}).status_code == 200


def test_who_belongs_is_not_changed_by_hand(wang: Phone, zhang: Phone, province: Province) -> None:
    room = units.found(wang, province.unit(BUREAU))
    for answer in (
        zhang.call("post", f"/conversations/{room}/leave", {}),
        wang.call("delete", f"/conversations/{room}/members/{zhang.person_id}"),
        wang.call("put", f"/conversations/{room}/owner", {"person_id": zhang.person_id}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "CONVERSATION_FOLLOWS_UNIT")
    last = wang.call(
        "put", f"/conversations/{room}/members/{wang.person_id}/role", {"role": "member"}
    )
    assert (last.status_code, last.json()["code"]) == (409, "CONVERSATION_LAST_ADMIN")
    assert len(units.names(wang, room)) == 5


def test_who_is_transferred_away_is_cut_at_the_entry_that_says_so(
    wang: Phone, zhang: Phone, province: Province, office: Office, run_jobs: RunJobs
) -> None:
    room = units.found(wang, province.unit(BUREAU))
    wang.send(room, "二")
    office.transfer("张晓梅", f"{HEALTH}/办公室")
    run_jobs()
    wang.send(room, "四")
    event = wang.page(room)["entries"][2]["event"]
    assert (event["verb"], event["count"]) == ("org_left", 1)
    assert event["people"] == [{"id": zhang.person_id, "name": "张晓梅"}]
    assert zhang.get(f"/conversations/{room}/messages").status_code == 404
    period = membership.periods([zhang.person_id], room)[0]
    assert (period.joined_seq, period.left_seq) == (1, 3)
    assert units.audience(wang, room, 2) == ["单小芳", "张晓梅", "曾国强", "李建国"]
    assert units.audience(wang, room, 4) == ["单小芳", "曾国强", "李建国"]


def test_who_comes_sees_from_then_on(
    wang: Phone, province: Province, office: Office, run_jobs: RunJobs
) -> None:
    room = units.found(wang, province.unit(BUREAU))
    wang.send(room, "二")
    office.transfer("吴健", f"{BUREAU}/一科")
    run_jobs()
    tell_again(province.person("吴健"))
    wu = phone_of(province, "吴健")
    assert units.seqs(wu, room) == [3]
    assert wu.page(room)["entries"][0]["event"]["verb"] == "org_joined"
    assert wang.card(room)["member_count"] == 6
    assert Conversation.objects.get(pk=room).last_seq == 3


def test_a_second_post_keeps_somebody_in(
    wang: Phone, province: Province, office: Office, run_jobs: RunJobs
) -> None:
    room = units.found(wang, province.unit(BUREAU))
    second = office.appoint("张晓梅", f"{BUREAU}/一科")
    office.transfer("张晓梅", f"{HEALTH}/办公室")
    run_jobs()
    assert len(units.names(wang, room)) == 5
    office.end(second)
    run_jobs()
    assert "张晓梅" not in units.names(wang, room)


def test_who_leaves_the_organisation_leaves_and_the_head_administers(
    province: Province, office: Office, run_jobs: RunJobs, li: Phone
) -> None:
    wang = phone_of(province, "王伟民")
    room = units.found(phone_of(province, "何管理"), province.unit(BUREAU))
    he = phone_of(province, "何管理")
    he.call("post", f"/conversations/{room}/leave", {})
    departures.leave(
        actor=office.clerk,
        person_id=province.person("单小芳"),
        reason=DepartureReason.RETIRED,
        now=timezone.now(),
    )
    run_jobs()
    assert units.names(li, room) == ["张晓梅", "曾国强", "李建国", "王伟民"]
    assert wang.card(room)["role"] == "admin"


def test_a_department_that_moves_takes_its_people_along(
    wang: Phone, province: Province, office: Office, run_jobs: RunJobs
) -> None:
    qian = phone_of(province, "赵卫东")
    here = units.found(wang, province.unit(BUREAU))
    there = units.found(qian, province.unit(HEALTH), "subtree")
    office.move(f"{BUREAU}/一科", HEALTH)
    run_jobs()
    assert units.names(wang, here) == ["张晓梅", "李建国", "王伟民"]
    assert "曾国强" in units.names(qian, there)
    zeng = phone_of(province, "曾国强")
    assert zeng.get(f"/conversations/{here}").status_code == 404
    assert units.seqs(zeng, there) == [2]


def test_a_merged_organ_has_no_conversation_and_its_people_have_the_successors(
    wang: Phone, province: Province, run_jobs: RunJobs
) -> None:
    zhao = phone_of(province, "赵卫东")
    room = units.found(wang, province.unit(BUREAU))
    other = units.found(zhao, province.unit(HEALTH))
    mergers.merge(
        actor=province.actor("何管理"),
        unit_ids=[province.unit(BUREAU)],
        into_id=province.unit(HEALTH),
        approved_by=province.person("卫二"),
        now=timezone.now(),
    )
    run_jobs()
    assert Conversation.objects.get(pk=room).dissolved_at is not None
    assert len(units.names(zhao, other)) == 10
    assert wang.get(f"/conversations/{room}").status_code == 404


@pytest.mark.parametrize("kept", ["rows", "virtual"])
def test_who_administers_the_unit_manages_its_conversation(
    wang: Phone, zhang: Phone, province: Province, kept: str, request: pytest.FixtureRequest
) -> None:
    if kept == "virtual":
        request.getfixturevalue("virtual")
    he = phone_of(province, "何管理")
    room = units.found(he, province.unit("西湖区"), "subtree")
    path = f"/conversations/{room}"
    assert zhang.card(room)["role"] == "member"
    assert zhang.call("patch", f"{path}/policy", {"mute_all": True}).status_code == 403
    grant = AdminGrant.objects.create(
        person_id=zhang.person_id, role="org", root_id=province.unit("杭州市"), valid_from=FOUNDED
    )
    assert zhang.card(room)["role"] == "admin"
    assert zhang.call("patch", f"{path}/policy", {"mute_all": True}).status_code == 200
    assert wang.send(room, "我能说吗").status_code == 403
    assert zhang.send(room, "管理员可以").status_code == 200
    listed = zhang.get(f"{path}/members", limit=100).json()["items"]
    assert [one["name"] for one in listed if one["role"] == "admin"] == ["何管理", "张晓梅"]
    dismissed = he.call("put", f"{path}/members/{zhang.person_id}/role", {"role": "member"})
    assert (dismissed.status_code, dismissed.json()["code"]) == (
        409,
        "CONVERSATION_ADMIN_BY_OFFICE",
    )
    AdminGrant.objects.filter(pk=grant.pk).update(revoked_at=timezone.now())
    assert zhang.card(room)["role"] == "member"
    assert zhang.send(room, "不再是了").status_code == 403


def test_administering_a_unit_below_or_its_people_manages_nothing(
    wang: Phone, zhang: Phone, province: Province
) -> None:
    room = units.found(wang, province.unit(BUREAU))
    for role, unit in (("org", f"{BUREAU}/一科"), ("people", BUREAU)):
        AdminGrant.objects.create(
            person_id=zhang.person_id, role=role, root_id=province.unit(unit), valid_from=FOUNDED
        )
    assert zhang.card(room)["role"] == "member"
    he = phone_of(province, "何管理")  # over the unit, but not in it
    assert he.get(f"/conversations/{room}").status_code == 404


def test_the_head_follows_only_where_nobody_administers_the_unit_either(
    wang: Phone, zhang: Phone, province: Province, office: Office, run_jobs: RunJobs
) -> None:
    room = units.found(wang, province.unit(BUREAU))
    grant = AdminGrant.objects.create(
        person_id=zhang.person_id,
        role="org",
        root_id=province.unit(BUREAU),
        valid_from=FOUNDED,
    )
    office.transfer("王伟民", f"{HEALTH}/办公室")
    run_jobs()
    rows = Member.objects.filter(conversation_id=room, left_seq__isnull=True, role="admin")
    assert not rows.exists()
    assert zhang.card(room)["role"] == "admin"
    AdminGrant.objects.filter(pk=grant.pk).update(revoked_at=timezone.now())
    assert zhang.card(room)["role"] == "member"


def test_a_dead_word_is_found_by_looking_through(wang: Phone, province: Province) -> None:
    room = units.found(wang, province.unit(BUREAU))
    Member.objects.filter(conversation_id=room, person_id=province.person("单小芳")).delete()
    handlers.look_through_unit_conversations(timezone.now())
    assert len(units.names(wang, room)) == 5
