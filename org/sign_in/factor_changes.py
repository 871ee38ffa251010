"""The pages on which people change their own second factor: allauth's, each with its audit entry.

allauth tells of a change after it is committed, by mail or by signal. Here the change and what the
audit log says of it are one transaction: neither stands without the other.
"""

from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.views import AddWebAuthnView, RemoveWebAuthnView
from django.contrib import messages
from django.db import transaction
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse_lazy
from django.utils import timezone

from org.queries.sessions import SESSION_KEY
from org.services import second_factors
from org.sign_in import adapter


class _Noted:
    """Before one of allauth's pages: what its form does, it does together with the entry."""

    request: HttpRequest
    action = ""
    shown = ""
    """What has just been shown where something was set up; it holds in this session at once."""

    def form_valid(self, form: Any) -> HttpResponse:
        """The change is made and noted."""
        with transaction.atomic():
            response: HttpResponse = super().form_valid(form)  # type: ignore[misc]  # the page's
            held = self.request.session.get(SESSION_KEY)
            second_factors.note_change(
                actor=adapter.owner(self.request, self.request.user),
                action=self.action,
                session_id=held if isinstance(held, int) else None,
                by=self.shown,
                now=timezone.now(),
            )
        return response


class SetUpApp(_Noted, ActivateTOTPView):  # type: ignore[misc]  # allauth ships no types
    """An authenticator app's codes are the second factor from now on."""

    action, shown = "org.account.second_factor_added", "totp"


class GiveUpApp(_Noted, DeactivateTOTPView):  # type: ignore[misc]  # allauth ships no types
    """They are no longer."""

    action = "org.account.second_factor_removed"


class AddKey(_Noted, AddWebAuthnView):  # type: ignore[misc]  # allauth ships no types
    """A passkey is one, too."""

    action, shown = "org.account.key_added", "webauthn"


class RenewCodes(_Noted, GenerateRecoveryCodesView):  # type: ignore[misc]  # allauth ships no types
    """New recovery codes take the places of the old ones."""

    action = "org.account.recovery_codes_renewed"


class _KeyTakenAway(_Noted, RemoveWebAuthnView):  # type: ignore[misc]  # allauth ships no types
    action = "org.account.key_removed"


class RemoveKey(_KeyTakenAway):
    """Takes a key away, unless its owner has to have one and it is the last."""

    success_url = reverse_lazy("security")

    def form_valid(self, form: Form) -> HttpResponse:
        """Removes the key, or says why not."""
        asked = get_adapter()
        if asked.can_delete_authenticator(self.get_object()):
            return super().form_valid(form)
        messages.error(self.request, asked.error_messages["cannot_delete_authenticator"])
        return redirect(self.success_url)


urlpatterns = [
    path("totp/activate/", SetUpApp.as_view(), name="mfa_activate_totp"),
    path("totp/deactivate/", GiveUpApp.as_view(), name="mfa_deactivate_totp"),
    path("webauthn/add/", AddKey.as_view(), name="mfa_add_webauthn"),
    path("webauthn/keys/<int:pk>/remove/", RemoveKey.as_view(), name="mfa_remove_webauthn"),
    path("recovery-codes/generate/", RenewCodes.as_view(), name="mfa_generate_recovery_codes"),
]
"""To stand before allauth's own."""
