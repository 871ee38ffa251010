"""Signing in through allauth: by username, without sign-up, locked after five failures.

The lockout itself is allauth's rate limit `login_failed` (settings), per username and per address.
"""

from typing import Any, Final

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from django.utils import timezone

from core import logs
from core.actor import Actor, ActorKind
from org.services import sign_ins

REFUSED: Final = "用户名或密码不正确；连续失败 5 次将暂停登录 15 分钟"


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """What allauth asks of us."""

    # One sentence whatever the reason: it must not say that a name exists, that a password was
    # right, or that a lock is on.
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": REFUSED,
        "invalid_login": REFUSED,
        "too_many_login_attempts": REFUSED,
        "account_inactive": REFUSED,
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts are opened by administrators."""
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """The account that the credentials are for; a disabled one is as good as none."""
        account: AbstractBaseUser | None = super().authenticate(request, **credentials)
        if account is not None and not account.is_active:
            self.authentication_failed(request, **credentials)
            return None
        return account

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """The failure stands in the audit log."""
        sign_ins.note_failure(
            actor=_visitor(request),
            username=str(credentials.get("username") or ""),
            now=timezone.now(),
        )

    def login(self, request: HttpRequest, user: Any) -> None:
        """The session has a new id, and the sign-in stands in the audit log."""
        super().login(request, user)
        visitor = _visitor(request)
        sign_ins.note_success(
            actor=Actor(
                kind=ActorKind.PERSON,
                name=user.username,
                account_id=user.pk,
                person_id=user.person_id,
                request_id=visitor.request_id,
                address=visitor.address,
            ),
            now=timezone.now(),
        )


def _visitor(request: HttpRequest) -> Actor:
    return Actor(
        kind=ActorKind.SYSTEM,
        name="sign-in",
        request_id=logs.request_id(),
        address=str(request.META.get("REMOTE_ADDR") or ""),
    )
