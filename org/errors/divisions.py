"""What loading a file of divisions refuses."""

from typing import ClassVar

from core import errors


class DivisionsFaulty(errors.Invalid):
    """The file of divisions has faults; nothing was loaded."""

    code: ClassVar[str] = "ORG_DIVISIONS_FAULTY"
    message: ClassVar[str] = "区划文件有 {faults} 处错误，未载入任何内容"


class TreeNotEmpty(errors.Conflict):
    """The tree has units that did not come from this file."""

    code: ClassVar[str] = "ORG_TREE_NOT_EMPTY"
    message: ClassVar[str] = "组织树中已有其他数据，不能再次载入"
