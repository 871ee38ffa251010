"""What is refused about visibility rules."""

from typing import ClassVar

from core import errors


class VisibilityRuleNotFound(errors.NotFound):
    """No such rule, or it has ended, or its subject is outside the actor's scope."""

    code: ClassVar[str] = "ORG_VISIBILITY_RULE_NOT_FOUND"
    message: ClassVar[str] = "找不到该可见范围规则"


class VisibilityRuleEmpty(errors.Invalid):
    """The rule keeps nothing from anybody: no scene, or MASK without a field."""

    code: ClassVar[str] = "ORG_VISIBILITY_RULE_EMPTY"
    message: ClassVar[str] = "规则没有隐去任何内容：{reason}"


class VisibilityTermPast(errors.Invalid):
    """The rule would end before it begins, or before now."""

    code: ClassVar[str] = "ORG_VISIBILITY_TERM_PAST"
    message: ClassVar[str] = "结束时间须晚于开始时间和当前时间"


class VisibilityRootKept(errors.Invalid):
    """The top of the tree can't be hidden: nothing would be left to look at."""

    code: ClassVar[str] = "ORG_VISIBILITY_ROOT_KEPT"
    message: ClassVar[str] = "不能隐藏整棵组织树的顶级组织"
