"""Conversations of large units: without rows for their members, and exact all the same."""

from collections import Counter

import pytest
from django.db import connection
from django.utils import timezone

from messaging import handlers, membership
from messaging.models import Conversation, Member
from messaging.services import unit_conversations
from tests.conftest import Budget
from tests.factories import FOUNDED, Province
from tests.messaging import units
from tests.messaging.conftest import Phone, phone_of
from tests.messaging.office import Office, RunJobs, tell_again
from tests.messaging.units import BUREAU, HEALTH


@pytest.mark.usefixtures("virtual")
def test_a_large_unit_has_a_conversation_without_rows(
    zhang: Phone, lin: Phone, province: Province, budget: Budget
) -> None:
    he = phone_of(province, "何管理")
    with budget("messaging.unit_conversations.found"):
        room = units.found(he, province.unit("西湖区"), "subtree")
    assert Member.objects.filter(conversation_id=room).count() == 1
    assert (zhang.card(room)["member_count"], zhang.card(room)["role"]) == (15, "member")
    assert lin.get(f"/conversations/{room}").status_code == 404
    with budget("messaging.unit_conversations.send"):
        assert zhang.send(room, "收到").json()["seq"] == 2
    assert len(units.audience(zhang, room, 2)) == 14
    assert he.card(room)["unread"] == 1
    assert len(units.names(he, room)) == 15
    refused = zhang.get(f"/conversations/{room}/members")
    assert (refused.status_code, refused.json()["code"]) == (403, "CONVERSATION_MEMBERS_NOT_LISTED")
    assert [one["name"] for one in zhang.get(f"/conversations/{room}").json()["members"]] == [
        "何管理"
    ]


@pytest.mark.usefixtures("virtual")
def test_a_send_to_hundreds_without_rows_writes_four(wang: Phone, province: Province) -> None:
    room = units.found(phone_of(province, "何管理"), province.unit("西湖区"), "subtree")
    _staff(province.unit(f"{BUREAU}/一科"), 400)
    before = _written()
    assert wang.send(room, "请各单位落实").json()["seq"] == 2
    after = _written()
    grown = {table: after[table] - before[table] for table in after if after[table] > before[table]}
    assert sorted(table.split("_p")[0] for table in grown) == [
        "messaging_conversation",
        "messaging_message",
        "messaging_readcursor",
        "messaging_readmark",
    ]
    assert set(grown.values()) == {1}
    assert len(units.audience(wang, room, 2)) == 414


@pytest.mark.usefixtures("virtual")
def test_leaving_a_large_unit_cuts_at_once_and_keeps_the_old_lists(
    wang: Phone, zhang: Phone, province: Province, office: Office, run_jobs: RunJobs
) -> None:
    room = units.found(phone_of(province, "何管理"), province.unit("西湖区"), "subtree")
    wang.send(room, "二")
    office.transfer("张晓梅", "上城区民政局")
    assert zhang.get(f"/conversations/{room}/messages").status_code == 404
    assert zhang.send(room, "还在吗").status_code == 404
    wang.send(room, "三")
    run_jobs()
    tell_again(zhang.person_id)
    (period,) = membership.periods([zhang.person_id], room)
    assert (period.joined_seq, period.left_seq, period.sees_to_seq) == (1, 3, 2)
    assert "张晓梅" in units.audience(wang, room, 2)
    assert "张晓梅" not in units.audience(wang, room, 3)
    assert Conversation.objects.get(pk=room).last_seq == 3


@pytest.mark.usefixtures("virtual")
@pytest.mark.parametrize("policy", ["nothing", "everything"])
def test_coming_into_a_large_unit_shows_what_the_policy_lets_it(
    wang: Phone, lin: Phone, province: Province, office: Office, policy: str
) -> None:
    he = phone_of(province, "何管理")
    room = units.found(he, province.unit("西湖区"), "subtree", newcomers_see="everything")
    he.call("patch", f"/conversations/{room}/policy", {"newcomers_see": policy, "edit_minutes": 9})
    wang.send(room, "在他来之前")
    office.transfer("林上城", BUREAU)
    last = Conversation.objects.get(pk=room).last_seq
    shown = lin.card(room)["last_entry"]
    assert (shown and shown["body"]) == (None if policy == "nothing" else "在他来之前")
    wang.send(room, "在他来之后")
    assert lin.card(room)["last_entry"]["body"] == "在他来之后"
    assert units.seqs(lin, room) == (
        [last + 1] if policy == "nothing" else list(range(1, last + 2))
    )
    assert lin.card(room)["unread"] == 1
    assert "林上城" not in units.audience(wang, room, last)
    assert "林上城" in units.audience(wang, room, last + 1)


@pytest.mark.parametrize("kept", ["rows", "virtual"])
def test_what_newcomers_see_is_decided_when_they_join(
    wang: Phone,
    lin: Phone,
    province: Province,
    office: Office,
    kept: str,
    request: pytest.FixtureRequest,
) -> None:
    if kept == "virtual":
        request.getfixturevalue("virtual")
    he, gao = phone_of(province, "何管理"), phone_of(province, "高收文")
    room = units.found(he, province.unit("西湖区"), "subtree")
    assert Conversation.objects.get(pk=room).is_virtual is (kept == "virtual")
    wang.send(room, "在两人之前")
    office.transfer("林上城", BUREAU)
    office.run_jobs()
    he.call("patch", f"/conversations/{room}/policy", {"newcomers_see": "everything"})
    office.transfer("高收文", BUREAU)
    office.run_jobs()
    he.call("patch", f"/conversations/{room}/policy", {"newcomers_see": "nothing"})
    wang.send(room, "在两人之后")
    said = ["在两人之前", "在两人之后"]
    assert (_bodies(lin, room), _bodies(gao, room)) == (said[1:], said)
    for name in ("林上城", "高收文"):
        office.transfer(name, "上城区民政局")
        office.run_jobs()
    shown = {
        one.person_id: one.sees_from_seq
        for one in membership.periods([lin.person_id, gao.person_id], room)
    }
    assert shown == {lin.person_id: 3, gao.person_id: 1}


@pytest.mark.usefixtures("virtual")
def test_changing_posts_within_a_large_unit_interrupts_nothing(
    wang: Phone, zhang: Phone, province: Province, office: Office, run_jobs: RunJobs
) -> None:
    room = units.found(phone_of(province, "何管理"), province.unit("西湖区"), "subtree")
    wang.send(room, "二")
    office.transfer("张晓梅", f"{HEALTH}/办公室")
    run_jobs()
    tell_again(zhang.person_id)
    wang.send(room, "三")
    assert units.seqs(zhang, room) == [1, 2, 3]
    assert zhang.card(room)["unread"] == 2
    assert Member.objects.filter(person_id=zhang.person_id, conversation_id=room).count() == 1


@pytest.mark.usefixtures("virtual")
def test_a_unit_that_moves_leaves_one_large_conversation_and_enters_the_other(
    wang: Phone, lin: Phone, province: Province, office: Office, run_jobs: RunJobs
) -> None:
    zeng = phone_of(province, "曾国强")
    here = units.found(phone_of(province, "何管理"), province.unit("西湖区"), "subtree")
    there = units.found(phone_of(province, "马科员"), province.unit("上城区"), "subtree")
    Conversation.objects.filter(pk=there).update(is_virtual=True)
    wang.send(here, "二")
    lin.send(there, "二")
    office.move(f"{BUREAU}/一科", "上城区民政局")
    run_jobs()
    wang.send(here, "三")
    lin.send(there, "三")
    assert zeng.get(f"/conversations/{here}").status_code == 404
    assert "曾国强" in units.audience(wang, here, 2)
    assert "曾国强" not in units.audience(wang, here, 3)
    assert units.seqs(zeng, there) == [3]
    assert "曾国强" not in units.audience(lin, there, 2)
    assert "曾国强" in units.audience(lin, there, 3)


@pytest.mark.usefixtures("virtual")
def test_a_guest_stays_in_a_large_conversation_until_removed(
    wang: Phone, lin: Phone, province: Province
) -> None:
    he = phone_of(province, "何管理")
    room = units.found(he, province.unit("西湖区"), "subtree")
    path = f"/conversations/{room}/members"
    assert wang.call("post", path, {"person_ids": [lin.person_id]}).status_code == 403
    assert he.call("post", path, {"person_ids": [lin.person_id]}).json()["seq"] == 2
    wang.send(room, "三")
    assert units.seqs(lin, room) == [2, 3]
    assert he.call("delete", f"{path}/{lin.person_id}").json()["seq"] == 4
    assert lin.get(f"/conversations/{room}").status_code == 404
    assert units.seqs(wang, room) == [1, 2, 3, 4]


@pytest.mark.usefixtures("virtual")
def test_an_administrator_is_appointed_in_a_large_conversation(
    zhang: Phone, province: Province
) -> None:
    he = phone_of(province, "何管理")
    room = units.found(he, province.unit("西湖区"), "subtree")
    path = f"/conversations/{room}/members/{zhang.person_id}/role"
    assert he.call("put", path, {"role": "admin"}).status_code == 200
    assert he.call("patch", f"/conversations/{room}/policy", {"mute_all": True}).status_code == 200
    assert zhang.card(room)["role"] == "admin"
    assert units.seqs(zhang, room) == [1, 2, 3]
    assert len(units.names(zhang, room)) == 15


def test_a_conversation_becomes_virtual_as_it_grows_and_rows_again(
    wang: Phone,
    zhang: Phone,
    province: Province,
    office: Office,
    run_jobs: RunJobs,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    room = units.found(wang, province.unit(BUREAU), "subtree")
    monkeypatch.setattr(unit_conversations, "ROWS_AT_MOST", 5)
    office.transfer("吴健", f"{BUREAU}/一科")
    run_jobs()
    assert Conversation.objects.get(pk=room).is_virtual is True
    wang.send(room, "三")
    wu = phone_of(province, "吴健")
    assert (units.seqs(wu, room), units.seqs(zhang, room)) == ([2, 3], [1, 2, 3])
    office.transfer("张晓梅", f"{HEALTH}/办公室")
    run_jobs()
    assert zhang.get(f"/conversations/{room}").status_code == 404
    handlers.look_through_unit_conversations(timezone.now())
    held = Conversation.objects.get(pk=room)
    assert (held.is_virtual, held.member_count) == (False, 5)
    assert units.seqs(wu, room) == [2, 3]
    assert units.audience(wang, room, 3) == ["单小芳", "吴健", "张晓梅", "曾国强", "李建国"]


def _bodies(phone: Phone, room: int) -> list[str]:
    entries = phone.page(room)["entries"]
    return [one["body"] for one in entries if one["kind"] == "text"]


def _staff(unit_id: int, size: int) -> None:
    """So many more people have served in the unit since it was founded."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH person AS (
                INSERT INTO org_person (public_id, name, pinyin, initials, job_level, staff_number,
                                        status, created_at)
                SELECT gen_random_uuid(), '职员' || n, 'zhiyuan', 'zy', '', '', 'active', %(at)s
                  FROM generate_series(1, %(size)s) n RETURNING id
            ), post AS (
                INSERT INTO org_post (unit_id, title, function, rank)
                VALUES (%(unit)s, '办事员', 'staff', 90) RETURNING id
            )
            INSERT INTO org_appointment (person_id, post_id, unit_id, kind, "order", office_phone,
                                         valid_from)
            SELECT person.id, post.id, %(unit)s, 'main', 0, '', %(at)s FROM person, post""",
            {"unit": unit_id, "size": size, "at": FOUNDED},
        )


def _written() -> Counter[str]:
    """How many rows of messaging's tables this transaction has written."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables"
            " WHERE relname LIKE 'messaging\\_%'"
        )
        return Counter(dict(cursor.fetchall()))
