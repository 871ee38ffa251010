"""What DING and its duty rosters refuse, each with its stable code."""

from core import errors


class DingNotFound(errors.NotFound):
    """The DING is absent, or neither the actor's nor for him."""

    code = "DING_NOT_FOUND"
    message = "DING 不存在，或您无权查看"


class DingPeopleUnknown(errors.NotFound):
    """Somebody named is not in the conversation, or is nobody at all: both look alike."""

    code = "DING_PEOPLE_UNKNOWN"
    message = "所选人员不在该会话中，不能 DING"


class NobodyToDing(errors.Conflict):
    """Nobody is left whom the DING would call."""

    code = "DING_NOBODY"
    message = "没有需要 DING 的人员"


class DingNeedsApproval(errors.Invalid):
    """More people than one person calls alone, and no reason that a second person could read."""

    code = "DING_NEEDS_APPROVAL"
    message = "将 DING {people} 人，超过 {limit} 人的须说明理由并经另一人批准"


class DingTooMany(errors.Invalid):
    """More people than a DING calls, approved or not."""

    code = "DING_TOO_MANY_PEOPLE"
    message = "一次 DING 最多 {limit} 人"


class DingRequestNotFound(errors.NotFound):
    """The request is absent, or neither the actor's nor for him to decide."""

    code = "DING_REQUEST_NOT_FOUND"
    message = "DING 申请不存在，或您无权查看"


class DingAskerUnable(errors.Conflict):
    """Whoever asked for the DING can no longer sign in."""

    code = "DING_ASKER_UNABLE"
    message = "申请人已不能登录，DING 没有发出"


class DingQuotaSpent(errors.TooMany):
    """The sender, or the unit, has opened as many DINGs today as one may."""

    code = "DING_QUOTA_SPENT"
    message = "今天的 DING 次数已用完（{whose}每天 {limit} 次）"


class DingOver(errors.Conflict):
    """The DING has ended for the actor otherwise than by a confirmation."""

    code = "DING_OVER"
    message = "该 DING 已结束：{state}"


class DingNotTheSender(errors.Forbidden):
    """Only whoever opened a DING recalls it, and sees how it stands with all."""

    code = "DING_NOT_THE_SENDER"
    message = "只有 DING 的发起人可以进行此操作"


class DingAlreadyRecalled(errors.Conflict):
    """The DING was recalled before."""

    code = "DING_ALREADY_RECALLED"
    message = "该 DING 已经撤回"


class ShiftNotFound(errors.NotFound):
    """The shift is absent, or of a unit that the actor does not administer."""

    code = "DUTY_SHIFT_NOT_FOUND"
    message = "值班安排不存在，或您无权管理"


class ShiftForeign(errors.Forbidden):
    """The actor does not administer the people of the unit."""

    code = "DUTY_UNIT_FOREIGN"
    message = "您不是该单位的人员管理员，不能安排值班"


class ShiftPersonForeign(errors.Invalid):
    """Whoever is on duty for a unit serves in it or below it."""

    code = "DUTY_PERSON_FOREIGN"
    message = "值班人员须在该单位或其下级任职"


class ShiftTimesInvalid(errors.Invalid):
    """A shift ends after it began, is not over yet, and lasts a month at most."""

    code = "DUTY_TIMES_INVALID"
    message = "值班时间有误：结束须晚于开始和现在，一次最长 31 天"
