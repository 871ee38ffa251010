"""The OIDC provider's endpoints: authorize, token, revoke, userinfo, discovery, keys."""

import json
from typing import Any, Final, cast
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from oauth2_provider import views as toolkit
from oauth2_provider.exceptions import OAuthToolkitError
from oauth2_provider.models import get_application_model
from oauthlib.openid.connect.core.exceptions import LoginRequired

from core import http as core_http
from core.actor import system
from miniapps.api import sign_in_protocol
from miniapps.services import sign_in, tokens

GRANT_TYPES: Final = ("authorization_code", "refresh_token", "client_credentials")


class AuthorizationView(toolkit.AuthorizationView):  # type: ignore[misc]  # untyped base class
    """Sends a signed-in person back to the app with a code, without asking her.

    Consent is the reviewer's: an app has its scopes before anybody sees it. Who is not in
    its audience gets the page of an absent app.
    """

    http_method_names = ("get", "head", "options")
    template_name = "miniapps/sign_in_refused.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Redirects to the app with a code, or with the protocol's error."""
        try:
            scopes, credentials = self.validate_authorization_request(request)
            self._require_fresh_sign_in(credentials["request"])
            actor = core_http.actor_of(request)
            sign_in.admit(actor=actor, client_id=credentials["client_id"], now=timezone.now())
            uri, _headers, _body, _status = self.create_authorization_response(
                request=request, scopes=" ".join(scopes), credentials=credentials, allow=True
            )
        except OAuthToolkitError as error:
            return cast(HttpResponse, self.error_response(error, application=None))
        return self.redirect(uri, self._application())

    def _require_fresh_sign_in(self, asked: Any) -> None:
        """login_required where the app wants a sign-in newer than the session's.

        A session can't be renewed here yet, and OIDC Core 1.0 (3.1.2.1) forbids to pretend.
        """
        max_age = self.request.GET.get("max_age", "")
        age = timezone.now() - (self.request.user.last_login or timezone.now())
        is_stale = max_age.isdecimal() and age.total_seconds() > int(max_age[:9])
        if is_stale or "login" in self.request.GET.get("prompt", "").split():
            raise OAuthToolkitError(LoginRequired(request=asked), redirect_uri=asked.redirect_uri)

    def redirect(self, redirect_to: str, application: Any) -> HttpResponse:
        """To the app, by the schemes it may use (plain http on loopback only).

        Errors name the issuer too (RFC 9207, 2): the toolkit does so for codes only.
        """
        if "iss" not in dict(parse_qsl(urlsplit(redirect_to).query)):
            separator = "&" if "?" in redirect_to else "?"
            redirect_to += separator + urlencode({"iss": settings.SITE_ORIGIN})
        return cast(HttpResponse, super().redirect(redirect_to, application or self._application()))

    def handle_no_permission(self) -> HttpResponse:
        """Sends to sign-in, and from there over a page of ours back to here.

        Without that page the redirect after the sign-in form would lead to the app's host,
        which the form-action of our content security policy forbids.
        """
        if "none" in self.request.GET.get("prompt", "").split():
            return cast(HttpResponse, super().handle_no_permission())
        resume = f"{reverse('oauth2_provider:resume')}?{self.request.GET.urlencode()}"
        return redirect(f"{reverse(settings.LOGIN_URL)}?{urlencode({'next': resume})}")

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        """A refusal that must not reach the app's address: unknown app, foreign address."""
        return render(self.request, self.template_name, {"error": context.get("error")}, **kwargs)

    def _application(self) -> Any:
        client_id = self.request.GET.get("client_id", "")
        return get_application_model().objects.filter(client_id=client_id).first()


@core_http.page
def resume(request: HttpRequest) -> HttpResponse:
    """After signing in: a page of ours that goes on to the authorization endpoint."""
    target = f"{reverse('oauth2_provider:authorize')}?{request.GET.urlencode()}"
    return render(request, "miniapps/resume.html", {"target": target})


@method_decorator(transaction.atomic, name="post")
class TokenView(toolkit.TokenView):  # type: ignore[misc]  # untyped base class
    """Exchanges a code, a refresh token or the client's own credentials for tokens."""

    http_method_names = ("post", "options")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answers tokens, or an error. A refused code and what it bought before are dead."""
        if request.POST.get("grant_type") not in GRANT_TYPES:
            # The toolkit would check a password before it refuses the password grant.
            return JsonResponse({"error": "unsupported_grant_type"}, status=400)
        response = cast(HttpResponse, self.authorization_flow_token_response(request))
        response["Cache-Control"] = "no-store"
        code = request.POST.get("code", "")
        if code and _error_of(response) == "invalid_grant":
            tokens.burn_code(
                actor=system("miniapps.token"),
                code=code,
                code_digest=sign_in_protocol.digest_of_code(code),
                now=timezone.now(),
            )
        return response


class RevokeTokenView(toolkit.RevokeTokenView):  # type: ignore[misc]  # untyped base class
    """Lets an app give a token back (RFC 7009)."""


class UserInfoView(toolkit.UserInfoView):  # type: ignore[misc]  # untyped base class
    """Tells the bearer of a person's token who that person is, within its scopes."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Takes the token from the header only: addresses end up in logs (RFC 9700, 4.3.2)."""
        if "access_token" in request.GET or "access_token" in request.POST:
            answer = JsonResponse({"error": "invalid_request"}, status=401)
            answer["WWW-Authenticate"] = 'Bearer error="invalid_request"'
            return answer
        return cast(HttpResponse, super().dispatch(request, *args, **kwargs))


class JwksInfoView(toolkit.JwksInfoView):  # type: ignore[misc]  # untyped base class
    """The public keys that ID tokens are verified with."""


class DiscoveryView(toolkit.ConnectDiscoveryInfoView):  # type: ignore[misc]  # untyped base class
    """The provider's configuration (OIDC Discovery 1.0), without what we don't do."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The document in JSON."""
        document = json.loads(super().get(request, *args, **kwargs).content)
        document["id_token_signing_alg_values_supported"] = ["RS256"]
        document["grant_types_supported"] = list(GRANT_TYPES)
        document["prompt_values_supported"] = ["none"]
        document["revocation_endpoint"] = self._get_endpoint_url(request, "revoke-token")
        document.pop("client_id_metadata_document_supported", None)
        response = JsonResponse(document)
        response["Access-Control-Allow-Origin"] = "*"
        return response


def _error_of(response: HttpResponse) -> str:
    if response.status_code == 200:
        return ""
    return str(json.loads(response.content).get("error", ""))
