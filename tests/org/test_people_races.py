"""Two administrators at the same person at once: one wins, and nothing is left half done."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from core import errors
from core.actor import Actor, ActorKind
from org.kinds import AppointmentKind, DepartureReason, PostFunction
from org.models import Account, Appointment, Handover, Person
from org.queries import appointments as queries
from org.queries import headcounts
from org.queries.provisioning import Spoken
from org.services import appointments, departures, provisioning, transfers
from tests import factories

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]


def together(acts: Sequence[Callable[[], object]]) -> list[str]:
    """What became of each, all begun at once: done, or the code of the refusal."""

    def run(act: Callable[[], object]) -> str:
        try:
            act()
        except errors.DomainError as refusal:
            return refusal.code
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(len(acts)) as pool:
        return sorted(pool.map(run, acts))


@pytest.fixture
def province() -> factories.Province:
    return factories.small_province()


def test_of_two_departures_one_opens_a_handover(province: factories.Province) -> None:
    person = province.person("曾国强")
    actor, now = province.actor("何管理"), timezone.now()

    def leave() -> object:
        return departures.leave(
            actor=actor, person_id=person, reason=DepartureReason.RETIRED, now=now
        )

    assert together([leave, leave, leave]) == ["ORG_PERSON_NOT_FOUND"] * 2 + ["done"]
    assert Handover.objects.filter(person_id=person).count() == 1
    assert Account.objects.get(person_id=person).is_active is False


def test_nobody_is_transferred_out_of_having_left(province: factories.Province) -> None:
    person = province.person("曾国强")
    actor, now = province.actor("何管理"), timezone.now()
    target = province.unit("西湖区卫生健康局")

    def leave() -> object:
        return departures.leave(
            actor=actor,
            person_id=person,
            reason=DepartureReason.RETIRED,
            now=now + timedelta(seconds=1),
        )

    def transfer() -> object:
        to = transfers.Destination(target, "主任", PostFunction.HEAD)
        return transfers.transfer(actor=actor, person_id=person, to=to, now=now)

    outcomes = together([leave, transfer])
    assert "done" in outcomes
    assert Person.objects.get(pk=person).status == "left"
    assert queries.of_person(person, at=now + timedelta(seconds=2)) == []
    below = headcounts.below([province.unit("西湖区")], at=now + timedelta(seconds=2))
    assert below == {province.unit("西湖区"): 14}


def test_one_main_post_however_many_appoint(province: factories.Province) -> None:
    person = province.person("曾国强")
    actor, now = province.actor("何管理"), timezone.now()
    appointments.end(actor=actor, appointment_id=province.appointments["曾国强"], now=now)
    later = now + timedelta(seconds=1)

    def appoint(unit: str) -> Callable[[], object]:
        return lambda: appointments.appoint(
            actor=actor,
            person_id=person,
            unit_id=province.unit(unit),
            title="科员",
            function=PostFunction.STAFF,
            kind=AppointmentKind.MAIN,
            now=later,
        )

    places = ("西湖区民政局", "西湖区卫生健康局", "西湖区民政局/一科")
    outcomes = together([appoint(place) for place in places])
    assert outcomes == ["ORG_MAIN_APPOINTMENT_EXISTS"] * 2 + ["done"]
    assert Appointment.objects.filter(person_id=person, valid_to__isnull=True).count() == 1


def test_of_two_newcomers_of_one_username_one_comes(province: factories.Province) -> None:
    actor = Actor(kind=ActorKind.APP, name="目录同步：竞争", person_id=province.person("何管理"))

    def create() -> object:
        return provisioning.create_user(
            actor=actor,
            root_id=province.unit("西湖区"),
            spoken=Spoken(user_name="same", display_name="同名人"),
            phone=None,
            now=timezone.now(),
        )

    assert together([create, create]) == ["ORG_USERNAME_TAKEN", "done"]
    assert Person.objects.filter(name="同名人").count() == 1
    assert Account.objects.filter(username="same").count() == 1
