"""How allauth keeps and checks second factors here."""

import base64
from typing import Any, Final

from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.mfa.adapter import DefaultMFAAdapter, get_adapter
from allauth.mfa.base.forms import AuthenticateForm, BaseAuthenticateForm, ReauthenticateForm
from allauth.mfa.base.internal.flows import check_rate_limit
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.utils import timezone

from core import crypto
from core.actor import system
from org.kinds import SecondFactorPolicy
from org.queries import authority
from org.services import second_factors

_DOOR: Final = system("sign-in")


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth ships no types
    """Keeps the second factor's secrets encrypted: what is read from the table signs nobody in."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "验证码不正确，或已使用过",
        "cannot_delete_authenticator": "管理员须保留至少一种双因素认证方式，请先添加另一种",
    }

    def encrypt(self, text: str) -> str:
        """The secret as it is stored, under the installation's field key."""
        return base64.b64encode(crypto.encrypt_text(text)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """The secret that was stored; InvalidTag where a byte of it was altered."""
        return crypto.decrypt_text(base64.b64decode(encrypted_text))

    def get_totp_issuer(self) -> str:
        """The name that authenticator apps show."""
        return "同文"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """The site that keys are bound to: its host, without a port."""
        entity: dict[str, str] = super().get_public_key_credential_rp_entity()
        return {**entity, "name": "同文"}

    def generate_authenticator_name(self, user: Any, type: Authenticator.Type) -> str:  # noqa: A002  # allauth's name
        """What a new key is called unless its owner says otherwise."""
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return "通行密钥" if count == 0 else f"通行密钥 {count + 1}"

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Whoever has to have a second factor keeps the last one."""
        others = Authenticator.objects.filter(user_id=authenticator.user_id).exclude(
            pk=authenticator.pk
        )
        if others.exclude(type=Authenticator.Type.RECOVERY_CODES).exists():
            return True
        return not _must_have_one(authenticator.user)


class _Code(BaseAuthenticateForm):  # type: ignore[misc]  # allauth ships no types
    """A code of the app, or a recovery code; each is taken once."""

    def clean_code(self) -> str:
        """The code, used up; five wrong ones in fifteen minutes stop the trying."""
        forgive = check_rate_limit(self.user)
        code: str = self.cleaned_data["code"]
        used = second_factors.redeem(
            actor=_DOOR, account_id=self.user.pk, code=code, now=timezone.now()
        )
        if used is None:
            get_account_adapter().second_factor_failed(self.user)
            raise get_adapter().validation_error("incorrect_code")
        self.authenticator = Authenticator.objects.get(pk=used)
        self.authenticator.user = self.user
        forgive()
        return code


class CodeForm(_Code, AuthenticateForm):  # type: ignore[misc]  # allauth ships no types
    """At sign-in."""


class CodeAgainForm(_Code, ReauthenticateForm):  # type: ignore[misc]  # allauth ships no types
    """Before something delicate."""


def _must_have_one(user: Any) -> bool:
    policy = SecondFactorPolicy(settings.SECOND_FACTOR)
    if policy is SecondFactorPolicy.ADMINISTRATORS:
        return bool(user.person_id and authority.of_person(user.person_id, at=timezone.now()))
    return policy is SecondFactorPolicy.EVERYONE
