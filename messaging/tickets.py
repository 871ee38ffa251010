"""Socket tickets: single use, 60 seconds, each standing for one session."""

import hashlib
import secrets
from typing import Final, cast

import redis

from core import errors
from core import redis as store
from messaging import bus

SECONDS: Final = 60


def issue(session_key: str) -> str:
    """A new ticket. Valkey holds only its digest; Unavailable without Valkey."""
    ticket = secrets.token_urlsafe(32)
    try:
        store.connection().set(bus.ticket_key(_digest(ticket)), session_key, ex=SECONDS)
    except redis.RedisError as error:
        raise errors.Unavailable from error
    return ticket


def redeem(ticket: str) -> str | None:
    """The session the ticket stands for, the first time only."""
    try:
        held = cast(bytes | None, store.connection().getdel(bus.ticket_key(_digest(ticket))))
    except redis.RedisError as error:
        raise errors.Unavailable from error
    return held.decode() if held is not None else None


def _digest(ticket: str) -> str:
    return hashlib.sha256(ticket.encode()).hexdigest()
