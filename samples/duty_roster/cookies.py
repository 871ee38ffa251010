"""Signed cookies: what the browser holds can be read, but not changed or kept for ever."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any


class Signer:
    """Signs and checks small JSON values under one key."""

    def __init__(self, secret: str) -> None:
        self._key = hashlib.sha256(f"duty-roster cookies:{secret}".encode()).digest()

    def seal(self, value: dict[str, Any], *, seconds: int) -> str:
        """The value with its end of life and a MAC, fit for a cookie."""
        body = json.dumps({"v": value, "exp": int(time.time()) + seconds}).encode()
        return f"{_packed(body)}.{_packed(self._mac(body))}"

    def open(self, sealed: str) -> dict[str, Any] | None:
        """The value; None if it was altered, is late, or was never ours."""
        body_text, _, mac_text = sealed.partition(".")
        try:
            body, mac = _unpacked(body_text), _unpacked(mac_text)
        except ValueError:
            return None
        if not hmac.compare_digest(mac, self._mac(body)):
            return None
        content = json.loads(body)
        value: dict[str, Any] = content["v"]
        return value if content["exp"] > time.time() else None

    def token(self, purpose: str) -> str:
        """A short MAC, used to tie a form to its session."""
        return _packed(self._mac(purpose.encode()))[:32]

    def _mac(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, "sha256")


def _packed(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _unpacked(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
