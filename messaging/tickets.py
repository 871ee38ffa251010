"""Socket tickets: single use, 60 seconds, each standing for one session.

They stand in Valkey alone, so that spending one is a single step. While Valkey is known not to
answer they are refused at once; a session's cookie opens sockets without it.
"""

import hashlib
import secrets
from typing import Final, cast

from core import crypto
from core import redis as store
from messaging import bus, errors, outage

SECONDS: Final = 60


def issue(session_key: str) -> str:
    """A new ticket; TicketsUnavailable without Valkey.

    Valkey holds the ticket's digest and the session's key encrypted: whoever reads them there
    can open nothing.
    """
    ticket = secrets.token_urlsafe(32)
    held = crypto.encrypt_text(session_key)
    with outage.forgiven("handing out a socket ticket") as called:
        if called:
            store.connection().set(bus.ticket_key(_digest(ticket)), held, ex=SECONDS)
            return ticket
    raise errors.TicketsUnavailable


def redeem(ticket: str) -> str | None:
    """The session the ticket stands for, the first time only; TicketsUnavailable without Valkey."""
    with outage.forgiven("taking a socket ticket") as called:
        if called:
            held = cast(bytes | None, store.connection().getdel(bus.ticket_key(_digest(ticket))))
            return crypto.decrypt_text(held) if held is not None else None
    raise errors.TicketsUnavailable


def _digest(ticket: str) -> str:
    return hashlib.sha256(ticket.encode()).hexdigest()
