"""What messaging refuses about the sources of work notices, each with its stable code."""

from core import errors


class NoticeSourceNotFound(errors.NotFound):
    """There is no such source, or it never sent the actor anything."""

    code = "NOTICE_SOURCE_NOT_FOUND"
    message = "没有来自该应用的工作通知"


class NoticeSourceAlwaysHeard(errors.Conflict):
    """What calls by DING is never muted."""

    code = "NOTICE_SOURCE_ALWAYS_HEARD"
    message = "DING 的通知不能设为免打扰"


class TooManyMuted(errors.Conflict):
    """Somebody muted as many sources as anybody may."""

    code = "NOTICE_SOURCES_TOO_MANY_MUTED"
    message = "最多对 {limit} 个应用的通知免打扰"
