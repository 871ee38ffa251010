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


class TreeEmpty(errors.Conflict):
    """There is no unit yet that people could serve in."""

    code: ClassVar[str] = "ORG_TREE_EMPTY"
    message: ClassVar[str] = "组织树中还没有可安排人员的组织，请先载入区划"


class PeopleNotEmpty(errors.Conflict):
    """There are people already, who must not be mixed with made-up ones."""

    code: ClassVar[str] = "ORG_PEOPLE_NOT_EMPTY"
    message: ClassVar[str] = "组织中已有人员，不能再载入合成人员"
