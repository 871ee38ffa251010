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
    """System, security and audit administrator exclude one another; a grant stands once."""

    code: ClassVar[str] = "ORG_OFFICERS_EXCLUDE"
    message: ClassVar[str] = "该授权已存在，或与三员分立的要求冲突"


class GrantNotFound(errors.NotFound):
    """No such grant, or it was revoked."""

    code: ClassVar[str] = "ORG_GRANT_NOT_FOUND"
    message: ClassVar[str] = "找不到该授权"
