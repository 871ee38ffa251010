"""What an import writes is what the services write for the same acts, with all that hangs on it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from org.kinds import AppointmentKind, PostFunction
from org.models import Appointment, AppointmentSearch, OrgChange, Person
from org.queries import headcounts
from org.services import appointments, people, transfers
from tests import factories
from tests.org import files
from tests.org.importing import Importer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_audit")]

OFFICE = "西湖区民政局/办公室"
TOUCHED = ("赵新民", "李建国", "单小芳", "张晓梅", "曾国强")
FILE = files.people(
    ("赵新民", "13900000001", OFFICE, "科员", "主任职"),
    ("李建国", "13800000016", "西湖区卫生健康局", "副局长", "主任职"),
    ("单小芳", "13800000019", OFFICE, "内勤", "兼职"),
    ("张晓梅", "13800000017", OFFICE, "办公室主任", "主任职"),
    headings=(*files.HEADINGS, "任职方式"),
)


def by_services(province: factories.Province) -> None:
    """The acts of the file, one by one."""
    actor, now = province.actor("何管理"), timezone.now()
    staff = PostFunction.STAFF
    people.admit(
        actor=actor,
        name="赵新民",
        unit_id=province.unit(OFFICE),
        title="科员",
        function=staff,
        phone="13900000001",
        now=now,
    )
    transfers.transfer(
        actor=actor,
        person_id=province.person("李建国"),
        to=transfers.Destination(
            unit_id=province.unit("西湖区卫生健康局"), title="副局长", function=PostFunction.DEPUTY
        ),
        now=now,
    )
    appointments.appoint(
        actor=actor,
        person_id=province.person("单小芳"),
        unit_id=province.unit(OFFICE),
        title="内勤",
        function=staff,
        kind=AppointmentKind.CONCURRENT,
        now=now,
    )
    appointments.change(
        actor=actor,
        appointment_id=province.appointments["张晓梅"],
        title="办公室主任",
        order=0,
        now=now,
    )


def state(province: factories.Province) -> dict[str, Any]:
    """All that hangs on appointments, without ids and instants."""
    held = Appointment.objects.filter(person__name__in=TOUCHED)
    columns = [
        field.name for field in AppointmentSearch._meta.fields if field.name != "appointment"
    ]
    rows = AppointmentSearch.objects.filter(appointment__person__name__in=TOUCHED)
    return {
        "appointments": sorted(
            (*row[:-1], row[-1] is None)
            for row in held.values_list(
                "person__name", "unit_id", "post__title", "post__function", "post__rank", "kind",
                "order", "office_phone", "valid_to",
            )
        ),
        "searched": sorted(
            str(row) for row in rows.values_list("appointment__unit_id", *columns)
        ),
        "headcounts": headcounts.below(list(province.units.values()), at=timezone.now()),
        "news": news(),
        "history": sorted(OrgChange.objects.values_list("kind", "person__name")),
    }  # fmt: skip


def news() -> set[tuple[str, str]]:
    """The news about appointments that was published, by name and person."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT args FROM procrastinate_jobs WHERE args ? 'payload' ORDER BY id")
        told = [row[0] if isinstance(row[0], dict) else json.loads(row[0]) for row in cursor]
    named = dict(Person.objects.values_list("pk", "name"))
    found = set()
    for one in told:
        if one["event"].startswith("org.appointment"):
            payload = one["payload"]
            ids = payload.get("person_ids") or [payload["person_id"]]
            found |= {(one["event"], named[person_id]) for person_id in ids}
    return found


def outcome(province: factories.Province, act: Callable[[], object]) -> dict[str, Any]:
    """How things stand after the act, which is then undone."""
    found: dict[str, Any] = {}
    with transaction.atomic():
        act()
        found = state(province)
        transaction.set_rollback(True)
    return found


def test_a_file_and_the_same_acts_by_hand_leave_the_same(
    province: factories.Province, run_jobs: Callable[[], int]
) -> None:
    importer = Importer(province, province.client("何管理"), run_jobs)

    def by_import() -> None:
        done = importer.carry_out(FILE)
        assert (done["state"], importer.faults(done["id"], "error")) == ("applied", [])

    before = state(province)
    imported = outcome(province, by_import)
    assert state(province) == before
    done = outcome(province, lambda: by_services(province))
    for part in done:
        assert imported[part] == done[part], part
    assert imported["appointments"] != before["appointments"]
    assert imported["headcounts"][province.unit("西湖区卫生健康局")] == 6
