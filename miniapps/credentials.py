"""Client secrets, of which only a digest is kept, and the stamp that ties a token to an account."""

import hashlib
import hmac
import secrets
from typing import Final

from django.utils.crypto import salted_hmac

_SECRET_BYTES: Final = 32
_STAMP_LENGTH: Final = 32
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


def stamped(value: str, oauth_client_id: int, auth_hash: str) -> str:
    """The token or code, ending in the stamp of the account's credentials as they are now.

    A stamp per client: one that all apps saw would tell them who is the same person.
    """
    return f"{value}.{_stamp(oauth_client_id, auth_hash)}"


def is_stamped(value: str, oauth_client_id: int, auth_hash: str) -> bool:
    """Whether the account's credentials are still those of when the token or code was made."""
    stamp = value.rpartition(".")[2]
    return hmac.compare_digest(stamp.encode(), _stamp(oauth_client_id, auth_hash).encode())


def _stamp(oauth_client_id: int, auth_hash: str) -> str:
    keyed = salted_hmac(
        "miniapps.credentials.stamp", f"{oauth_client_id}:{auth_hash}", algorithm="sha256"
    )
    return keyed.hexdigest()[:_STAMP_LENGTH]
