"""Two administrators at the same person at once: one wins, and nothing is left half done."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from core import errors
from core.actor import Actor, ActorKind
from org import errors as errors_org
from org.kinds import AppointmentKind, DepartureReason, PostFunction
from org.models import Account, Appointment, Handover, Person
from org.queries import appointments as queries
from org.queries import headcounts
from org.queries.provisioning import Spoken
from org.services import appointments, departures, provisioning, transfers
from org.writing import tenures
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


def staged(first: Callable[[Callable[[], None]], object], second: Callable[[], object]) -> set[str]:
    """What became of both where the second begins while the first holds what it locked so far.

    Both run in a transaction of the test's, where nothing is tried again.
    """
    held, may_go_on = Event(), Event()

    def pause() -> None:
        held.set()
        may_go_on.wait(10)

    def run(act: Callable[[], object]) -> str:
        try:
            with transaction.atomic():
                act()
        except (errors.DomainError, OperationalError) as refusal:
            return str(refusal)
        finally:
            connection.close()
        return "done"

    def follow() -> object:
        held.wait(10)
        return second()

    with ThreadPoolExecutor(2) as pool:
        ran = [pool.submit(run, lambda: first(pause)), pool.submit(run, follow)]
        held.wait(10)
        until_somebody_waits()
        may_go_on.set()
        return {one.result() for one in ran}


def until_somebody_waits() -> None:
    for _ in range(500):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_sleep(0.02), count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if cursor.fetchone()[1]:
                return
    raise AssertionError("nobody waited")


def test_whoever_comes_back_locks_the_unit_before_the_person(
    province: factories.Province,
) -> None:
    person, unit = province.person("曾国强"), province.unit("西湖区卫生健康局")
    actor = province.actor("何管理")
    departures.leave(
        actor=actor, person_id=person, reason=DepartureReason.RETIRED, now=timezone.now()
    )

    def appoint(pause: Callable[[], None]) -> None:
        tenures.lock_units([unit])
        pause()
        appointments.appoint(
            actor=actor,
            person_id=person,
            unit_id=unit,
            title="科员",
            function=PostFunction.STAFF,
            now=timezone.now(),
        )

    def rejoin() -> object:
        return departures.rejoin(
            actor=actor,
            person_id=person,
            unit_id=unit,
            title="科员",
            function=PostFunction.STAFF,
            now=timezone.now(),
        )

    assert staged(appoint, rejoin) == {"done", errors_org.PersonNotFound.message}


def test_provisioning_locks_the_units_before_the_person(province: factories.Province) -> None:
    person, unit = province.person("曾国强"), province.unit("西湖区卫生健康局")
    actor, now = province.actor("何管理"), timezone.now()
    source = Appointment.objects.get(pk=province.appointments["曾国强"]).unit_id

    def transfer(pause: Callable[[], None]) -> None:
        tenures.lock_places([source, unit])
        pause()
        to = transfers.Destination(unit_id=unit, title="科员", function=PostFunction.STAFF)
        transfers.transfer(actor=actor, person_id=person, to=to, now=now)

    def change() -> object:
        spoken = Spoken(user_name="zengguoqiang", display_name="曾国强", title="主任科员")
        return provisioning.change_user(
            actor=actor,
            root_id=province.unit("西湖区"),
            person_id=person,
            spoken=spoken,
            phone=None,
            now=timezone.now(),
        )

    assert staged(transfer, change) == {"done"}
    stands = Appointment.objects.get(person_id=person, valid_to__isnull=True)
    assert (stands.unit_id, stands.post.title) == (unit, "主任科员")


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
