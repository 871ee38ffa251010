"""How an app proves itself to the API: a bearer token of its own client credentials."""

from typing import cast

from django.http import HttpRequest
from django.utils import timezone
from ninja.security import HttpBearer

from core import logs
from core.actor import Actor, ActorKind
from miniapps import errors
from miniapps.queries import sign_in


class AppAuth(HttpBearer):
    """Lets in who bears a live token of a published app."""

    openapi_name = "app"

    def authenticate(self, request: HttpRequest, token: str) -> sign_in.AppToken | None:
        """The token's app, which is the request's actor from here on; None for no app's token."""
        held = sign_in.app_token(token, at=timezone.now())
        if held is None:
            return None
        request.actor = Actor(  # type: ignore[attr-defined]  # as org's ActorMiddleware sets it
            kind=ActorKind.APP,
            name=held.name,
            app_id=held.app_id,
            request_id=logs.request_id(),
            address=str(request.META.get("REMOTE_ADDR") or ""),
        )
        return held


def token_of(request: HttpRequest) -> sign_in.AppToken:
    """The token the request came with."""
    return cast(sign_in.AppToken, request.auth)  # type: ignore[attr-defined]  # set by ninja


def require_scope(request: HttpRequest, scope: str) -> None:
    """ScopeNotGranted unless the token was issued for the scope and the grant stands."""
    if scope not in token_of(request).scopes:
        raise errors.ScopeNotGranted(scope=scope)
