"""Signing in through allauth: by username, without sign-up, locked after five failures.

The lockout itself is allauth's rate limit `login_failed` (settings), per username and per address.
"""

import base64
from typing import Any, Final

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from django.utils import timezone

from core import crypto, logs
from core.actor import Actor, ActorKind
from org.queries import accounts
from org.services import accounts as account_services
from org.services import sign_ins

REFUSED: Final = "账号或密码不正确；连续失败 5 次将暂停登录 15 分钟"
SECOND_FACTOR: Final = {
    "mfa/email/totp_activated": "org.account.second_factor_added",
    "mfa/email/totp_deactivated": "org.account.second_factor_removed",
    "mfa/email/recovery_codes_generated": "org.account.recovery_codes_renewed",
}
"""What allauth would send a mail about → what the audit log calls it."""


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
        sign_ins.note_success(actor=_owner(request, user), now=timezone.now())

    def set_password(self, user: Any, password: str) -> None:
        """The account has the password that its owner chose, as the audit log says."""
        # Not allauth's own, which writes every column back as this session read it.
        account_services.change_own_password(
            actor=_owner(self.request, user), password=password, now=timezone.now()
        )
        user.refresh_from_db()

    def send_notification_mail(
        self, template_prefix: str, user: Any, *args: Any, **kwargs: Any
    ) -> None:
        """A change of the second factor stands in the audit log.

        allauth has no other hook without signals, and calls this one once the change is made.
        """
        super().send_notification_mail(template_prefix, user, *args, **kwargs)
        action = SECOND_FACTOR.get(template_prefix)
        if action is not None:
            actor = _owner(self.request, user)
            sign_ins.note_second_factor(actor=actor, action=action, now=timezone.now())


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth ships no types
    """Keeps the second factor's secrets encrypted: what is read from the table signs nobody in."""

    def encrypt(self, text: str) -> str:
        """The secret as it is stored, under the installation's field key."""
        return base64.b64encode(crypto.encrypt_text(text)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """The secret that was stored; InvalidTag where a byte of it was altered."""
        return crypto.decrypt_text(base64.b64decode(encrypted_text))


def _owner(request: HttpRequest, user: Any) -> Actor:
    """The account as an actor: its person, or its mere username where it has none."""
    visitor = _visitor(request)
    return accounts.actor(
        user.pk, at=timezone.now(), request_id=visitor.request_id, address=visitor.address
    ) or Actor(
        kind=ActorKind.PERSON,
        name=user.username,
        account_id=user.pk,
        person_id=user.person_id,
        request_id=visitor.request_id,
        address=visitor.address,
    )


def _visitor(request: HttpRequest) -> Actor:
    return Actor(
        kind=ActorKind.SYSTEM,
        name="sign-in",
        request_id=logs.request_id(),
        address=str(request.META.get("REMOTE_ADDR") or ""),
    )
