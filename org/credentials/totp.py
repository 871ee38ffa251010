"""One-time codes from a shared secret and the clock (RFC 6238, 30 seconds, six digits, SHA-1)."""

import base64
import hmac
import secrets
import struct
from datetime import datetime
from typing import Final

STEP_SECONDS: Final = 30
_DIGITS: Final = 6


def fresh_secret() -> str:
    """160 random bits in base32, as authenticator apps take them."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def counter_at(now: datetime) -> int:
    """The number of the half-minute."""
    return int(now.timestamp()) // STEP_SECONDS


def code_at(secret: str, counter: int) -> str:
    """The code of that half-minute."""
    key = base64.b32decode(secret, casefold=True)
    digest = hmac.digest(key, struct.pack(">Q", counter), "sha1")
    offset = digest[-1] & 0x0F
    value = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{value % 10**_DIGITS:0{_DIGITS}}"


def counter_of(secret: str, code: str, *, now: datetime) -> int | None:
    """The half-minute that the code belongs to; None unless it is this one or one beside it.

    RFC 6238, 5.2: one step either side for clocks that are off and people who type slowly.
    """
    typed = code.replace(" ", "").replace("-", "")
    present = counter_at(now)
    for counter in (present, present - 1, present + 1):
        if hmac.compare_digest(code_at(secret, counter).encode(), typed.encode()):
            return counter
    return None
