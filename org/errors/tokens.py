"""What is refused about the tokens of provisioning systems, and to them."""

from typing import ClassVar

from core import errors


class TokenNotFound(errors.NotFound):
    """No such token, or none that the actor may know of."""

    code: ClassVar[str] = "ORG_TOKEN_NOT_FOUND"
    message: ClassVar[str] = "找不到该同步令牌"


class TokenTerm(errors.Invalid):
    """The token would have ended already, or would stand too long."""

    code: ClassVar[str] = "ORG_TOKEN_TERM"
    message: ClassVar[str] = "有效期须晚于当前时间，且不超过 {days} 天"


class NotProvisioned(errors.Forbidden):
    """Only what came from provisioning goes that way."""

    code: ClassVar[str] = "ORG_NOT_PROVISIONED"
    message: ClassVar[str] = "该组织不是由目录同步建立的，请在系统管理中撤销"


class TakesSecondPerson(errors.Forbidden):
    """No machine is a second person."""

    code: ClassVar[str] = "ORG_TAKES_SECOND_PERSON"
    message: ClassVar[str] = "该操作须第二人复核，请在系统管理中办理"


class TokensTouchMany(errors.Conflict):
    """One person's tokens have changed as many people as one person may change alone."""

    code: ClassVar[str] = "ORG_TOKENS_TOUCH_MANY"
    message: ClassVar[str] = (
        "同一建立者的令牌 24 小时内最多变动 {people} 人的任职或账号状态，"
        "更多变动请用批量导入，由第二人复核"
    )


class GroupInUse(errors.Conflict):
    """People serve in the unit, or units stand below it: nobody is moved by the way."""

    code: ClassVar[str] = "ORG_GROUP_IN_USE"
    message: ClassVar[str] = (
        "该组织还有 {people} 名在任人员、{parts} 个下级组织，请先移出全部成员再删除"
    )


class AttributeUnfit(errors.Invalid):
    """A value that was sent fits no column of the directory."""

    code: ClassVar[str] = "ORG_ATTRIBUTE_UNFIT"
    message: ClassVar[str] = "{attribute} 不正确：{reason}"
