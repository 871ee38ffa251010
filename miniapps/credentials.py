"""Client secrets: 256 random bits, of which only a digest is kept."""

import hashlib
import hmac
import secrets
from typing import Final

_SECRET_BYTES: Final = 32
_PREFIX: Final = "sha256$"


def new_secret() -> str:
    """A fresh secret, 43 characters of base64url."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def new_client_id() -> str:
    """A fresh public name of an OAuth client."""
    return f"app-{secrets.token_hex(8)}"


def new_subject() -> str:
    """A fresh name for one person in one app."""
    return secrets.token_urlsafe(18)


def digest_of(secret: str) -> str:
    """How a secret is stored. A fast digest is enough: nobody guesses 256 bits."""
    return _PREFIX + hashlib.sha256(secret.encode()).hexdigest()


def matches(secret: str, stored: str) -> bool:
    """Whether the stored digest is that of the secret, compared in constant time."""
    return hmac.compare_digest(digest_of(secret).encode(), stored.encode())
