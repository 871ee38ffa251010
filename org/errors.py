"""What org refuses, each with a stable code and a sentence for people."""

from typing import ClassVar

from core import errors


class UnitNotFound(errors.NotFound):
    """No such unit, or none that the actor may know of."""

    code: ClassVar[str] = "ORG_UNIT_NOT_FOUND"
    message: ClassVar[str] = "找不到该组织"


class PersonNotFound(errors.NotFound):
    """No such person, or none that the actor may know of."""

    code: ClassVar[str] = "ORG_PERSON_NOT_FOUND"
    message: ClassVar[str] = "找不到该人员"


class AppointmentNotFound(errors.NotFound):
    """No such appointment, or it has ended."""

    code: ClassVar[str] = "ORG_APPOINTMENT_NOT_FOUND"
    message: ClassVar[str] = "找不到该任职"


class OutOfScope(errors.Forbidden):
    """The unit lies outside what the actor administers."""

    code: ClassVar[str] = "ORG_OUT_OF_SCOPE"
    message: ClassVar[str] = "该组织不在您的管理范围内"


class UnitBelowItself(errors.Invalid):
    """A unit would stand below itself."""

    code: ClassVar[str] = "ORG_UNIT_BELOW_ITSELF"
    message: ClassVar[str] = "不能把组织移动到它自己或它的下级之下"


class KindNotAllowedHere(errors.Invalid):
    """Units of this kind don't stand below units of that kind."""

    code: ClassVar[str] = "ORG_KIND_NOT_ALLOWED_HERE"
    message: ClassVar[str] = "“{parent}”之下不能设立“{child}”"


class BadUnitCode(errors.Invalid):
    """The code has the wrong form or a wrong check digit."""

    code: ClassVar[str] = "ORG_BAD_UNIT_CODE"
    message: ClassVar[str] = "组织编码 {unit_code} 不正确：{reason}"


class UnitCodeTaken(errors.Conflict):
    """Another unit has this code."""

    code: ClassVar[str] = "ORG_UNIT_CODE_TAKEN"
    message: ClassVar[str] = "组织编码 {unit_code} 已被{holder}使用"


class UnitCodeFixed(errors.Conflict):
    """The unit has its real code: only a temporary one is replaced."""

    code: ClassVar[str] = "ORG_UNIT_CODE_FIXED"
    message: ClassVar[str] = "该组织已有正式编码，不能更改"


class UnitInUse(errors.Conflict):
    """The unit still has parts or people."""

    code: ClassVar[str] = "ORG_UNIT_IN_USE"
    message: ClassVar[str] = "该组织还有下级组织或在任人员，不能撤销"


class UnitAbolished(errors.Conflict):
    """The unit was abolished."""

    code: ClassVar[str] = "ORG_UNIT_ABOLISHED"
    message: ClassVar[str] = "该组织已撤销"


class MainAppointmentExists(errors.Conflict):
    """The person already has a main appointment."""

    code: ClassVar[str] = "ORG_MAIN_APPOINTMENT_EXISTS"
    message: ClassVar[str] = "该人员已有主任职，请先结束原任职"


class AlreadyAppointed(errors.Conflict):
    """The person already holds such an appointment in this unit at that time."""

    code: ClassVar[str] = "ORG_ALREADY_APPOINTED"
    message: ClassVar[str] = "该人员在此组织已有同类任职"


class UsernameTaken(errors.Conflict):
    """Another account has this username, or the person has an account."""

    code: ClassVar[str] = "ORG_USERNAME_TAKEN"
    message: ClassVar[str] = "账号已被使用，或该人员已有账号"


class PasswordTooWeak(errors.Invalid):
    """The password breaks the rules of the installation."""

    code: ClassVar[str] = "ORG_PASSWORD_TOO_WEAK"
    message: ClassVar[str] = "密码不符合要求：{reasons}"


class AccountNotFound(errors.NotFound):
    """No such account."""

    code: ClassVar[str] = "ORG_ACCOUNT_NOT_FOUND"
    message: ClassVar[str] = "找不到该账号"


class OwnAccount(errors.Conflict):
    """Nobody resets or disables the account he acts with: whoever took over his screen could."""

    code: ClassVar[str] = "ORG_OWN_ACCOUNT"
    message: ClassVar[str] = "不能重置或停用自己的账号，修改密码请用右上角菜单"


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


class SearchTooWide(errors.Invalid):
    """One character over a whole province or city names nobody in particular."""

    code: ClassVar[str] = "ORG_SEARCH_TOO_WIDE"
    message: ClassVar[str] = "请至少输入两个字，或先选择到区县"


class DivisionsFaulty(errors.Invalid):
    """The file of divisions has faults; nothing was loaded."""

    code: ClassVar[str] = "ORG_DIVISIONS_FAULTY"
    message: ClassVar[str] = "区划文件有 {faults} 处错误，未载入任何内容"


class TreeNotEmpty(errors.Conflict):
    """The tree has units that did not come from this file."""

    code: ClassVar[str] = "ORG_TREE_NOT_EMPTY"
    message: ClassVar[str] = "组织树中已有其他数据，不能再次载入"
