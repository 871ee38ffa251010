"""The platform's API as this app uses it, with the app's own credentials."""

import threading
import time
from dataclasses import dataclass

import httpx

from . import oidc

MEMBERS_SECONDS = 300
EARLY_SECONDS = 60


class CallFailed(Exception):
    """The platform refused; the text is for people."""


@dataclass(frozen=True, slots=True)
class Member:
    """Someone who can be put on duty."""

    sub: str
    name: str
    unit_name: str
    title: str


class Platform:
    """Calls with a bearer token that is renewed shortly before it ends."""

    def __init__(
        self, http: httpx.Client, provider: oidc.Provider, client_id: str, client_secret: str
    ) -> None:
        self._http = http
        self._provider = provider
        self._client = httpx.BasicAuth(client_id, client_secret)
        self._lock = threading.Lock()
        self._token, self._token_until = "", 0.0
        self._members: list[Member] = []
        self._members_until = 0.0

    def members(self) -> list[Member]:
        """The people in the app's range, at most five minutes old."""
        with self._lock:
            if time.monotonic() >= self._members_until:
                rows = self._call("GET", "/members").json()
                self._members = [Member(**row) for row in rows]
                self._members_until = time.monotonic() + MEMBERS_SECONDS
            return self._members

    def remind(self, sub: str, *, key: str, title: str, body: str) -> None:
        """The person has a work notice, once per key."""
        notice: dict[str, object] = {"recipients": [sub], "title": title, "body": body, "path": "/"}
        with self._lock:
            self._call("POST", "/notices", json=notice, headers={"Idempotency-Key": key})

    def _call(
        self,
        method: str,
        path: str,
        *,
        json: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """The answer; a token that died early (the app was suspended, say) is renewed once."""
        for attempt in range(2):
            sent = {"Authorization": f"Bearer {self._bearer(renew=attempt > 0)}", **(headers or {})}
            answer = self._http.request(
                method, f"{self._provider.issuer}/api/v1/apps{path}", json=json, headers=sent
            )
            if answer.status_code != httpx.codes.UNAUTHORIZED:
                break
        if answer.is_success:
            return answer
        detail = answer.json().get("detail") if "json" in answer.headers["Content-Type"] else ""
        raise CallFailed(detail or f"平台返回 {answer.status_code}")

    def _bearer(self, *, renew: bool) -> str:
        if renew or time.monotonic() >= self._token_until:
            form = {"grant_type": "client_credentials", "scope": "org.member.read notice.send"}
            answer = self._http.post(
                self._provider.endpoint("token_endpoint"), data=form, auth=self._client
            )
            if answer.status_code != httpx.codes.OK:
                raise CallFailed("应用未获得平台授权，请联系应用管理员")
            granted = answer.json()
            self._token = granted["access_token"]
            self._token_until = time.monotonic() + granted["expires_in"] - EARLY_SECONDS
        return self._token
