"""django-oauth-toolkit's hooks, hardened: what RFC 9700 asks and our own rules on top.

The toolkit's classes are untyped; what comes from them is `Any` here.
"""

import hashlib
from typing import Any

from django.utils import timezone
from oauth2_provider.models import get_grant_model, get_refresh_token_model
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauth2_provider.scopes import BaseScopes
from oauthlib.common import generate_token
from oauthlib.oauth2.rfc6749 import errors as oauth_errors

from core.actor import system
from miniapps import credentials, scopes
from miniapps.queries import sign_in
from miniapps.services import tokens


def digest_of_code(code: str) -> str:
    """By which a spent code is remembered."""
    return hashlib.sha256(code.encode()).hexdigest()


def new_token(request: Any, refresh_token: Any = None) -> str:
    """A random token; a person's dies with her credentials, by the stamp it ends in."""
    token: str = generate_token()
    if request.grant_type == "client_credentials":
        return token
    return credentials.stamped(token, request.client.pk, request.user.get_session_auth_hash())


class GrantedScopes(BaseScopes):  # type: ignore[misc]  # untyped base class
    """The catalogue; nothing is given to who asks for nothing."""

    def get_all_scopes(self) -> dict[str, str]:
        """Every scope with its meaning."""
        return {scope.name: scope.meaning for scope in scopes.CATALOGUE.values()}

    def get_available_scopes(
        self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any
    ) -> list[str]:
        """Every scope's name; what one app may use is Validator.validate_scopes' matter."""
        return list(scopes.CATALOGUE)

    def get_default_scopes(
        self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any
    ) -> list[str]:
        """None: an app says what it wants."""
        return []


class Validator(OAuth2Validator):  # type: ignore[misc]  # untyped base class
    """Answers the protocol's questions from the registry of apps."""

    oidc_claim_scope = {  # the toolkit's own attribute
        "sub": "openid",
        "name": "profile.read",
        "unit_code": "profile.read",
        "unit_name": "profile.read",
        "title": "profile.read",
    }

    # --- clients ----------------------------------------------------------------------

    def _check_secret(self, provided_secret: str, stored_secret: str) -> bool:
        return credentials.matches(provided_secret, stored_secret)

    def _load_application(self, client_id: str, request: Any) -> Any:
        """The client, unless its app is not published: then nobody knows it."""
        client = super()._load_application(client_id, request)
        if client is None or sign_in.open_client(client.pk) is None:
            request.client = None
            return None
        return client

    # --- what may be asked for ----------------------------------------------------------

    def validate_scopes(
        self, client_id: str, asked: list[str], client: Any, request: Any, *args: Any, **kw: Any
    ) -> bool:
        """Some scope is asked for, and each is granted for this kind of sign-in."""
        kind = scopes.ScopeKind.DELEGATED
        if request.grant_type == "client_credentials":
            kind = scopes.ScopeKind.APPLICATION
        granted = sign_in.granted_scopes(client.pk, kind, at=timezone.now())
        return bool(asked) and granted.issuperset(asked)

    def validate_silent_login(self, request: Any) -> bool:
        """prompt=none: who is not signed in was turned away by the view already."""
        return True

    def validate_silent_authorization(self, request: Any) -> bool:
        """prompt=none: consent is the reviewer's, never asked of the person."""
        return True

    def validate_redirect_uri(
        self, client_id: str, redirect_uri: str, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        """The address is registered, character by character."""
        return bool(request.client.redirect_uri_allowed(redirect_uri))

    # --- codes ----------------------------------------------------------------------------

    def validate_code(
        self, client_id: str, code: str, client: Any, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        """The code is this client's, fresh, and its account live, unchanged and let into the app.

        Locks the code: two exchanges at once come one after the other.
        """
        open_codes = get_grant_model().objects.select_for_update(of=("self",))
        held = open_codes.select_related("user").filter(code=code, application=client).first()
        if held is None or not super().validate_code(client_id, code, client, request):
            return False
        if not _is_unchanged(code, client, held.user):
            return False
        return sign_in.is_open_for(client.pk, held.user.pk, at=timezone.now())

    def save_authorization_code(
        self, client_id: str, code: dict[str, str], request: Any, *args: Any, **kwargs: Any
    ) -> None:
        """The code that is kept, and sent after this call, carries the account's stamp."""
        auth_hash = request.user.get_session_auth_hash()
        code["code"] = credentials.stamped(code["code"], request.client.pk, auth_hash)
        super().save_authorization_code(client_id, code, request, *args, **kwargs)

    def confirm_redirect_uri(
        self, client_id: str, code: str, redirect_uri: str, client: Any, *args: Any, **kw: Any
    ) -> bool:
        """The address is the one the code was sent to; invalid_grant otherwise."""
        if not super().confirm_redirect_uri(client_id, code, redirect_uri, client, *args, **kw):
            raise oauth_errors.InvalidGrantError
        return True

    def _save_bearer_token(
        self, token: dict[str, Any], request: Any, *args: Any, **kw: Any
    ) -> None:
        """Remembers which code bought the token, so that a second exchange can kill it."""
        super()._save_bearer_token(token, request, *args, **kw)
        if request.grant_type != "authorization_code":
            return
        checksum = hashlib.sha256(token["access_token"].encode()).hexdigest()
        families = get_refresh_token_model().objects.filter(access_token__token_checksum=checksum)
        tokens.note_redeemed(
            actor=system("miniapps.token"),
            oauth_client_id=request.client.pk,
            code_digest=digest_of_code(request.code),
            access_checksum=checksum,
            token_family=families.values_list("token_family", flat=True).first(),
            now=timezone.now(),
        )

    # --- tokens ---------------------------------------------------------------------------

    def validate_refresh_token(
        self, refresh_token: str, client: Any, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        """The token is live, and so is its account, unchanged, which still sees the app."""
        if not super().validate_refresh_token(refresh_token, client, request, *args, **kwargs):
            return False
        if not _is_unchanged(refresh_token, client, request.user):
            return False
        return sign_in.is_open_for(client.pk, request.user.pk, at=timezone.now())

    def validate_bearer_token(self, token: str, scopes: list[str], request: Any) -> bool:
        """The token is live, its app published, its account live, unchanged and let in."""
        if not super().validate_bearer_token(token, scopes, request):
            return False
        if self._is_open(token, request):
            return True
        self._set_oauth2_error_on_request(request, None, scopes)
        return False

    def _is_open(self, token: str, request: Any) -> bool:
        if request.user is None:
            return sign_in.open_client(request.client.pk) is not None
        if not _is_unchanged(token, request.client, request.user):
            return False
        return sign_in.is_open_for(request.client.pk, request.user.pk, at=timezone.now())

    # --- claims ---------------------------------------------------------------------------

    def get_claim_dict(self, request: Any) -> dict[str, str]:
        """The person as this one app knows her; `sub` is pairwise (OIDC Core, 8.1)."""
        known = sign_in.claims(request.client.pk, request.user.person_id, at=timezone.now())
        if known is None:
            return {}
        return {
            "sub": known.sub,
            "name": known.name,
            "unit_code": known.unit_code,
            "unit_name": known.unit_name,
            "title": known.title,
        }

    def get_discovery_claims(self, request: Any) -> list[str]:
        """What the discovery document lists."""
        return list(self.oidc_claim_scope)


def _is_unchanged(value: str, client: Any, account: Any) -> bool:
    """No new password and no disabling since: both renew what a session is good for, too."""
    return credentials.is_stamped(value, client.pk, account.get_session_auth_hash())
