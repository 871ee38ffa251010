"""Signing in by OpenID Connect: code + PKCE S256, the ID token checked against the keys."""

import base64
import hashlib
import json
import secrets
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx
from jwcrypto import jwk, jwt
from jwcrypto.common import JWException

LEEWAY_SECONDS = 60


class SignInFailed(Exception):
    """The platform's answer is not one to trust."""


@dataclass(frozen=True, slots=True)
class Login:
    """A sign-in that has begun: what must come back unchanged, and where to go after."""

    state: str
    nonce: str
    verifier: str
    target: str


class Provider:
    """The platform as an OpenID provider."""

    def __init__(
        self, http: httpx.Client, *, issuer: str, client_id: str, client_secret: str, callback: str
    ) -> None:
        self._http = http
        self.issuer = issuer
        self._client = (client_id, client_secret)
        self._callback = callback
        self._document: dict[str, Any] = {}
        self._keys: jwk.JWKSet | None = None

    def endpoint(self, name: str) -> str:
        """An endpoint from the discovery document, which is fetched once."""
        if not self._document:
            document = self._http.get(f"{self.issuer}/.well-known/openid-configuration")
            document.raise_for_status()
            found: dict[str, Any] = document.json()
            if found.get("issuer") != self.issuer:
                raise SignInFailed("平台的发现文档与配置的平台地址不一致")
            self._document = found
        return str(self._document[name])

    def begin(self, target: str) -> tuple[str, Login]:
        """The address to send the browser to, and what to remember meanwhile."""
        login = Login(
            state=secrets.token_urlsafe(24),
            nonce=secrets.token_urlsafe(24),
            verifier=secrets.token_urlsafe(48),
            target=target,
        )
        digest = hashlib.sha256(login.verifier.encode()).digest()
        query = urlencode(
            {
                "response_type": "code",
                "client_id": self._client[0],
                "redirect_uri": self._callback,
                "scope": "openid profile.read",
                "state": login.state,
                "nonce": login.nonce,
                "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
                "code_challenge_method": "S256",
            }
        )
        return f"{self.endpoint('authorization_endpoint')}?{query}", login

    def finish(self, login: Login, answer: dict[str, str]) -> dict[str, Any]:
        """The verified claims of who came back; SignInFailed for anything unexpected."""
        if not secrets.compare_digest(answer.get("state", ""), login.state):
            raise SignInFailed("登录请求已失效，请从工作台重新打开")
        if answer.get("iss") != self.issuer:
            raise SignInFailed("登录应答来自未知的平台")
        if "code" not in answer:
            raise SignInFailed(f"平台拒绝了登录：{answer.get('error', '未说明原因')}")
        form = {
            "grant_type": "authorization_code",
            "code": answer["code"],
            "redirect_uri": self._callback,
            "code_verifier": login.verifier,
        }
        response = self._http.post(
            self.endpoint("token_endpoint"), data=form, auth=httpx.BasicAuth(*self._client)
        )
        if response.status_code != httpx.codes.OK:
            raise SignInFailed("授权码未能换取令牌，请从工作台重新打开")
        return self._verified(response.json()["id_token"], login.nonce)

    def _verified(self, id_token: str, nonce: str) -> dict[str, Any]:
        """Checks OIDC Core 1.0, 3.1.3.7: signature, issuer, audience, age, nonce."""
        claims = self._signed_claims(id_token)
        now = time.time()
        expected = {"iss": self.issuer, "aud": self._client[0], "nonce": nonce}
        if any(claims.get(name) != value for name, value in expected.items()):
            raise SignInFailed("身份令牌不是签发给本应用的")
        if not claims["iat"] - LEEWAY_SECONDS <= now <= claims["exp"] + LEEWAY_SECONDS:
            raise SignInFailed("身份令牌已过期")
        return claims

    def _signed_claims(self, id_token: str) -> dict[str, Any]:
        for fresh in (False, True):
            try:
                token = jwt.JWT(jwt=id_token, key=self._key_set(fresh=fresh), algs=["RS256"])
            except JWException:
                continue
            claims: dict[str, Any] = json.loads(token.claims)
            return claims
        raise SignInFailed("身份令牌的签名无效")

    def _key_set(self, *, fresh: bool) -> Any:
        """The provider's public keys, fetched anew after it has rotated them."""
        if self._keys is None or fresh:
            answer = self._http.get(self.endpoint("jwks_uri"))
            answer.raise_for_status()
            self._keys = jwk.JWKSet.from_json(answer.content)
        return self._keys
