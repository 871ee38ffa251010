"""What the tree of units refuses."""

from typing import ClassVar

from core import errors


class UnitNotFound(errors.NotFound):
    """No such unit, or none that the actor may know of."""

    code: ClassVar[str] = "ORG_UNIT_NOT_FOUND"
    message: ClassVar[str] = "找不到该组织"


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
