"""What is refused about leaving, coming back and handing over."""

from typing import ClassVar

from core import errors


class HoldsGreaterRights(errors.Forbidden):
    """The person administers more than the actor does."""

    code: ClassVar[str] = "ORG_HOLDS_GREATER_RIGHTS"
    message: ClassVar[str] = "该人员持有超出您范围的管理权限，请由上级管理员办理，或先收回其权限"


class OwnDeparture(errors.Conflict):
    """Nobody enters that he himself left: he would lock himself out half way."""

    code: ClassVar[str] = "ORG_OWN_DEPARTURE"
    message: ClassVar[str] = "不能为自己办理离职"


class StillServes(errors.Conflict):
    """The person has not left."""

    code: ClassVar[str] = "ORG_STILL_SERVES"
    message: ClassVar[str] = "该人员在职，无须复职"


class DiedNoReturn(errors.Conflict):
    """Nobody comes back from the dead: the departure was entered wrongly, for somebody else."""

    code: ClassVar[str] = "ORG_DIED_NO_RETURN"
    message: ClassVar[str] = "离职原因为去世，不能复职；如系误办，请先更正离职原因"


class HandoverNotFound(errors.NotFound):
    """No such list, or none that the actor may know of."""

    code: ClassVar[str] = "ORG_HANDOVER_NOT_FOUND"
    message: ClassVar[str] = "找不到该交接清单"


class OwnSuccession(errors.Forbidden):
    """Nobody makes himself the heir of somebody's tasks, drafts and groups."""

    code: ClassVar[str] = "ORG_OWN_SUCCESSION"
    message: ClassVar[str] = "不能指定自己接手，请由其他人员管理员办理"


class SuccessorUnfit(errors.Invalid):
    """The successor is the person who left, or does not serve any more."""

    code: ClassVar[str] = "ORG_SUCCESSOR_UNFIT"
    message: ClassVar[str] = "接手人须是在职的其他人员"
