"""Signing in through allauth: by username, without sign-up, locked after five failures.

The lockout itself is allauth's rate limit `login_failed` (settings), per username and per address.
"""

from typing import Any, Final

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.utils import user_username
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from core import logs
from core.actor import Actor, ActorKind
from org import errors
from org.credentials import lockout, shown_factors
from org.kinds import SignInMethod
from org.queries import accounts
from org.queries.sessions import SESSION_KEY
from org.services import accounts as account_services
from org.services import sessions, sign_ins

REFUSED: Final = "账号或密码不正确；连续失败 5 次将暂停登录 15 分钟"
_SECOND_FACTOR_STAGE: Final = "allauth.mfa.stages.AuthenticateStage"


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

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        return lockout.key_of(str(credentials.get("username") or ""))

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """A locked account or address is refused, noted and takes as long as a wrong password."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            get_user_model()().set_password(str(credentials.get("password") or ""))
            self.authentication_failed(request, **credentials)
            raise

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
            actor=visitor(request),
            username=str(credentials.get("username") or ""),
            now=timezone.now(),
        )

    def second_factor_failed(self, user: Any) -> None:
        """The failure stands in the audit log: whoever made it knew the password."""
        sign_ins.note_failure(
            actor=visitor(self.request), username=user_username(user), now=timezone.now()
        )

    def get_login_stages(self) -> list[str]:
        """The steps of a sign-in; a second factor seen elsewhere is not asked for again."""
        stages: list[str] = super().get_login_stages()
        if _is_vouched(self.request):
            return [stage for stage in stages if stage != _SECOND_FACTOR_STAGE]
        return stages

    def login(self, request: HttpRequest, user: Any) -> None:
        """The session has a new id and stands for a new sign-in, as the audit log says."""
        method, factor = _shown(request, user)
        former = request.session.get(SESSION_KEY)
        if isinstance(former, int):  # the same browser, signed in once more
            sessions.expire(actor=visitor(request), session_id=former, now=timezone.now())
        super().login(request, user)
        request.session[SESSION_KEY] = sessions.begin(
            actor=owner(request, user),
            device=str(request.headers.get("User-Agent", "")),
            method=method,
            second_factor=factor,
            now=timezone.now(),
        )

    def logout(self, request: HttpRequest) -> None:
        """The sign-in has ended, and its sockets close with it."""
        held = request.session.get(SESSION_KEY)
        if isinstance(held, int):
            actor = owner(request, request.user)
            sessions.sign_out(actor=actor, session_id=held, now=timezone.now())
        super().logout(request)

    def clean_password(self, password: str, user: AbstractBaseUser | None = None) -> str:
        """The password, where the installation's rules and the account's past allow it."""
        cleaned: str = super().clean_password(password, user)
        if user is not None and accounts.was_used(user.pk, cleaned):
            refusal = errors.PasswordUsedBefore(count=accounts.remembered())
            raise ValidationError(refusal.text, code=refusal.code)
        return cleaned

    def set_password(self, user: Any, password: str) -> None:
        """The account has the password that its owner chose, as the audit log says."""
        # Not allauth's own, which writes every column back as this session read it.
        held = self.request.session.get(SESSION_KEY) if hasattr(self.request, "session") else None
        account_services.change_own_password(
            actor=owner(self.request, user),
            password=password,
            session_id=held if isinstance(held, int) else None,
            now=timezone.now(),
        )
        user.refresh_from_db()

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """To work for whoever had to change it, back to the account for everybody else."""
        signed_in = getattr(request, "signed_in", None)
        was_due = signed_in and (signed_in.must_change_password or signed_in.password_expired)
        return settings.LOGIN_REDIRECT_URL if was_due else reverse("security")


def _shown(request: HttpRequest, user: Any) -> tuple[SignInMethod, str]:
    records = get_authentication_records(request, user)
    factor = shown_factors.of(request, user)
    if any(record.get("passwordless") for record in records):
        return SignInMethod.PASSKEY, factor
    if any(record.get("method") == SignInMethod.UPSTREAM for record in records):
        return SignInMethod.UPSTREAM, factor or ("upstream" if _is_vouched(request) else "")
    return SignInMethod.PASSWORD, factor


def _is_vouched(request: HttpRequest) -> bool:
    """The organisation's own service has just seen a second factor, and is trusted with that.

    Of this request only: what is kept in a session might let another account in.
    """
    return bool(getattr(request, "upstream_second_factor", False))


def owner(request: HttpRequest, user: Any) -> Actor:
    """The account as an actor: its person, or its mere username where it has none."""
    stranger = visitor(request)
    return accounts.actor(
        user.pk, at=timezone.now(), request_id=stranger.request_id, address=stranger.address
    ) or Actor(
        kind=ActorKind.PERSON,
        name=user.username,
        account_id=user.pk,
        person_id=user.person_id,
        request_id=stranger.request_id,
        address=stranger.address,
    )


def visitor(request: HttpRequest) -> Actor:
    """Whoever stands at the door."""
    return Actor(
        kind=ActorKind.SYSTEM,
        name="sign-in",
        request_id=logs.request_id(),
        address=str(request.META.get("REMOTE_ADDR") or ""),
    )
