"""What the administrator of 西湖区 does with people and units, and the news of it."""

from collections.abc import Callable
from datetime import datetime

from django.utils import timezone

from messaging import handlers
from org import events as org_events
from org.kinds import AppointmentKind, PostFunction
from org.models import Appointment
from org.services import appointments, moves, transfers
from org.services.transfers import Destination
from tests.factories import Province

RunJobs = Callable[[], int]


class Office:
    """The administrator of 西湖区."""

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


def tell_again(person_id: int) -> None:
    """The news of the person come a second time."""
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
