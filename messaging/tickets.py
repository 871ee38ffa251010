"""Socket tickets: single use, 60 seconds, each standing for one session."""

import hashlib
import secrets
from typing import Final, cast

import redis

from core import crypto, errors
from core import redis as store
from messaging import bus

SECONDS: Final = 60


def issue(session_key: str) -> str:
    """A new ticket; Unavailable without Valkey.

    Valkey holds the ticket's digest and the session's key encrypted: whoever reads them there
    can open nothing.
    """
    ticket = secrets.token_urlsafe(32)
    try:
        held = crypto.encrypt_text(session_key)
        store.connection().set(bus.ticket_key(_digest(ticket)), held, ex=SECONDS)
    except redis.RedisError as error:
        raise errors.Unavailable from error
    return ticket


def redeem(ticket: str) -> str | None:
    """The session the ticket stands for, the first time only."""
    try:
        held = cast(bytes | None, store.connection().getdel(bus.ticket_key(_digest(ticket))))
    except redis.RedisError as error:
        raise errors.Unavailable from error
    return crypto.decrypt_text(held) if held is not None else None


def _digest(ticket: str) -> str:
    return hashlib.sha256(ticket.encode()).hexdigest()
