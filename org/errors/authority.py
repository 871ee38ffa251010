"""What is refused for want of a right, and about rights themselves."""

from typing import ClassVar

from core import errors


class OutOfScope(errors.Forbidden):
    """The unit lies outside what the actor administers."""

    code: ClassVar[str] = "ORG_OUT_OF_SCOPE"
    message: ClassVar[str] = "该组织不在您的管理范围内"


class GrantBeyondOwn(errors.Forbidden):
    """Nobody grants more than he has, above his root, or to himself."""

    code: ClassVar[str] = "ORG_GRANT_BEYOND_OWN"
    message: ClassVar[str] = "不能授予超出自身范围的管理权限"


class GrantEnded(errors.Invalid):
    """A right would end before it begins."""

    code: ClassVar[str] = "ORG_GRANT_ENDED"
    message: ClassVar[str] = "有效期须晚于当前时间"


class OfficersExclude(errors.Conflict):
    """System, security and audit administrator exclude one another."""

    code: ClassVar[str] = "ORG_OFFICERS_EXCLUDE"
    message: ClassVar[str] = "系统、安全、审计管理员须由不同人员担任，该人员已任其一"


class GrantStands(errors.Conflict):
    """The person holds this role over this unit already."""

    code: ClassVar[str] = "ORG_GRANT_STANDS"
    message: ClassVar[str] = "该人员已有此项管理权限"


class GrantTooDeep(errors.Invalid):
    """A right is passed on at most once per administrative level."""

    code: ClassVar[str] = "ORG_GRANT_TOO_DEEP"
    message: ClassVar[str] = "再授权层数须在 0 到 {most} 之间"


class GrantLevelImpossible(errors.Invalid):
    """The highest level lies above the unit, where nothing is granted."""

    code: ClassVar[str] = "ORG_GRANT_LEVEL_IMPOSSIBLE"
    message: ClassVar[str] = "限定的最高层级不能高于所授组织的层级"


class GrantLineUnknown(errors.Invalid):
    """No such line, or it has ended."""

    code: ClassVar[str] = "ORG_GRANT_LINE_UNKNOWN"
    message: ClassVar[str] = "找不到该条线"


class GrantNotFound(errors.NotFound):
    """No such grant, or it was revoked."""

    code: ClassVar[str] = "ORG_GRANT_NOT_FOUND"
    message: ClassVar[str] = "找不到该授权"


class DoneFromAbove(errors.Forbidden):
    """An administrator with a wider right decided this: nobody below undoes it."""

    code: ClassVar[str] = "ORG_DONE_FROM_ABOVE"
    message: ClassVar[str] = "该设置由上级管理员作出，请由同级或更高一级的管理员更改"
