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


class UnitChanged(errors.Conflict):
    """Somebody else has changed the unit since it was looked at."""

    code: ClassVar[str] = "ORG_UNIT_CHANGED"
    message: ClassVar[str] = "该组织的信息已被他人修改，请刷新核对后再保存"


class UnitNameTaken(errors.Conflict):
    """Another unit below the same one has this very name."""

    code: ClassVar[str] = "ORG_UNIT_NAME_TAKEN"
    message: ClassVar[str] = "“{parent}”之下已有名为“{name}”的组织，请换一个名称"


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


class DepartmentsTooDeep(errors.Invalid):
    """More departments would stand below each other than there may."""

    code: ClassVar[str] = "ORG_DEPARTMENTS_TOO_DEEP"
    message: ClassVar[str] = "内设机构最多设 {most} 层"


class UnitStandsThere(errors.Conflict):
    """The unit stands below that one already."""

    code: ClassVar[str] = "ORG_UNIT_STANDS_THERE"
    message: ClassVar[str] = "该组织已在“{parent}”之下"


class NotSiblings(errors.Invalid):
    """Only units directly below the same unit are put in order."""

    code: ClassVar[str] = "ORG_NOT_SIBLINGS"
    message: ClassVar[str] = "只能在同一上级的组织之间排序"


class NothingToMerge(errors.Invalid):
    """A merger takes at least two different units."""

    code: ClassVar[str] = "ORG_NOTHING_TO_MERGE"
    message: ClassVar[str] = "请选择至少两个不同的组织进行合并"


class MergedAboveEachOther(errors.Invalid):
    """One of the merged units stands below another of them."""

    code: ClassVar[str] = "ORG_MERGED_ABOVE_EACH_OTHER"
    message: ClassVar[str] = "“{lower}”是“{upper}”的下级，不能一起合并"


class KindsDoNotMerge(errors.Invalid):
    """A unit of that kind or level does not go over into a unit of this one."""

    code: ClassVar[str] = "ORG_KINDS_DO_NOT_MERGE"
    message: ClassVar[str] = "“{merged}”与“{into}”类型或级别不同，不能合并"


class NotPartOfUnit(errors.Invalid):
    """What a unit gives off is directly in it, and goes to one new unit only."""

    code: ClassVar[str] = "ORG_NOT_PART_OF_UNIT"
    message: ClassVar[str] = "只能分出该组织直属的下级组织和本级人员，且每项只能分到一个新组织"


class NothingToSplit(errors.Invalid):
    """A split names at least one new unit."""

    code: ClassVar[str] = "ORG_NOTHING_TO_SPLIT"
    message: ClassVar[str] = "请至少填写一个新组织"


class UnitAdministered(errors.Conflict):
    """Rights are granted over the unit itself; they would hang in the air."""

    code: ClassVar[str] = "ORG_UNIT_ADMINISTERED"
    message: ClassVar[str] = "还有 {grants} 项管理权限授予在该组织上，请先收回或改授：{holders}"


class OtherSideIsOwn(errors.Conflict):
    """The actor administers both ends: there is nobody to ask."""

    code: ClassVar[str] = "ORG_OTHER_SIDE_IS_OWN"
    message: ClassVar[str] = "新的上级也由您管理，请直接移动"
