"""Rights with limits: passed on as far as one's own, and gone with their source."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from core.actor import system
from core.models import AuditEntry
from messaging import handlers as messaging_handlers
from messaging.queries import notices
from org import errors
from org.kinds import AdminRole, UnitKind
from org.models import AdminGrant, LineUnit, Unit
from org.policies import Wanted
from org.queries import authority as queries
from org.services import authority, units
from tests import factories
from tests.conftest import Budget
from tests.org import calls, delegating

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_audit")]


def test_a_highest_level_keeps_the_right_to_what_is_below(province: factories.Province) -> None:
    city = province.unit("杭州市")
    delegating.found_grant(province, "沈副市", Wanted(AdminRole.ORG, city, highest_level=3))
    assert not delegating.holds(province, "沈副市", "杭州市")
    assert not delegating.holds(province, "沈副市", "杭州市民政局")
    assert delegating.holds(province, "沈副市", "西湖区")
    assert delegating.holds(province, "沈副市", "西湖区民政局/一科")
    assert not delegating.holds(province, "沈副市", "海曙区")


def test_a_line_keeps_the_right_to_its_units_wherever_they_stand(
    province: factories.Province,
) -> None:
    line = delegating.line_of(province, "杭州市民政局", "西湖区民政局", "海曙区民政局")
    city = province.unit("杭州市")
    delegating.found_grant(province, "沈副市", Wanted(AdminRole.ORG, city, line_id=line.pk))
    assert delegating.holds(province, "沈副市", "杭州市民政局")
    assert delegating.holds(province, "沈副市", "西湖区民政局/一科")
    assert not delegating.holds(province, "沈副市", "西湖区卫生健康局")
    assert not delegating.holds(province, "沈副市", "西湖区")
    assert not delegating.holds(province, "沈副市", "海曙区民政局")
    LineUnit.objects.filter(unit_id=province.unit("西湖区民政局")).update(valid_to=timezone.now())
    assert not delegating.holds(province, "沈副市", "西湖区民政局/一科")


def test_limits_bind_every_write_and_every_list(province: factories.Province) -> None:
    line = delegating.line_of(province, "西湖区民政局")
    district = province.unit("西湖区")
    wanted = Wanted(AdminRole.PEOPLE, district, line_id=line.pk)
    delegating.found_grant(province, "曾国强", wanted)
    delegating.found_grant(province, "曾国强", replace(wanted, role=AdminRole.ORG))
    before = Unit.objects.count()
    for place, code in (("西湖区卫生健康局", 403), ("西湖区", 403), ("西湖区民政局", 201)):
        answer = calls.send(
            province.client("曾国强"),
            f"units/{province.unit(place)}/children",
            {"name": "临时科", "kind": "department"},
        )
        assert answer.status_code == code, (place, answer.content)
    assert Unit.objects.count() == before + 1
    outside = province.accounts["赵卫东"]
    inside = province.accounts["李建国"]
    client = province.client("曾国强")
    assert calls.send(client, f"accounts/{outside}/disable").status_code == 403
    assert calls.send(client, f"accounts/{inside}/disable").status_code == 204


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        ({"delegation_depth": 6}, "SCHEMA_VIOLATED"),
        ({"highest_level": 2}, "ORG_GRANT_LEVEL_IMPOSSIBLE"),
        ({"line_id": 999_999}, "ORG_GRANT_LINE_UNKNOWN"),
    ],
)
def test_impossible_limits_are_refused(
    province: factories.Province, limits: dict[str, int], code: str
) -> None:
    before = AdminGrant.objects.count()
    body = {"person_id": province.person("钱医"), "role": "org", **limits}
    path = f"units/{province.unit('西湖区卫生健康局')}/grants"
    refused = calls.send(province.client("何管理"), path, body)
    assert (refused.status_code, refused.json()["code"]) == (422, code)
    assert AdminGrant.objects.count() == before


def test_every_limit_is_passed_on_or_narrowed(province: factories.Province) -> None:
    line = delegating.line_of(province, "西湖区民政局")
    now = timezone.now()
    organ = province.unit("西湖区民政局")
    own = Wanted(
        AdminRole.ORG,
        province.unit("西湖区"),
        line_id=line.pk,
        highest_level=3,
        depth=2,
        until=now + timedelta(days=10),
    )
    delegating.found_grant(province, "赵卫东", own)
    before = AdminGrant.objects.count()
    given = replace(own, root_id=organ, depth=1)
    for wider in (
        replace(given, line_id=None),
        replace(given, depth=2),
        replace(given, until=None),
        replace(given, until=now + timedelta(days=11)),
        replace(given, role=AdminRole.PEOPLE),
        replace(given, root_id=province.unit("杭州市")),
    ):
        with pytest.raises(errors.GrantBeyondOwn), transaction.atomic():
            delegating.pass_on(province, "赵卫东", "钱医", wider)
    assert AdminGrant.objects.count() == before
    # The organ stands at level 3: the limit that says 3 lies no higher.
    delegating.pass_on(province, "赵卫东", "钱医", replace(given, highest_level=None))
    delegating.pass_on(province, "钱医", "孙收文", replace(given, depth=0))
    with pytest.raises(errors.GrantBeyondOwn), transaction.atomic():
        delegating.pass_on(province, "孙收文", "周防疫", replace(given, depth=0))


def test_one_unit_alone_passes_on_no_subtree(province: factories.Province) -> None:
    organ = province.unit("西湖区民政局")
    delegating.found_grant(province, "王伟民", Wanted(AdminRole.ORG, organ, subtree=False, depth=1))
    with pytest.raises(errors.GrantBeyondOwn), transaction.atomic():
        delegating.pass_on(province, "王伟民", "李建国", Wanted(AdminRole.ORG, organ))
    delegating.pass_on(province, "王伟民", "李建国", Wanted(AdminRole.ORG, organ, subtree=False))


def test_revoking_ends_what_hangs_from_it_and_says_so_before(
    province: factories.Province, budget: Budget
) -> None:
    organ = province.unit("西湖区民政局")
    first = delegating.pass_on(province, "何管理", "王伟民", Wanted(AdminRole.ORG, organ, depth=2))
    second = delegating.pass_on(province, "王伟民", "李建国", Wanted(AdminRole.ORG, organ, depth=1))
    third = delegating.pass_on(province, "李建国", "曾国强", Wanted(AdminRole.ORG, organ))
    client = province.client("何管理")
    with budget("org.grants.passed_on"):
        foreseen = client.get(f"/api/v1/org/grants/{first}/passed-on").json()
    assert [(one["id"], one["person_name"]) for one in foreseen] == [
        (second, "李建国"),
        (third, "曾国强"),
    ]
    ended = calls.send(client, f"grants/{first}/revoke", {"reason": "岗位调整"})
    assert (ended.status_code, ended.json()) == (200, {"ended": 3})
    for name in ("王伟民", "李建国", "曾国强"):
        assert not delegating.holds(province, name, "西湖区民政局")
    entries = AuditEntry.objects.filter(action="org.grant.revoked").order_by("seq")
    assert [entry.object_id for entry in entries] == [str(first), str(second), str(third)]
    assert {entry.detail["reason"] for entry in entries} == {"岗位调整"}


def test_who_may_revoke(province: factories.Province) -> None:
    organ = province.unit("西湖区民政局")
    for revoker, allowed in (
        ("何管理", True),  # above
        ("王伟民", True),  # the grantor
        ("李建国", True),  # the holder renounces
        ("张晓梅", False),
        ("马科员", False),  # the next county's
        ("卫二", False),
    ):
        source = delegating.pass_on(
            province, "何管理", "王伟民", Wanted(AdminRole.ORG, organ, depth=1)
        )
        given = delegating.pass_on(province, "王伟民", "李建国", Wanted(AdminRole.ORG, organ))
        answer = calls.send(province.client(revoker), f"grants/{given}/revoke")
        assert answer.status_code == (200 if allowed else 403), revoker
        assert delegating.holds(province, "李建国", "西湖区民政局") == (not allowed)
        authority.revoke(actor=system("test"), grant_id=source, now=timezone.now())


def test_whoever_leaves_takes_his_own_rights_along_and_no_others(
    province: factories.Province,
) -> None:
    organ = province.unit("西湖区民政局")
    delegating.pass_on(province, "何管理", "王伟民", Wanted(AdminRole.ORG, organ, depth=1))
    below = delegating.pass_on(province, "王伟民", "李建国", Wanted(AdminRole.ORG, organ))
    ended = authority.end_of_person(
        actor=system("test"), person_id=province.person("王伟民"), now=timezone.now()
    )
    assert ended == 1
    assert not delegating.holds(province, "王伟民", "西湖区民政局")
    assert delegating.holds(province, "李建国", "西湖区民政局")
    source = AdminGrant.objects.get(pk=below).passed_on_from
    assert source is not None
    assert source.person_id == province.person("何管理")


def test_a_right_that_ran_out_stands_in_nobodys_way(province: factories.Province) -> None:
    now = timezone.now()
    organ, person = province.unit("西湖区民政局"), province.person("王伟民")
    until = now + timedelta(days=1)
    delegating.found_grant(province, "王伟民", Wanted(AdminRole.SYSTEM, organ, until=until))
    later = until + timedelta(seconds=1)
    for role in (AdminRole.SYSTEM, AdminRole.AUDIT):
        authority.grant(
            actor=system("test"),
            person_id=person,
            wanted=Wanted(role, organ, until=later + timedelta(days=1)),
            now=later,
        )
        later += timedelta(days=2)
    rows = AdminGrant.objects.filter(person_id=person).order_by("pk")
    assert [row.revoked_at for row in rows][:2] == [row.valid_until for row in rows][:2]


def test_a_week_before_the_end_both_sides_know_once(province: factories.Province) -> None:
    now = timezone.now()
    organ = province.unit("西湖区民政局")
    for taker, days in (("王伟民", 6), ("李建国", 8)):
        wanted = Wanted(AdminRole.ORG, organ, until=now + timedelta(days=days))
        delegating.pass_on(province, "何管理", taker, wanted)
    for _ in range(2):
        messaging_handlers.warn_of_ending_rights(timezone.now())
    title = "管理权限即将到期：王伟民，西湖区民政局组织管理员"
    for name in ("王伟民", "何管理"):
        told = notices.latest(province.person(name), 5)
        assert [notice.title for notice in told] == [title]
    assert notices.latest(province.person("李建国"), 5) == []


def test_a_helpdesk_sets_passwords_and_manages_nothing(province: factories.Province) -> None:
    district = province.unit("西湖区")
    delegating.found_grant(province, "吴健", Wanted(AdminRole.HELPDESK, district))
    client = province.client("吴健")
    assert not delegating.holds(province, "吴健", "西湖区民政局", "people")
    account = province.accounts["李建国"]
    assert calls.send(client, f"accounts/{account}/disable").status_code == 403
    path = f"units/{province.unit('西湖区民政局')}/children"
    assert calls.send(client, path, {"name": "科", "kind": "department"}).status_code == 403


def test_who_may_read_a_persons_rights(province: factories.Province, budget: Budget) -> None:
    path = f"/api/v1/org/people/{province.person('何管理')}/administers"
    client = province.client("何管理")
    with budget("org.people.administers"):
        own = client.get(path)
    assert [grant["role"] for grant in own.json()] == ["org", "people", "apps"]
    for name in ("褚一", "冯副厅"):  # officers of the whole tree
        assert len(province.client(name).get(path).json()) == 3
    for name in ("马科员", "张晓梅"):
        refused = province.client(name).get(path)
        assert (refused.status_code, refused.json()["code"]) == (404, "ORG_PERSON_NOT_FOUND")


def test_who_may_read_a_units_administrators(province: factories.Province) -> None:
    path = f"/api/v1/org/units/{province.unit('上城区民政局')}/administrators"
    for name in ("高收文", "马科员", "褚一"):  # of the organ, of the county, of the province
        assert province.client(name).get(path).status_code == 200, name
    for name in ("何管理", "张晓梅", "唐科员"):
        refused = province.client(name).get(path)
        assert (refused.status_code, refused.json()["code"]) == (404, "ORG_UNIT_NOT_FOUND")


def test_units_added_by_a_limited_administrator_are_his(province: factories.Province) -> None:
    district = province.unit("西湖区")
    delegating.found_grant(province, "吴健", Wanted(AdminRole.ORG, district, highest_level=3))
    made = units.add(
        actor=province.actor("吴健"),
        parent_id=province.unit("西湖区民政局"),
        name="新科",
        kind=UnitKind.DEPARTMENT,
        now=timezone.now(),
    )
    assert queries.administers(province.person("吴健"), "org", made, at=timezone.now())
