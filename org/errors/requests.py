"""What is refused about requests for a second person."""

from typing import ClassVar

from core import errors


class RequestNotFound(errors.NotFound):
    """No such request, or none of the reader's business."""

    code: ClassVar[str] = "ORG_REQUEST_NOT_FOUND"
    message: ClassVar[str] = "找不到该复核申请"


class OwnRequest(errors.Forbidden):
    """Whoever asks is not the second person."""

    code: ClassVar[str] = "ORG_OWN_REQUEST"
    message: ClassVar[str] = "不能复核自己提交的申请"


class RequestSettled(errors.Conflict):
    """The request was approved, rejected or withdrawn before."""

    code: ClassVar[str] = "ORG_REQUEST_SETTLED"
    message: ClassVar[str] = "该申请已处理"


class RequestExpired(errors.Conflict):
    """Nobody decided in time."""

    code: ClassVar[str] = "ORG_REQUEST_EXPIRED"
    message: ClassVar[str] = "该申请已过期，请重新提交"


class RequesterUnable(errors.Conflict):
    """Whoever asked has left, or the account was disabled: nobody would be acting."""

    code: ClassVar[str] = "ORG_REQUESTER_UNABLE"
    message: ClassVar[str] = "申请人已不能操作，该申请不能执行"


class NobodyToDecide(errors.Conflict):
    """Besides the actor, nobody holds the right that the second person needs."""

    code: ClassVar[str] = "ORG_NOBODY_TO_DECIDE"
    message: ClassVar[str] = "该操作须经另一位管理员复核，但当前没有可以复核的管理员"


class AskedAlready(errors.Conflict):
    """The very same act waits for a second person already."""

    code: ClassVar[str] = "ORG_ASKED_ALREADY"
    message: ClassVar[str] = "同样的操作已提交复核，正在等待处理，请勿重复提交"


class ReasonMissing(errors.Invalid):
    """A refusal says why."""

    code: ClassVar[str] = "ORG_REASON_MISSING"
    message: ClassVar[str] = "请填写不同意的理由"
