"""What is refused about accounts and passwords."""

from typing import ClassVar

from core import errors


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


class SessionNotFound(errors.NotFound):
    """No such sign-in, or it has ended."""

    code: ClassVar[str] = "ORG_SESSION_NOT_FOUND"
    message: ClassVar[str] = "该登录已结束"


class PasswordDue(errors.Forbidden):
    """The password was chosen by somebody else, or is too old: another one comes first."""

    code: ClassVar[str] = "ORG_PASSWORD_DUE"
    message: ClassVar[str] = "请先修改密码"


class PasswordUsedBefore(errors.Invalid):
    """The password is one of the account's last."""

    code: ClassVar[str] = "ORG_PASSWORD_USED_BEFORE"
    message: ClassVar[str] = "不能使用最近 {count} 次用过的密码"


class SecondFactorRequired(errors.Forbidden):
    """Administrators show a second factor before they administer."""

    code: ClassVar[str] = "ORG_SECOND_FACTOR_REQUIRED"
    message: ClassVar[str] = "管理功能须通过双因素认证后使用"


class SecondFactorMissing(errors.NotFound):
    """The account has no second factor that could be taken away."""

    code: ClassVar[str] = "ORG_SECOND_FACTOR_MISSING"
    message: ClassVar[str] = "该账号未启用双因素认证"


class UpstreamRefused(errors.Forbidden):
    """The organisation's own sign-in service vouches for nobody who may come in here."""

    code: ClassVar[str] = "ORG_UPSTREAM_REFUSED"
    message: ClassVar[str] = "统一身份认证未能登录：{reason}"
