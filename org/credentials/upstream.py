"""The organisation's own sign-in service (OpenID Connect), asked who somebody is.

Authorization code with PKCE, state and nonce; the ID token's signature, issuer, audience, time and
nonce are checked (OpenID Connect Core 1.0, 3.1.3.7). Nothing is asked of any other host than the
issuer's, and no redirect is followed.
"""

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

import httpx
import structlog
from django.conf import settings
from jwcrypto import jwk, jws
from jwcrypto.common import JWException

from org import errors

_SECONDS: Final = 5.0
_LEEWAY: Final = 60
_LARGEST: Final = 256 * 1024
_ALGORITHMS: Final = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384"]
_UNREACHABLE: Final = "认证服务暂时无法访问，请改用密码登录"
_INVALID: Final = "认证服务的答复无效"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Question:
    """What one sign-in sent along, to be found again in the answer."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Vouched:
    """Whom the service vouches for."""

    issuer: str
    subject: str
    name: str
    """The value of the configured claim."""
    second_factor: bool


def is_configured() -> bool:
    """The installation has such a service."""
    return bool(settings.UPSTREAM_OIDC_ISSUER)


def ask(*, redirect_uri: str) -> tuple[Question, str]:
    """A fresh question, and the address at which the browser puts it; UpstreamRefused offline."""
    question = Question(
        state=secrets.token_urlsafe(24),
        nonce=secrets.token_urlsafe(24),
        verifier=secrets.token_urlsafe(48),
    )
    challenge = hashlib.sha256(question.verifier.encode()).digest()
    parameters = {
        "response_type": "code",
        "client_id": settings.UPSTREAM_OIDC_CLIENT_ID,
        "redirect_uri": redirect_uri,
        "scope": "openid profile",
        "state": question.state,
        "nonce": question.nonce,
        "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
    with _browser() as browser:
        address = _discovered(browser)["authorization_endpoint"]
    return question, f"{address}{'&' if '?' in address else '?'}{urlencode(parameters)}"


def redeem(*, code: str, question: Question, redirect_uri: str, now: datetime) -> Vouched:
    """Whom the code stands for; UpstreamRefused for whatever the service should not have said."""
    with _browser() as browser:
        described = _discovered(browser)
        token = _exchanged(browser, described, code, question, redirect_uri)
        keys = _read(browser.get(_own(described, "jwks_uri")))
    claims = _verified(token, keys)
    _check(claims, question, now)
    name = claims.get(settings.UPSTREAM_OIDC_CLAIM)
    if not isinstance(name, str) or not name.strip():
        raise _refusal("the claim that names the account is missing")
    return Vouched(
        issuer=str(claims["iss"]),
        subject=str(claims["sub"]),
        name=name.strip(),
        second_factor=_shows_second_factor(claims),
    )


def _browser() -> httpx.Client:
    return httpx.Client(timeout=_SECONDS, follow_redirects=False, trust_env=False)


def _discovered(browser: httpx.Client) -> dict[str, Any]:
    issuer = settings.UPSTREAM_OIDC_ISSUER
    try:
        described = _read(browser.get(f"{issuer}/.well-known/openid-configuration"))
    except httpx.HTTPError as error:
        log.warning("the upstream sign-in service is not reachable", error=str(error))
        raise errors.UpstreamRefused(reason=_UNREACHABLE) from error
    if described.get("issuer") != issuer:
        raise _refusal("the discovery document is another issuer's")
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        _own(described, name)
    return described


def _own(described: dict[str, Any], name: str) -> str:
    """The address under that name, which lies on the issuer's own host."""
    address = str(described.get(name, ""))
    if urlsplit(address)[:2] != urlsplit(settings.UPSTREAM_OIDC_ISSUER)[:2]:
        raise _refusal(f"{name} lies on another host")
    return address


def _exchanged(
    browser: httpx.Client,
    described: dict[str, Any],
    code: str,
    question: Question,
    redirect_uri: str,
) -> str:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": question.verifier,
    }
    name, secret = settings.UPSTREAM_OIDC_CLIENT_ID, settings.UPSTREAM_OIDC_CLIENT_SECRET
    methods = described.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    # RFC 6749, 2.3.1: both halves are form-encoded first.
    credentials = httpx.BasicAuth(quote(name, safe=""), quote(secret, safe=""))
    if "client_secret_basic" not in methods:
        form |= {"client_id": name, "client_secret": secret}
    try:
        answer = browser.post(
            _own(described, "token_endpoint"),
            data=form,
            auth=credentials if "client_secret_basic" in methods else httpx.USE_CLIENT_DEFAULT,
        )
    except httpx.HTTPError as error:
        raise errors.UpstreamRefused(reason=_UNREACHABLE) from error
    token = _read(answer).get("id_token")
    if not isinstance(token, str):
        raise _refusal("the answer holds no ID token")
    return token


def _read(answer: httpx.Response) -> dict[str, Any]:
    if answer.status_code != httpx.codes.OK or len(answer.content) > _LARGEST:
        raise _refusal(f"answered {answer.status_code}")
    try:
        content = answer.json()
    except ValueError as error:
        raise _refusal("answered no JSON") from error
    if not isinstance(content, dict):
        raise _refusal("answered no JSON object")
    return content


def _verified(token: str, keys: dict[str, Any]) -> dict[str, Any]:
    """The claims, signed by one of the service's keys with an asymmetric algorithm."""
    try:
        signed = jws.JWS()
        signed.allowed_algs = _ALGORITHMS
        signed.deserialize(token)
        signed.verify(jwk.JWKSet.from_json(json.dumps(keys)))
        claims = json.loads(signed.payload)
    except (JWException, ValueError, TypeError) as error:
        raise _refusal("the ID token's signature does not hold") from error
    if not isinstance(claims, dict):
        raise _refusal("the ID token holds no claims")
    return claims


def _check(claims: dict[str, Any], question: Question, now: datetime) -> None:
    client = settings.UPSTREAM_OIDC_CLIENT_ID
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    instant = now.timestamp()
    faults = {
        "issuer": claims.get("iss") != settings.UPSTREAM_OIDC_ISSUER,
        "subject": not isinstance(claims.get("sub"), str) or not claims["sub"],
        "audience": client not in audiences,
        "authorised party": claims.get("azp", client) != client,
        "expiry": not _is_number(claims.get("exp")) or claims["exp"] < instant - _LEEWAY,
        "issue time": not _is_number(claims.get("iat")) or claims["iat"] > instant + _LEEWAY,
        "nonce": not hmac.compare_digest(str(claims.get("nonce", "")), question.nonce),
    }
    wrong = [name for name, is_wrong in faults.items() if is_wrong]
    if wrong:
        raise _refusal(f"the ID token's {', '.join(wrong)} does not hold")


def _shows_second_factor(claims: dict[str, Any]) -> bool:
    """Only what the installation named counts: anybody may call anything 'mfa'."""
    methods = claims.get("amr")
    said = {str(claims.get("acr", "")), *(methods if isinstance(methods, list) else [])}
    return not said.isdisjoint(settings.UPSTREAM_OIDC_SECOND_FACTOR)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _refusal(why: str) -> errors.UpstreamRefused:
    log.warning("the upstream sign-in service was not believed", reason=why)
    return errors.UpstreamRefused(reason=_INVALID)
