"""What approvals refuse, each with a stable code and words for people."""

from core import errors


class CaseNotFound(errors.NotFound):
    """The case or task is absent, or the actor takes no part in it."""

    code = "APPROVAL_NOT_FOUND"
    message = "审批单不存在，或您无权查看"


class TemplateNotFound(errors.NotFound):
    """No template of this key is open to the actor."""

    code = "APPROVAL_TEMPLATE_NOT_FOUND"
    message = "审批模板不存在"


class DefinitionInvalid(errors.Invalid):
    """The definition could go wrong while running; `problems` names every fault."""

    code = "APPROVAL_DEFINITION_INVALID"
    message = "流程定义不符合要求"


class FormInvalid(errors.Invalid):
    """The form does not fit its schema; `fields` maps each field to what is wrong with it."""

    code = "APPROVAL_FORM_INVALID"
    message = "表单填写有误，请检查标出的内容"


class ChoiceInvalid(errors.Invalid):
    """The initiator chose nobody, unknown people, or for a step without a choice."""

    code = "APPROVAL_CHOICE_INVALID"
    message = "请为“{step}”选择有效的审批人"


class NobodyToDecide(errors.Invalid):
    """The case would arrive at a step nobody can decide."""

    code = "APPROVAL_NOBODY_TO_DECIDE"
    message = "环节“{step}”没有可以办理的人员，请联系管理员"


class RemarkRequired(errors.Invalid):
    """Refusing and sending back are explained."""

    code = "APPROVAL_REMARK_REQUIRED"
    message = "请填写意见，说明不同意或退回的理由"


class TargetInvalid(errors.Invalid):
    """The step may not send back to there."""

    code = "APPROVAL_TARGET_INVALID"
    message = "不能退回到所选环节"


class CaseEnded(errors.Conflict):
    """The case has ended or was withdrawn."""

    code = "APPROVAL_CASE_ENDED"
    message = "该审批已结束，不能再办理"


class TaskClosed(errors.Conflict):
    """The task was done already, by its holder or by another approver of the step."""

    code = "APPROVAL_TASK_CLOSED"
    message = "该任务已办理，请刷新查看最新进展"


class FormMoved(errors.Conflict):
    """The form was changed after the actor read it; `form_revision` is the present one."""

    code = "APPROVAL_FORM_MOVED"
    message = "申请内容已被修改，请重新查看后再办理"


class OtherActExpected(errors.Conflict):
    """The task asks for another act: a decision where the form is due, or the reverse."""

    code = "APPROVAL_OTHER_ACT_EXPECTED"
    message = "该任务不支持此操作，请刷新后重试"


class SubjectBusy(errors.Conflict):
    """A decision about the same subject is under way."""

    code = "APPROVAL_SUBJECT_BUSY"
    message = "该事项已有正在进行的审批"


class KeyReused(errors.Conflict):
    """The idempotency key came before with another request."""

    code = "APPROVAL_KEY_REUSED"
    message = "重复的请求标识，请刷新后重试"
