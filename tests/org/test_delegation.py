"""Rights passed on: never above one's own, however long the chain, and gone with their source."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.actor import system
from core.errors import DomainError
from core.models import AuditEntry
from messaging import handlers as messaging_handlers
from messaging.queries import notices
from org import errors
from org.kinds import AdminRole, UnitKind
from org.models import AdminGrant, Line, LineUnit, Unit
from org.policies import Wanted
from org.queries import authority as queries
from org.services import authority, requests, units
from tests import factories
from tests.conftest import Budget

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_audit")]


def send(client: Client, path: str, body: object | None = None) -> Any:
    return client.post(f"/api/v1/org/{path}", body or {}, content_type="application/json")


def found_grant(province: factories.Province, name: str, wanted: Wanted) -> int:
    """The platform grants it."""
    done = authority.grant(
        actor=system("test"), person_id=province.person(name), wanted=wanted, now=timezone.now()
    )
    assert isinstance(done, requests.Done)
    return done.id


def pass_on(province: factories.Province, giver: str, taker: str, wanted: Wanted) -> int:
    """One passes on to the other what needs no second person."""
    done = authority.grant(
        actor=province.actor(giver),
        person_id=province.person(taker),
        wanted=wanted,
        now=timezone.now(),
    )
    assert isinstance(done, requests.Done)
    return done.id


def holds(province: factories.Province, name: str, unit: str, role: str = "org") -> bool:
    return queries.administers(province.person(name), role, province.unit(unit), at=timezone.now())


# ── limits


def test_a_highest_level_keeps_the_right_to_what_is_below(province: factories.Province) -> None:
    city = province.unit("杭州市")
    found_grant(province, "沈副市", Wanted(AdminRole.ORG, city, highest_level=3))
    assert not holds(province, "沈副市", "杭州市")
    assert not holds(province, "沈副市", "杭州市民政局")
    assert holds(province, "沈副市", "西湖区")
    assert holds(province, "沈副市", "西湖区民政局/一科")
    assert not holds(province, "沈副市", "海曙区")


def line_of(province: factories.Province, *members: str) -> Line:
    """民政, kept by the province."""
    line = Line.objects.create(root_id=province.unit("浙江省"), code="MZ", name="民政")
    for member in members:
        LineUnit.objects.create(
            line=line, unit_id=province.unit(member), role="lead", valid_from=factories.FOUNDED
        )
    return line


def test_a_line_keeps_the_right_to_its_units_wherever_they_stand(
    province: factories.Province,
) -> None:
    line = line_of(province, "杭州市民政局", "西湖区民政局", "海曙区民政局")
    city = province.unit("杭州市")
    found_grant(province, "沈副市", Wanted(AdminRole.ORG, city, line_id=line.pk))
    assert holds(province, "沈副市", "杭州市民政局")
    assert holds(province, "沈副市", "西湖区民政局/一科")
    assert not holds(province, "沈副市", "西湖区卫生健康局")
    assert not holds(province, "沈副市", "西湖区")
    assert not holds(province, "沈副市", "海曙区民政局")
    LineUnit.objects.filter(unit_id=province.unit("西湖区民政局")).update(valid_to=timezone.now())
    assert not holds(province, "沈副市", "西湖区民政局/一科")


def test_limits_bind_every_write_and_every_list(province: factories.Province) -> None:
    line = line_of(province, "西湖区民政局")
    district = province.unit("西湖区")
    wanted = Wanted(AdminRole.PEOPLE, district, line_id=line.pk)
    found_grant(province, "曾国强", wanted)
    found_grant(province, "曾国强", replace(wanted, role=AdminRole.ORG))
    before = Unit.objects.count()
    for place, code in (("西湖区卫生健康局", 403), ("西湖区", 403), ("西湖区民政局", 201)):
        answer = send(
            province.client("曾国强"),
            f"units/{province.unit(place)}/children",
            {"name": "临时科", "kind": "department"},
        )
        assert answer.status_code == code, (place, answer.content)
    assert Unit.objects.count() == before + 1
    outside = province.accounts["赵卫东"]
    inside = province.accounts["李建国"]
    client = province.client("曾国强")
    assert send(client, f"accounts/{outside}/disable").status_code == 403
    assert send(client, f"accounts/{inside}/disable").status_code == 204


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
    refused = send(province.client("何管理"), path, body)
    assert (refused.status_code, refused.json()["code"]) == (422, code)
    assert AdminGrant.objects.count() == before


def test_every_limit_is_passed_on_or_narrowed(province: factories.Province) -> None:
    line = line_of(province, "西湖区民政局")
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
    found_grant(province, "赵卫东", own)
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
            pass_on(province, "赵卫东", "钱医", wider)
    assert AdminGrant.objects.count() == before
    # The organ stands at level 3: the limit that says 3 lies no higher.
    pass_on(province, "赵卫东", "钱医", replace(given, highest_level=None))
    pass_on(province, "钱医", "孙收文", replace(given, depth=0))
    with pytest.raises(errors.GrantBeyondOwn), transaction.atomic():
        pass_on(province, "孙收文", "周防疫", replace(given, depth=0))


def test_one_unit_alone_passes_on_no_subtree(province: factories.Province) -> None:
    organ = province.unit("西湖区民政局")
    found_grant(province, "王伟民", Wanted(AdminRole.ORG, organ, subtree=False, depth=1))
    with pytest.raises(errors.GrantBeyondOwn), transaction.atomic():
        pass_on(province, "王伟民", "李建国", Wanted(AdminRole.ORG, organ))
    pass_on(province, "王伟民", "李建国", Wanted(AdminRole.ORG, organ, subtree=False))


# ── revoking


def test_revoking_ends_what_hangs_from_it_and_says_so_before(
    province: factories.Province, budget: Budget
) -> None:
    organ = province.unit("西湖区民政局")
    first = pass_on(province, "何管理", "王伟民", Wanted(AdminRole.ORG, organ, depth=2))
    second = pass_on(province, "王伟民", "李建国", Wanted(AdminRole.ORG, organ, depth=1))
    third = pass_on(province, "李建国", "曾国强", Wanted(AdminRole.ORG, organ))
    client = province.client("何管理")
    with budget("org.grants.passed_on"):
        foreseen = client.get(f"/api/v1/org/grants/{first}/passed-on").json()
    assert [(one["id"], one["person_name"]) for one in foreseen] == [
        (second, "李建国"),
        (third, "曾国强"),
    ]
    ended = send(client, f"grants/{first}/revoke", {"reason": "岗位调整"})
    assert (ended.status_code, ended.json()) == (200, {"ended": 3})
    for name in ("王伟民", "李建国", "曾国强"):
        assert not holds(province, name, "西湖区民政局")
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
        source = pass_on(province, "何管理", "王伟民", Wanted(AdminRole.ORG, organ, depth=1))
        given = pass_on(province, "王伟民", "李建国", Wanted(AdminRole.ORG, organ))
        answer = send(province.client(revoker), f"grants/{given}/revoke")
        assert answer.status_code == (200 if allowed else 403), revoker
        assert holds(province, "李建国", "西湖区民政局") == (not allowed)
        authority.revoke(actor=system("test"), grant_id=source, now=timezone.now())


def test_whoever_leaves_takes_his_own_rights_along_and_no_others(
    province: factories.Province,
) -> None:
    organ = province.unit("西湖区民政局")
    pass_on(province, "何管理", "王伟民", Wanted(AdminRole.ORG, organ, depth=1))
    below = pass_on(province, "王伟民", "李建国", Wanted(AdminRole.ORG, organ))
    ended = authority.end_of_person(
        actor=system("test"), person_id=province.person("王伟民"), now=timezone.now()
    )
    assert ended == 1
    assert not holds(province, "王伟民", "西湖区民政局")
    assert holds(province, "李建国", "西湖区民政局")
    source = AdminGrant.objects.get(pk=below).passed_on_from
    assert source is not None
    assert source.person_id == province.person("何管理")


def test_a_right_that_ran_out_stands_in_nobodys_way(province: factories.Province) -> None:
    now = timezone.now()
    organ, person = province.unit("西湖区民政局"), province.person("王伟民")
    until = now + timedelta(days=1)
    found_grant(province, "王伟民", Wanted(AdminRole.SYSTEM, organ, until=until))
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
        pass_on(province, "何管理", taker, wanted)
    for _ in range(2):
        messaging_handlers.warn_of_ending_rights(timezone.now())
    title = "管理权限即将到期：王伟民，西湖区民政局组织管理员"
    for name in ("王伟民", "何管理"):
        told = notices.latest(province.person(name), 5)
        assert [notice.title for notice in told] == [title]
    assert notices.latest(province.person("李建国"), 5) == []


# ── the helpdesk


def test_a_helpdesk_sets_passwords_and_manages_nothing(province: factories.Province) -> None:
    district = province.unit("西湖区")
    found_grant(province, "吴健", Wanted(AdminRole.HELPDESK, district))
    client = province.client("吴健")
    assert not holds(province, "吴健", "西湖区民政局", "people")
    account = province.accounts["李建国"]
    assert send(client, f"accounts/{account}/disable").status_code == 403
    path = f"units/{province.unit('西湖区民政局')}/children"
    assert send(client, path, {"name": "科", "kind": "department"}).status_code == 403


# ── what may be read


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


# ── chains of every shape


PEOPLE = ("何管理", "马科员", "王伟民", "李建国", "赵卫东", "林上城")
PLACES = ("浙江省", "杭州市", "西湖区", "上城区", "西湖区民政局", "西湖区民政局/一科", "海曙区")
ROLES = (AdminRole.ORG, AdminRole.PEOPLE)


@dataclass(frozen=True)
class Attempt:
    """Somebody tries to grant something, or to end the nth grant there is."""

    giver: str
    taker: str
    role: AdminRole
    place: str
    subtree: bool
    highest_level: int | None
    depth: int
    days: int | None
    ends: int | None


ATTEMPTS = st.builds(
    Attempt,
    giver=st.sampled_from(PEOPLE),
    taker=st.sampled_from(PEOPLE),
    role=st.sampled_from(ROLES),
    place=st.sampled_from(PLACES),
    subtree=st.sampled_from([True, True, True, False]),
    highest_level=st.sampled_from([None, None, 1, 2, 3, 4]),
    depth=st.integers(0, 3),
    days=st.sampled_from([None, None, 5, 50]),
    ends=st.sampled_from([None, None, None, 0, 1, 2, 3]),
)


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside has not happened afterwards."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def try_it(province: factories.Province, attempt: Attempt, now: datetime) -> None:
    actor = province.actor(attempt.giver)
    try:
        with transaction.atomic():
            if attempt.ends is not None:
                ids = list(AdminGrant.objects.order_by("pk").values_list("pk", flat=True))
                authority.revoke(actor=actor, grant_id=ids[attempt.ends % len(ids)], now=now)
                return
            authority.grant(
                actor=actor,
                person_id=province.person(attempt.taker),
                wanted=Wanted(
                    attempt.role,
                    province.unit(attempt.place),
                    subtree=attempt.subtree,
                    highest_level=attempt.highest_level,
                    depth=attempt.depth,
                    until=now + timedelta(days=attempt.days) if attempt.days else None,
                ),
                approved_by=province.person("卫二"),
                now=now,
            )
    except DomainError:
        return


def covered(grant: AdminGrant, above: dict[int, int | None], levels: dict[int, int]) -> set[int]:
    """The units that the grant covers, worked out from parents alone."""
    found = set()
    for unit_id in above:
        place: int | None = unit_id
        while place is not None and place != grant.root_id:
            place = above[place]
        is_within = place is not None and (grant.subtree or unit_id == grant.root_id)
        if is_within and levels[unit_id] >= (grant.highest_level or 1):
            found.add(unit_id)
    return found


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(attempts=st.lists(ATTEMPTS, min_size=4, max_size=14))
def test_no_chain_of_grants_ever_reaches_above_its_source(
    province: factories.Province, attempts: list[Attempt]
) -> None:
    now = timezone.now()
    with undone():
        for attempt in attempts:
            try_it(province, attempt, now)
        rows = Unit.objects.values_list("id", "parent_id", "level")
        above: dict[int, int | None] = {row[0]: row[1] for row in rows}
        levels = {row[0]: row[2] for row in rows}
        for given_ in AdminGrant.objects.filter(granted_by__isnull=False):
            source = given_.passed_on_from
            assert source is not None
            assert source.person_id == given_.granted_by_id != given_.person_id
            assert source.role == given_.role
            assert covered(given_, above, levels) <= covered(source, above, levels)
            assert given_.delegation_depth < source.delegation_depth
            assert source.valid_until is None or (
                given_.valid_until is not None and given_.valid_until <= source.valid_until
            )
            assert given_.revoked_at is not None or source.revoked_at is None
        for name in PEOPLE:
            held = AdminGrant.objects.filter(
                person_id=province.person(name), role="org", revoked_at__isnull=True
            )
            expected = set[int]().union(*[covered(one, above, levels) for one in held])
            seen = {
                unit_id
                for unit_id in above
                if queries.administers(province.person(name), "org", unit_id, at=now)
            }
            assert seen == expected


def test_units_added_by_a_limited_administrator_are_his(province: factories.Province) -> None:
    district = province.unit("西湖区")
    found_grant(province, "吴健", Wanted(AdminRole.ORG, district, highest_level=3))
    made = units.add(
        actor=province.actor("吴健"),
        parent_id=province.unit("西湖区民政局"),
        name="新科",
        kind=UnitKind.DEPARTMENT,
        now=timezone.now(),
    )
    assert queries.administers(province.person("吴健"), "org", made, at=timezone.now())
