"""Digests, field encryption and blind indexes, behind a few functions.

The provider is the `cryptography` package: software, not a certified module. An
installation that needs a certified one replaces this module's functions.
Every ciphertext begins with a key id, so that keys can be rotated.
"""

import base64
import hmac
import os
from functools import lru_cache
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_KEY_ID: Final = b"\x01"
_NONCE_BYTES: Final = 12


def sm3(content: bytes) -> bytes:
    """The SM3 digest of the content (GB/T 32905-2016), 32 bytes."""
    digest = hashes.Hash(hashes.SM3())
    digest.update(content)
    return digest.finalize()


def mac(content: bytes, *, purpose: str) -> bytes:
    """The HMAC-SM3 of the content under the installation's key for that purpose, 32 bytes."""
    keyed = HMAC(_derived_key(purpose), hashes.SM3())
    keyed.update(content)
    return keyed.finalize()


def encrypt_text(plain: str) -> bytes:
    """The text under AES-256-GCM: key id, nonce, ciphertext with tag."""
    nonce = os.urandom(_NONCE_BYTES)
    sealed = AESGCM(_derived_key("field")).encrypt(nonce, plain.encode(), _KEY_ID)
    return _KEY_ID + nonce + sealed


def decrypt_text(sealed: bytes) -> str:
    """The text that `encrypt_text` sealed; InvalidTag if a byte was altered."""
    body = bytes(sealed)
    key_id, nonce, rest = body[:1], body[1 : 1 + _NONCE_BYTES], body[1 + _NONCE_BYTES :]
    return AESGCM(_derived_key("field")).decrypt(nonce, rest, key_id).decode()


def blind_index(plain: str) -> bytes:
    """A keyed digest by which equal texts are found without storing them, 32 bytes."""
    return hmac.digest(_derived_key("blind-index"), plain.encode(), "sha256")


@lru_cache(maxsize=8)
def _derived_key(purpose: str) -> bytes:
    root = base64.b64decode(settings.FIELD_KEY)
    derive = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=purpose.encode())
    return derive.derive(root)
