"""Conversations of units: by rows and virtual, their members follow the appointments."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime

import pytest
from django.db import connection
from django.utils import timezone

from messaging import handlers, membership
from messaging.models import Conversation, Member
from messaging.services import unit_conversations
from org import events as org_events
from org.kinds import AppointmentKind, DepartureReason, PostFunction
from org.models import AdminGrant, Appointment
from org.services import appointments, departures, mergers, moves, transfers
from org.services.transfers import Destination
from tests.conftest import Budget
from tests.factories import FOUNDED, Province
from tests.messaging.conftest import Phone, phone_of

RunJobs = Callable[[], int]
BUREAU = "西湖区民政局"
HEALTH = "西湖区卫生健康局"


class Office:
    """What the administrator of 西湖区 does."""

    def __init__(self, province: Province, run_jobs: RunJobs) -> None:
        self.province, self.run_jobs = province, run_jobs
        self.clerk = province.actor("何管理")

    def transfer(self, name: str, unit: str) -> datetime:
        """The person serves in the other unit from now on; returns when that began."""
        now = timezone.now()
        to = Destination(self.province.unit(unit), "科员", PostFunction.STAFF)
        transfers.transfer(
            actor=self.clerk,
            person_id=self.province.person(name),
            to=to,
            approved_by=self.province.person("马科员"),
            now=now,
        )
        return now

    def appoint(self, name: str, unit: str, until: datetime | None = None) -> int:
        """The person serves there besides."""
        return appointments.appoint(
            actor=self.clerk,
            person_id=self.province.person(name),
            unit_id=self.province.unit(unit),
            title="联络员",
            function=PostFunction.STAFF,
            kind=AppointmentKind.CONCURRENT,
            valid_to=until,
            now=timezone.now(),
        )

    def end(self, appointment_id: int) -> None:
        """The post is over."""
        appointments.end(actor=self.clerk, appointment_id=appointment_id, now=timezone.now())

    def move(self, unit: str, parent: str) -> None:
        """The unit stands below the other."""
        moves.move(
            actor=self.clerk,
            unit_id=self.province.unit(unit),
            parent_id=self.province.unit(parent),
            approved_by=self.province.person("马科员"),
            now=timezone.now(),
        )


@pytest.fixture
def office(province: Province, run_jobs: RunJobs) -> Office:
    """The administrator of 西湖区."""
    return Office(province, run_jobs)


@pytest.fixture
def virtual(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten people are many."""
    monkeypatch.setattr(unit_conversations, "ROWS_AT_MOST", 9)
    monkeypatch.setattr(unit_conversations, "ROWS_AGAIN", 1)


def _found(phone: Phone, unit_id: int, scope: str = "inner", **policy: str) -> int:
    answer = phone.call("post", f"/units/{unit_id}/conversations", {"scope": scope})
    assert answer.status_code == 200, answer.content
    room = int(answer.json()["conversation_id"])
    if policy:
        phone.call("patch", f"/conversations/{room}/policy", policy)
    return room


def _names(phone: Phone, room: int) -> list[str]:
    items = phone.get(f"/conversations/{room}/members", limit=100).json()["items"]
    return sorted(str(one["name"]) for one in items)


def _unread(phone: Phone, room: int, seq: int) -> list[str]:
    found: list[str] = []
    for state in ("read", "unread"):
        cursor: str | None = ""
        while cursor is not None:
            query = {"state": state, "limit": 100, "cursor": cursor}
            page = phone.get(f"/conversations/{room}/messages/{seq}/receipts", **query).json()
            found += [str(one["name"]) for one in page["items"]]
            cursor = page["next_cursor"]
    return sorted(found)


def _seqs(phone: Phone, room: int) -> list[int]:
    return [entry["seq"] for entry in phone.page(room)["entries"]]


def test_a_unit_talks_with_all_who_serve_in_it_and_its_departments(
    wang: Phone, zhang: Phone, province: Province
) -> None:
    room = _found(wang, province.unit(BUREAU))
    assert _names(wang, room) == ["单小芳", "张晓梅", "曾国强", "李建国", "王伟民"]
    card = zhang.card(room)
    assert (card["kind"], card["title"], card["member_count"]) == ("unit", f"{BUREAU}工作群", 5)
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
    _found(wang, unit_id)
    again = wang.call("post", path, {"scope": "inner"})
    assert (again.status_code, again.json()["code"]) == (409, "CONVERSATION_OF_UNIT_EXISTS")
    assert wang.call("post", path, {"scope": "subtree"}).status_code == 200
    assert wang.call("post", "/units/987654/conversations", {"scope": "inner"}).status_code == 404


def test_an_administrator_from_elsewhere_is_a_guest(province: Province) -> None:
    he = phone_of(province, "何管理")
    room = _found(he, province.unit(BUREAU))
    guest = Member.objects.get(conversation_id=room, person_id=he.person_id)
    assert (guest.source, guest.role) == ("invited", "admin")
    assert he.card(room)["member_count"] == 6
    assert he.call("post", f"/conversations/{room}/leave", {}).status_code == 200


def test_who_belongs_is_not_changed_by_hand(wang: Phone, zhang: Phone, province: Province) -> None:
    room = _found(wang, province.unit(BUREAU))
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
    assert len(_names(wang, room)) == 5


def test_who_is_transferred_away_is_cut_at_the_entry_that_says_so(
    wang: Phone, zhang: Phone, province: Province, office: Office, run_jobs: RunJobs
) -> None:
    room = _found(wang, province.unit(BUREAU))
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
    assert _unread(wang, room, 2) == ["单小芳", "张晓梅", "曾国强", "李建国"]
    assert _unread(wang, room, 4) == ["单小芳", "曾国强", "李建国"]


def test_who_comes_sees_from_then_on(
    wang: Phone, province: Province, office: Office, run_jobs: RunJobs
) -> None:
    room = _found(wang, province.unit(BUREAU))
    wang.send(room, "二")
    office.transfer("吴健", f"{BUREAU}/一科")
    run_jobs()
    _again(province.person("吴健"))
    wu = phone_of(province, "吴健")
    assert _seqs(wu, room) == [3]
    assert wu.page(room)["entries"][0]["event"]["verb"] == "org_joined"
    assert wang.card(room)["member_count"] == 6
    assert Conversation.objects.get(pk=room).last_seq == 3


def test_a_second_post_keeps_somebody_in(
    wang: Phone, province: Province, office: Office, run_jobs: RunJobs
) -> None:
    room = _found(wang, province.unit(BUREAU))
    second = office.appoint("张晓梅", f"{BUREAU}/一科")
    office.transfer("张晓梅", f"{HEALTH}/办公室")
    run_jobs()
    assert len(_names(wang, room)) == 5
    office.end(second)
    run_jobs()
    assert "张晓梅" not in _names(wang, room)


def test_who_leaves_the_organisation_leaves_and_the_head_administers(
    province: Province, office: Office, run_jobs: RunJobs, li: Phone
) -> None:
    wang = phone_of(province, "王伟民")
    room = _found(phone_of(province, "何管理"), province.unit(BUREAU))
    he = phone_of(province, "何管理")
    he.call("post", f"/conversations/{room}/leave", {})
    departures.leave(
        actor=office.clerk,
        person_id=province.person("单小芳"),
        reason=DepartureReason.RETIRED,
        now=timezone.now(),
    )
    run_jobs()
    assert _names(li, room) == ["张晓梅", "曾国强", "李建国", "王伟民"]
    assert wang.card(room)["role"] == "admin"


def test_a_department_that_moves_takes_its_people_along(
    wang: Phone, province: Province, office: Office, run_jobs: RunJobs
) -> None:
    qian = phone_of(province, "赵卫东")
    here = _found(wang, province.unit(BUREAU))
    there = _found(qian, province.unit(HEALTH), "subtree")
    office.move(f"{BUREAU}/一科", HEALTH)
    run_jobs()
    assert _names(wang, here) == ["张晓梅", "李建国", "王伟民"]
    assert "曾国强" in _names(qian, there)
    zeng = phone_of(province, "曾国强")
    assert zeng.get(f"/conversations/{here}").status_code == 404
    assert _seqs(zeng, there) == [2]


def test_a_merged_organ_has_no_conversation_and_its_people_have_the_successors(
    wang: Phone, province: Province, run_jobs: RunJobs
) -> None:
    zhao = phone_of(province, "赵卫东")
    room = _found(wang, province.unit(BUREAU))
    other = _found(zhao, province.unit(HEALTH))
    mergers.merge(
        actor=province.actor("何管理"),
        unit_ids=[province.unit(BUREAU)],
        into_id=province.unit(HEALTH),
        approved_by=province.person("卫二"),
        now=timezone.now(),
    )
    run_jobs()
    assert Conversation.objects.get(pk=room).dissolved_at is not None
    assert len(_names(zhao, other)) == 10
    assert wang.get(f"/conversations/{room}").status_code == 404


@pytest.mark.usefixtures("virtual")
def test_a_large_unit_has_a_conversation_without_rows(
    zhang: Phone, lin: Phone, province: Province, budget: Budget
) -> None:
    he = phone_of(province, "何管理")
    with budget("messaging.unit_conversations.found"):
        room = _found(he, province.unit("西湖区"), "subtree")
    assert Member.objects.filter(conversation_id=room).count() == 1
    assert (zhang.card(room)["member_count"], zhang.card(room)["role"]) == (15, "member")
    assert lin.get(f"/conversations/{room}").status_code == 404
    with budget("messaging.unit_conversations.send"):
        assert zhang.send(room, "收到").json()["seq"] == 2
    assert len(_unread(zhang, room, 2)) == 14
    assert he.card(room)["unread"] == 1
    assert len(_names(he, room)) == 15
    refused = zhang.get(f"/conversations/{room}/members")
    assert (refused.status_code, refused.json()["code"]) == (403, "CONVERSATION_MEMBERS_NOT_LISTED")
    assert [one["name"] for one in zhang.get(f"/conversations/{room}").json()["members"]] == [
        "何管理"
    ]


@pytest.mark.usefixtures("virtual")
def test_a_send_to_hundreds_without_rows_writes_four(wang: Phone, province: Province) -> None:
    room = _found(phone_of(province, "何管理"), province.unit("西湖区"), "subtree")
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
    assert len(_unread(wang, room, 2)) == 414


@pytest.mark.usefixtures("virtual")
def test_leaving_a_large_unit_cuts_at_once_and_keeps_the_old_lists(
    wang: Phone, zhang: Phone, province: Province, office: Office, run_jobs: RunJobs
) -> None:
    room = _found(phone_of(province, "何管理"), province.unit("西湖区"), "subtree")
    wang.send(room, "二")
    office.transfer("张晓梅", "上城区民政局")
    assert zhang.get(f"/conversations/{room}/messages").status_code == 404
    assert zhang.send(room, "还在吗").status_code == 404
    wang.send(room, "三")
    run_jobs()
    _again(zhang.person_id)
    (period,) = membership.periods([zhang.person_id], room)
    assert (period.joined_seq, period.left_seq, period.sees_to_seq) == (1, 3, 2)
    assert "张晓梅" in _unread(wang, room, 2)
    assert "张晓梅" not in _unread(wang, room, 3)
    assert Conversation.objects.get(pk=room).last_seq == 3


@pytest.mark.usefixtures("virtual")
@pytest.mark.parametrize("policy", ["nothing", "everything"])
def test_coming_into_a_large_unit_shows_what_the_policy_lets_it(
    wang: Phone, lin: Phone, province: Province, office: Office, policy: str
) -> None:
    he = phone_of(province, "何管理")
    room = _found(he, province.unit("西湖区"), "subtree", newcomers_see="everything")
    he.call("patch", f"/conversations/{room}/policy", {"newcomers_see": policy, "edit_minutes": 9})
    wang.send(room, "在他来之前")
    office.transfer("林上城", BUREAU)
    last = Conversation.objects.get(pk=room).last_seq
    shown = lin.card(room)["last_entry"]
    assert (shown and shown["body"]) == (None if policy == "nothing" else "在他来之前")
    wang.send(room, "在他来之后")
    assert lin.card(room)["last_entry"]["body"] == "在他来之后"
    assert _seqs(lin, room) == ([last + 1] if policy == "nothing" else list(range(1, last + 2)))
    assert lin.card(room)["unread"] == 1
    assert "林上城" not in _unread(wang, room, last)
    assert "林上城" in _unread(wang, room, last + 1)


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
    room = _found(he, province.unit("西湖区"), "subtree")
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
    room = _found(phone_of(province, "何管理"), province.unit("西湖区"), "subtree")
    wang.send(room, "二")
    office.transfer("张晓梅", f"{HEALTH}/办公室")
    run_jobs()
    _again(zhang.person_id)
    wang.send(room, "三")
    assert _seqs(zhang, room) == [1, 2, 3]
    assert zhang.card(room)["unread"] == 2
    assert Member.objects.filter(person_id=zhang.person_id, conversation_id=room).count() == 1


@pytest.mark.usefixtures("virtual")
def test_a_unit_that_moves_leaves_one_large_conversation_and_enters_the_other(
    wang: Phone, lin: Phone, province: Province, office: Office, run_jobs: RunJobs
) -> None:
    zeng = phone_of(province, "曾国强")
    here = _found(phone_of(province, "何管理"), province.unit("西湖区"), "subtree")
    there = _found(phone_of(province, "马科员"), province.unit("上城区"), "subtree")
    Conversation.objects.filter(pk=there).update(is_virtual=True)
    wang.send(here, "二")
    lin.send(there, "二")
    office.move(f"{BUREAU}/一科", "上城区民政局")
    run_jobs()
    wang.send(here, "三")
    lin.send(there, "三")
    assert zeng.get(f"/conversations/{here}").status_code == 404
    assert "曾国强" in _unread(wang, here, 2)
    assert "曾国强" not in _unread(wang, here, 3)
    assert _seqs(zeng, there) == [3]
    assert "曾国强" not in _unread(lin, there, 2)
    assert "曾国强" in _unread(lin, there, 3)


@pytest.mark.usefixtures("virtual")
def test_a_guest_stays_in_a_large_conversation_until_removed(
    wang: Phone, lin: Phone, province: Province
) -> None:
    he = phone_of(province, "何管理")
    room = _found(he, province.unit("西湖区"), "subtree")
    path = f"/conversations/{room}/members"
    assert wang.call("post", path, {"person_ids": [lin.person_id]}).status_code == 403
    assert he.call("post", path, {"person_ids": [lin.person_id]}).json()["seq"] == 2
    wang.send(room, "三")
    assert _seqs(lin, room) == [2, 3]
    assert he.call("delete", f"{path}/{lin.person_id}").json()["seq"] == 4
    assert lin.get(f"/conversations/{room}").status_code == 404
    assert _seqs(wang, room) == [1, 2, 3, 4]


@pytest.mark.usefixtures("virtual")
def test_an_administrator_is_appointed_in_a_large_conversation(
    zhang: Phone, province: Province
) -> None:
    he = phone_of(province, "何管理")
    room = _found(he, province.unit("西湖区"), "subtree")
    path = f"/conversations/{room}/members/{zhang.person_id}/role"
    assert he.call("put", path, {"role": "admin"}).status_code == 200
    assert he.call("patch", f"/conversations/{room}/policy", {"mute_all": True}).status_code == 200
    assert zhang.card(room)["role"] == "admin"
    assert _seqs(zhang, room) == [1, 2, 3]
    assert len(_names(zhang, room)) == 15


@pytest.mark.parametrize("kept", ["rows", "virtual"])
def test_who_administers_the_unit_manages_its_conversation(
    wang: Phone, zhang: Phone, province: Province, kept: str, request: pytest.FixtureRequest
) -> None:
    if kept == "virtual":
        request.getfixturevalue("virtual")
    he = phone_of(province, "何管理")
    room = _found(he, province.unit("西湖区"), "subtree")
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
    room = _found(wang, province.unit(BUREAU))
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
    room = _found(wang, province.unit(BUREAU))
    grant = AdminGrant.objects.create(
        person_id=zhang.person_id, role="org", root_id=province.unit(BUREAU), valid_from=FOUNDED
    )
    office.transfer("王伟民", f"{HEALTH}/办公室")
    run_jobs()
    rows = Member.objects.filter(conversation_id=room, left_seq__isnull=True, role="admin")
    assert not rows.exists()
    assert zhang.card(room)["role"] == "admin"
    AdminGrant.objects.filter(pk=grant.pk).update(revoked_at=timezone.now())
    assert zhang.card(room)["role"] == "member"


def test_a_conversation_becomes_virtual_as_it_grows_and_rows_again(
    wang: Phone,
    zhang: Phone,
    province: Province,
    office: Office,
    run_jobs: RunJobs,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    room = _found(wang, province.unit(BUREAU), "subtree")
    monkeypatch.setattr(unit_conversations, "ROWS_AT_MOST", 5)
    office.transfer("吴健", f"{BUREAU}/一科")
    run_jobs()
    assert Conversation.objects.get(pk=room).is_virtual is True
    wang.send(room, "三")
    wu = phone_of(province, "吴健")
    assert (_seqs(wu, room), _seqs(zhang, room)) == ([2, 3], [1, 2, 3])
    office.transfer("张晓梅", f"{HEALTH}/办公室")
    run_jobs()
    assert zhang.get(f"/conversations/{room}").status_code == 404
    handlers.look_through_unit_conversations(timezone.now())
    held = Conversation.objects.get(pk=room)
    assert (held.is_virtual, held.member_count) == (False, 5)
    assert _seqs(wu, room) == [2, 3]
    assert _unread(wang, room, 3) == ["单小芳", "吴健", "张晓梅", "曾国强", "李建国"]


def test_a_dead_word_is_found_by_looking_through(wang: Phone, province: Province) -> None:
    room = _found(wang, province.unit(BUREAU))
    Member.objects.filter(conversation_id=room, person_id=province.person("单小芳")).delete()
    handlers.look_through_unit_conversations(timezone.now())
    assert len(_names(wang, room)) == 5


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


def _again(person_id: int) -> None:
    """The news come a second time."""
    handlers.on_appointments_began(
        org_events.AppointmentsBegan(person_ids=(person_id,)), timezone.now()
    )
    for appointment_id in Appointment.objects.filter(person_id=person_id).values_list(
        "pk", flat=True
    ):
        handlers.follow_ended_appointment(
            org_events.AppointmentEnded(appointment_id=appointment_id, person_id=person_id),
            timezone.now(),
        )
