"""Rights passed on in chains of every shape reach nowhere above their source."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import DomainError
from org.kinds import AdminRole
from org.models import AdminGrant, Unit
from org.policies import Wanted
from org.queries import authority as queries
from org.services import authority
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_audit")]

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
