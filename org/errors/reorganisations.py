"""What reorganisations (机构改革) refuse."""

from typing import ClassVar

from core import errors


class ReorganisationNotFound(errors.NotFound):
    """No such reorganisation, or none that the actor may know of."""

    code: ClassVar[str] = "ORG_REORGANISATION_NOT_FOUND"
    message: ClassVar[str] = "找不到该机构改革方案"


class ReorganisationStepNotFound(errors.NotFound):
    """No such step in the draft."""

    code: ClassVar[str] = "ORG_REORGANISATION_STEP_NOT_FOUND"
    message: ClassVar[str] = "找不到该步骤，可能已被删除"


class ReorganisationChanged(errors.Conflict):
    """Somebody changed the draft since it was read."""

    code: ClassVar[str] = "ORG_REORGANISATION_CHANGED"
    message: ClassVar[str] = "方案已在别处被修改，请刷新后再操作"


class ReorganisationNotOpen(errors.Conflict):
    """What was asked for is not done in this status."""

    code: ClassVar[str] = "ORG_REORGANISATION_NOT_OPEN"
    message: ClassVar[str] = "方案当前为“{status}”，不能进行该操作"


class ReorganisationFaulty(errors.Invalid):
    """The draft cannot be carried out as it stands."""

    code: ClassVar[str] = "ORG_REORGANISATION_FAULTY"
    message: ClassVar[str] = "第 {position} 步不能执行：{reason}"


class ReorganisationEmpty(errors.Invalid):
    """A draft without steps changes nothing."""

    code: ClassVar[str] = "ORG_REORGANISATION_EMPTY"
    message: ClassVar[str] = "方案还没有任何步骤"


class ReorganisationTooLong(errors.Invalid):
    """A draft has a bounded number of steps."""

    code: ClassVar[str] = "ORG_REORGANISATION_TOO_LONG"
    message: ClassVar[str] = "一个方案最多 {most} 个步骤，请分批进行"


class ReorganisationBasisMissing(errors.Invalid):
    """Nothing is submitted without the document it rests on."""

    code: ClassVar[str] = "ORG_REORGANISATION_BASIS_MISSING"
    message: ClassVar[str] = "请填写改革依据（文件名称或文号）"


class OwnReorganisation(errors.Forbidden):
    """Nobody approves what he drafted."""

    code: ClassVar[str] = "ORG_OWN_REORGANISATION"
    message: ClassVar[str] = "方案由您起草，须由另一位组织管理员审批"


class EffectiveTimePast(errors.Invalid):
    """A time of effect lies ahead, and not years ahead."""

    code: ClassVar[str] = "ORG_EFFECTIVE_TIME_PAST"
    message: ClassVar[str] = "生效时间须在现在之后、两年之内"


class StepOutsideScope(errors.Forbidden):
    """The step touches a unit that does not stand below the scope."""

    code: ClassVar[str] = "ORG_STEP_OUTSIDE_SCOPE"
    message: ClassVar[str] = "“{unit}”不在方案范围“{scope}”之下"


class StepReferenceBroken(errors.Invalid):
    """The step speaks of a unit that no earlier step sets up."""

    code: ClassVar[str] = "ORG_STEP_REFERENCE_BROKEN"
    message: ClassVar[str] = "所引用的新设组织不存在：对应的设立步骤已删除、未能执行或排在后面"


class StepMalformed(errors.Invalid):
    """What the step holds does not fit its kind."""

    code: ClassVar[str] = "ORG_STEP_MALFORMED"
    message: ClassVar[str] = "步骤内容不完整：{reason}"


class ReorganisationRightsLost(errors.Forbidden):
    """Whoever drafted or approved it administers the scope no longer."""

    code: ClassVar[str] = "ORG_REORGANISATION_RIGHTS_LOST"
    message: ClassVar[str] = "{name}已不再是方案范围的组织管理员，须重新提交审批"


class ReorganisationReasonMissing(errors.Invalid):
    """Nobody sends a plan back without saying why."""

    code: ClassVar[str] = "ORG_REORGANISATION_REASON_MISSING"
    message: ClassVar[str] = "请填写退回的理由"


class RehearsedOften(errors.TooMany):
    """The reorganisation was rehearsed again and again; each time holds up everybody who moves."""

    code: ClassVar[str] = "ORG_REHEARSED_OFTEN"
    message: ClassVar[str] = "该方案短时间内预演次数过多，请一分钟后再试"
