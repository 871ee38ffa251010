"""What the conversations of units refuse, each with its stable code."""

from core import errors


class UnitConversationExists(errors.Conflict):
    """The unit has a conversation of this scope already."""

    code = "CONVERSATION_OF_UNIT_EXISTS"
    message = "该单位已有此范围的单位群"


class UnitConversationRefused(errors.Forbidden):
    """Only a unit's administrators and its head open its conversation."""

    code = "CONVERSATION_OF_UNIT_REFUSED"
    message = "只有单位管理员和单位负责人可以建立单位群"


class UnitKeepsItsPeople(errors.Conflict):
    """Who belongs to a unit's conversation follows from the appointments."""

    code = "CONVERSATION_FOLLOWS_UNIT"
    message = "单位群的成员随任职变动，不能自行退出、移出或转让"


class LastAdministrator(errors.Conflict):
    """Somebody has to administer a unit's conversation."""

    code = "CONVERSATION_LAST_ADMIN"
    message = "单位群至少保留一名管理员"


class AdministersByOffice(errors.Conflict):
    """Whoever administers the unit manages its conversation, as long as he does."""

    code = "CONVERSATION_ADMIN_BY_OFFICE"
    message = "该成员是本单位的组织管理员，其群管理权限随管理权限变动"
