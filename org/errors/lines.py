"""What lines of work refuse."""

from typing import ClassVar

from core import errors


class LineNotFound(errors.NotFound):
    """No such line, or one that has ended."""

    code: ClassVar[str] = "ORG_LINE_NOT_FOUND"
    message: ClassVar[str] = "找不到该条线"


class LineTaken(errors.Conflict):
    """Another line of the same root has this name or code."""

    code: ClassVar[str] = "ORG_LINE_TAKEN"
    message: ClassVar[str] = "“{name}”条线已经设立"


class AlreadyInLine(errors.Conflict):
    """The unit serves the line already."""

    code: ClassVar[str] = "ORG_ALREADY_IN_LINE"
    message: ClassVar[str] = "“{unit}”已在该条线中"


class NotInLine(errors.Invalid):
    """Only units of the line stand in its relations; nor does a unit outside its root."""

    code: ClassVar[str] = "ORG_NOT_IN_LINE"
    message: ClassVar[str] = "“{unit}”不在该条线中"


class OutsideLine(errors.Invalid):
    """The unit does not stand at or below the unit that keeps the line."""

    code: ClassVar[str] = "ORG_OUTSIDE_LINE"
    message: ClassVar[str] = "“{unit}”不在“{root}”范围内，不能加入该条线"


class LineRelationGiven(errors.Conflict):
    """The two units stand in a relation of the line already."""

    code: ClassVar[str] = "ORG_LINE_RELATION_GIVEN"
    message: ClassVar[str] = "这两个单位在该条线中已有关系"


class LineRelationNotFound(errors.NotFound):
    """No such relation, or one that has ended."""

    code: ClassVar[str] = "ORG_LINE_RELATION_NOT_FOUND"
    message: ClassVar[str] = "找不到该条线关系"


class LineRelationCircle(errors.Invalid):
    """The unit would stand above itself."""

    code: ClassVar[str] = "ORG_LINE_RELATION_CIRCLE"
    message: ClassVar[str] = "“{upper}”已是“{lower}”的下级单位，不能互为上下级"
