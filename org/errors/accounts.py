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
