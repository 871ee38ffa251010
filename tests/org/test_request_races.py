"""Two who decide at once: the request's lock lets exactly one."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from core.actor import Actor, system
from core.errors import DomainError
from org import errors
from org.kinds import AdminRole
from org.models import AdminGrant, ReviewRequest
from org.policies import Wanted
from org.services import authority, decisions, requests
from tests import factories

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.live]


@pytest.fixture
def province(transactional_db: None) -> factories.Province:
    """The province, committed, so that every connection sees it."""
    return factories.small_province()


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Runs each call on a connection of its own, all let go together; refusals are results."""
    gate = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        try:
            gate.wait(timeout=10)
            return call()
        except DomainError as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def grants_of(province: factories.Province, name: str) -> list[str]:
    """The roles the person holds."""
    held = AdminGrant.objects.filter(person_id=province.person(name), revoked_at__isnull=True)
    return sorted(held.values_list("role", flat=True))


def ask(province: factories.Province) -> int:
    """The system administrator asks to make another one."""
    asked = authority.grant(
        actor=province.actor("褚一"),
        person_id=province.person("马科员"),
        wanted=Wanted(AdminRole.SYSTEM, province.unit("浙江省")),
        now=timezone.now(),
    )
    assert isinstance(asked, requests.Asked)
    return asked.request_id


def appoint_officer(province: factories.Province, name: str, role: AdminRole) -> None:
    """The platform makes the person an officer of the whole tree."""
    authority.grant(
        actor=system("test"),
        person_id=province.person(name),
        wanted=Wanted(role, province.unit("浙江省")),
        now=timezone.now(),
    )


def test_approved_twice_at_once_it_happens_once(province: factories.Province) -> None:
    appoint_officer(province, "林上城", AdminRole.SECURITY)
    request_id = ask(province)

    def approve(actor: Actor) -> Callable[[], object]:
        return lambda: decisions.approve(actor=actor, request_id=request_id, now=timezone.now())

    seconds = [province.actor("卫二"), province.actor("林上城")]
    outcomes = at_once(*[approve(actor) for actor in seconds for _ in range(2)])
    assert sum(isinstance(one, decisions.Decided) for one in outcomes) == 1
    assert sum(isinstance(one, errors.RequestSettled) for one in outcomes) == 3
    assert grants_of(province, "马科员") == ["org", "people", "system"]


def test_withdrawn_and_approved_at_once_only_one_counts(province: factories.Province) -> None:
    for _ in range(5):
        AdminGrant.objects.filter(role="system", person_id=province.person("马科员")).delete()
        request_id = ask(province)
        asker, second = province.actor("褚一"), province.actor("卫二")

        def approve(request_id: int = request_id, actor: Actor = second) -> decisions.Decided:
            return decisions.approve(actor=actor, request_id=request_id, now=timezone.now())

        def withdraw(request_id: int = request_id, actor: Actor = asker) -> decisions.Decided:
            return decisions.withdraw(actor=actor, request_id=request_id, now=timezone.now())

        outcomes = at_once(approve, withdraw)
        assert sum(isinstance(one, errors.RequestSettled) for one in outcomes) == 1
        state = ReviewRequest.objects.get(pk=request_id).state
        assert ("system" in grants_of(province, "马科员")) == (state == "approved")


def test_two_of_the_three_officers_never_meet_even_at_once(province: factories.Province) -> None:
    roles = (AdminRole.SYSTEM, AdminRole.SECURITY, AdminRole.AUDIT)

    def appoint(role: AdminRole) -> Callable[[], object]:
        return lambda: appoint_officer(province, "马科员", role)

    outcomes = at_once(*[appoint(role) for role in roles])
    assert sum(isinstance(one, errors.OfficersExclude) for one in outcomes) == 2
    assert len(set(grants_of(province, "马科员")) & set(roles)) == 1


def test_what_is_passed_on_while_its_source_is_revoked_never_outlives_it(
    province: factories.Province,
) -> None:
    organ = province.unit("西湖区民政局")
    for name in ("王伟民", "李建国", "张晓梅", "曾国强"):
        source = authority.grant(
            actor=province.actor("何管理"),
            person_id=province.person("赵卫东"),
            wanted=Wanted(AdminRole.ORG, organ, depth=1),
            now=timezone.now(),
        )
        assert isinstance(source, requests.Done)
        upper, lower = province.actor("何管理"), province.actor("赵卫东")

        def revoke(actor: Actor = upper, grant_id: int = source.id) -> object:
            return authority.revoke(actor=actor, grant_id=grant_id, now=timezone.now())

        def pass_on(actor: Actor = lower, name: str = name) -> object:
            return authority.grant(
                actor=actor,
                person_id=province.person(name),
                wanted=Wanted(AdminRole.ORG, organ),
                now=timezone.now(),
            )

        ended, passed = at_once(revoke, pass_on)
        assert ended in (1, 2)
        assert isinstance(passed, requests.Done) == (ended == 2)
        assert grants_of(province, name) == []
