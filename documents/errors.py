"""Expected refusals around official documents."""

from core import errors


class ClassifiedRefused(errors.Forbidden):
    """What is marked 秘密 or above may not be kept here (Art. 26); nothing of it is stored.

    As a Forbidden it is audited, with the path and this code and never with the text.
    """

    code = "CLASSIFIED_REFUSED"
    message = "本平台为非涉密平台，不得录入标有秘密、机密、绝密的内容；本次提交的内容未作任何保存"


class DocumentNotFound(errors.NotFound):
    """No such document, or none that the actor may see."""

    code = "DOCUMENT_NOT_FOUND"
    message = "公文不存在，或您无权查看"


class DocumentForbidden(errors.Forbidden):
    """The actor may see the document but not do this to it."""

    code = "DOCUMENT_FORBIDDEN"
    message = "您可以查看这份公文，但不能进行此操作"


class NotAnIssuingUnit(errors.Invalid):
    """The actor's organ is not registered to issue documents."""

    code = "NOT_AN_ISSUING_UNIT"
    message = "您所在的单位尚未登记发文机关代字，不能拟制公文"


class DocumentNotEditable(errors.Conflict):
    """The text is with its reviewers or signed: it may not change under them."""

    code = "DOCUMENT_NOT_EDITABLE"
    message = "公文已提交核签或已签发，不能再修改"


class DocumentChanged(errors.Conflict):
    """Somebody changed the draft meanwhile."""

    code = "DOCUMENT_CHANGED"
    message = "草稿已被修改，请刷新后重试"


class WrongDocumentState(errors.Conflict):
    """The document is not at the point where this may happen."""

    code = "WRONG_DOCUMENT_STATE"
    message = "公文当前状态为“{state}”，不能进行此操作"


class DraftIncomplete(errors.Invalid):
    """A draft has a title and a text."""

    code = "DRAFT_INCOMPLETE"
    message = "请填写标题和正文"


class DraftInvalid(errors.Invalid):
    """The urgency or the classification is none that exists."""

    code = "DRAFT_INVALID"
    message = "紧急程度或密级无效"


class RecipientInvalid(errors.Invalid):
    """A recipient is no organ, abolished, or named twice."""

    code = "RECIPIENT_INVALID"
    message = "主送、抄送单位须为现有的机关单位，且不能重复"


class RecipientMissing(errors.Invalid):
    """A notice goes to somebody."""

    code = "RECIPIENT_MISSING"
    message = "请至少选择一个主送单位"


class SignatoryInvalid(errors.Invalid):
    """Only a leader of the issuing organ signs documents."""

    code = "SIGNATORY_INVALID"
    message = "签发人须为本机关的主要负责人或分管领导"


class ReviewerInvalid(errors.Invalid):
    """The reviewer is missing, is the drafter, or is not of the organ."""

    code = "REVIEWER_INVALID"
    message = "请选择本机关的核稿人，拟稿人不能自己核稿"


class UnprintableText(errors.Invalid):
    """The text holds characters that no font of the installation can draw."""

    code = "UNPRINTABLE_TEXT"
    message = "文中有无法印制的字符：{characters}"


class NotDispatched(errors.NotFound):
    """The document was not sent to the actor's organ."""

    code = "NOT_DISPATCHED"
    message = "这份公文没有发给您所在的单位"


class IssuingUnitTaken(errors.Conflict):
    """The organ is registered already."""

    code = "ISSUING_UNIT_TAKEN"
    message = "该单位已登记为发文机关"


class DocumentAltered(errors.Conflict):
    """The stored text is not the text that was signed."""

    code = "DOCUMENT_ALTERED"
    message = "公文内容与签发时的摘要不符，已停止办理，请联系系统管理员"


class VersionNotFound(errors.NotFound):
    """The document has no such typeset version yet."""

    code = "VERSION_NOT_FOUND"
    message = "正式文件尚未生成"
