"""What went wrong elsewhere for months before anybody saw it, each kept from coming back."""

import re

import pytest
from django.conf import settings

from core import redis as store
from messaging import bus, tickets
from tests.messaging.site import ROOT

STARTS_DAPHNE = (
    "bin/container",
    "core/localstack/product.py",
    "docs/operations/production.md",
    "tests/messaging/site.py",
)


@pytest.mark.parametrize("file", STARTS_DAPHNE)
def test_daphne_listens_with_a_long_backlog(file: str) -> None:
    """With its own, 50, a burst of connects waits a second for the next attempt."""
    listening = re.findall(r"tcp:port=[^ \"]+", (ROOT / file).read_text(encoding="utf-8"))
    assert listening
    assert [one for one in listening if not one.endswith(":backlog=4096")] == []


def test_a_silent_subscription_is_not_taken_for_a_broken_one() -> None:
    """redis-py would otherwise end it after five seconds, and lose what comes meanwhile."""
    pool = store.async_connection().connection_pool
    assert pool.connection_kwargs["socket_timeout"] is None


def test_a_session_needs_no_client_of_valkey() -> None:
    """A session cache there would hold 77 KB for each open socket."""
    assert settings.SESSION_ENGINE == "django.contrib.sessions.backends.db"


@pytest.mark.live
def test_a_ticket_lives_for_a_minute() -> None:
    ticket = tickets.issue("session")
    key = bus.ticket_key(tickets._digest(ticket))
    assert 0 < store.connection().ttl(key) <= 60
    assert tickets.redeem(ticket) == "session"
    assert tickets.redeem(ticket) is None
