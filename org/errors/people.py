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


class AppointmentDates(errors.Invalid):
    """The appointment would begin or end at a time that can't be."""

    code: ClassVar[str] = "ORG_APPOINTMENT_DATES"
    message: ClassVar[str] = "任职起止时间不正确：{reason}"


class AppointmentChanged(errors.Conflict):
    """Somebody else ended or changed the appointment meanwhile."""

    code: ClassVar[str] = "ORG_APPOINTMENT_CHANGED"
    message: ClassVar[str] = "该任职已被他人变更或结束，请刷新后重试"


class OwnAppointment(errors.Forbidden):
    """Nobody appoints, transfers or promotes himself."""

    code: ClassVar[str] = "ORG_OWN_APPOINTMENT"
    message: ClassVar[str] = "不能为自己办理任职、调动或职级变更，请由其他管理员办理"


class OtherRank(errors.Invalid):
    """Order tells people of one rank apart; the rank itself belongs to the post."""

    code: ClassVar[str] = "ORG_OTHER_RANK"
    message: ClassVar[str] = "只能在同一排序级别内调整先后；跨级别请修改岗位的排序级别"


class SameUnit(errors.Invalid):
    """A transfer goes somewhere else."""

    code: ClassVar[str] = "ORG_SAME_UNIT"
    message: ClassVar[str] = "调入组织与现任职组织相同；职务变化请用“变更任职”"
