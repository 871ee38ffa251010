"""Expected refusals: a stable code for programs, a Chinese sentence for people."""

from typing import ClassVar


class DomainError(Exception):
    """A refusal the product foresees; whatever else is raised is a bug.

    `code` never changes once published. `message` may hold {placeholders} that are
    filled from the keyword arguments, which also stand in the problem document.
    """

    code: ClassVar[str] = "DOMAIN_ERROR"
    status: ClassVar[int] = 400
    message: ClassVar[str] = "操作未能完成"

    def __init__(self, **details: object) -> None:
        self.details = details
        self.text = self.message.format_map(_Blank(details))
        super().__init__(self.text)


def catalogue() -> dict[str, type[DomainError]]:
    """Every refusal that is loaded, by its code."""
    found: dict[str, type[DomainError]] = {}
    queue = list(DomainError.__subclasses__())
    while queue:
        refusal = queue.pop()
        found[refusal.code] = refusal
        queue.extend(refusal.__subclasses__())
    return found


class _Blank(dict[str, object]):
    """Leaves a placeholder that nobody filled empty instead of failing the refusal."""

    def __missing__(self, key: str) -> str:
        return ""


class NotSignedIn(DomainError):
    """Nobody is signed in."""

    code = "NOT_SIGNED_IN"
    status = 401
    message = "请先登录"


class Forbidden(DomainError):
    """The actor knows the object but may not do this to it. Refusals of it are audited."""

    code = "FORBIDDEN"
    status = 403
    message = "您没有进行此操作的权限"


class NotFound(DomainError):
    """The object is absent, or hidden from the actor: the two look alike."""

    code = "NOT_FOUND"
    status = 404
    message = "内容不存在，或您无权查看"


class Conflict(DomainError):
    """The state has moved on, or a unique thing exists already."""

    code = "CONFLICT"
    status = 409
    message = "内容已发生变化，请刷新后重试"


class TooLarge(DomainError):
    """More was sent than is taken."""

    code = "TOO_LARGE"
    status = 413
    message = "提交的内容过大"


class Unsupported(DomainError):
    """The kind of content is not taken here."""

    code = "UNSUPPORTED_MEDIA_TYPE"
    status = 415
    message = "不支持的内容类型"


class Invalid(DomainError):
    """The input breaks a rule."""

    code = "INVALID"
    status = 422
    message = "提交的内容不符合要求"


class TooMany(DomainError):
    """The actor is faster than the limit allows."""

    code = "TOO_MANY"
    status = 429
    message = "操作过于频繁，请稍后再试"


class RefusedTooOften(TooMany):
    """The actor asked so often for what is not his that he is told no more about it."""

    code = "REFUSED_TOO_OFTEN"
    message = "您多次访问不存在或无权访问的内容，请稍后再试"


class Unavailable(DomainError):
    """A part the platform needs does not answer."""

    code = "UNAVAILABLE"
    status = 503
    message = "服务暂时不可用，请稍后再试"


class Busy(Unavailable):
    """Others changed the same things at the same moment, twice over; nothing was done."""

    code = "BUSY"
    message = "其他人正在办理同一事项，操作未能完成，请稍后重试"
