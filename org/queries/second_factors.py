"""Which second factors an account has, and who has to show one."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.conf import settings

from org.kinds import SecondFactorPolicy
from org.queries.sessions import SignedIn


@dataclass(frozen=True, slots=True)
class Key:
    """A passkey or security key."""

    id: int
    name: str
    is_passkey: bool
    added_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class SecondFactors:
    """What an account can show besides its password."""

    totp_since: datetime | None
    totp_used_at: datetime | None
    keys: tuple[Key, ...]
    recovery_codes_left: int

    @property
    def is_set_up(self) -> bool:
        """Whether there is one; recovery codes alone are none."""
        return self.totp_since is not None or bool(self.keys)


def of(account_id: int) -> SecondFactors:
    """The account's second factors."""
    rows = list(Authenticator.objects.filter(user_id=account_id).order_by("id"))
    totp = next((row for row in rows if row.type == Authenticator.Type.TOTP), None)
    codes = next((row for row in rows if row.type == Authenticator.Type.RECOVERY_CODES), None)
    return SecondFactors(
        totp_since=totp.created_at if totp else None,
        totp_used_at=totp.last_used_at if totp else None,
        keys=tuple(_key(row) for row in rows if row.type == Authenticator.Type.WEBAUTHN),
        recovery_codes_left=len(RecoveryCodes(codes).get_unused_codes()) if codes else 0,
    )


def set_up_among(account_ids: Collection[int]) -> set[int]:
    """Those of the accounts that have a second factor."""
    rows = Authenticator.objects.filter(user_id__in=account_ids)
    rows = rows.exclude(type=Authenticator.Type.RECOVERY_CODES)
    return set(rows.values_list("user_id", flat=True))


def is_required(signed_in: SignedIn) -> bool:
    """The installation's policy asks this person for a second factor."""
    policy = SecondFactorPolicy(settings.SECOND_FACTOR)
    if policy is SecondFactorPolicy.ADMINISTRATORS:
        return signed_in.is_administrator
    return policy is SecondFactorPolicy.EVERYONE


def is_missing_everywhere(signed_in: SignedIn) -> bool:
    """Nothing at all is open to this person before a second factor was shown.

    Where only administrators are asked, what every colleague does stays open to them.
    """
    policy = SecondFactorPolicy(settings.SECOND_FACTOR)
    return policy is SecondFactorPolicy.EVERYONE and not signed_in.second_factor


def _key(row: Authenticator) -> Key:
    wrapped = row.wrap()
    return Key(
        id=row.pk,
        name=wrapped.name,
        is_passkey=wrapped.is_passwordless is True,
        added_at=row.created_at,
        used_at=row.last_used_at,
    )
