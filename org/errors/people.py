"""What is refused about people and their appointments."""

from typing import ClassVar

from core import errors


class PersonNotFound(errors.NotFound):
    """No such person, or none that the actor may know of."""

    code: ClassVar[str] = "ORG_PERSON_NOT_FOUND"
    message: ClassVar[str] = "找不到该人员"


class AppointmentNotFound(errors.NotFound):
    """No such appointment, or it has ended."""

    code: ClassVar[str] = "ORG_APPOINTMENT_NOT_FOUND"
    message: ClassVar[str] = "找不到该任职"


class MainAppointmentExists(errors.Conflict):
    """The person already has a main appointment."""

    code: ClassVar[str] = "ORG_MAIN_APPOINTMENT_EXISTS"
    message: ClassVar[str] = "该人员已有主任职，请先结束原任职"


class AlreadyAppointed(errors.Conflict):
    """The person already holds such an appointment in this unit at that time."""

    code: ClassVar[str] = "ORG_ALREADY_APPOINTED"
    message: ClassVar[str] = "该人员在此组织已有同类任职"
