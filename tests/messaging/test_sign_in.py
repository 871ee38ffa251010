"""Who a socket is: its session, by cookie or ticket, and where it comes from."""

import json
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone

from core import redis as store
from messaging.gateway import sign_in
from tests.messaging.conftest import Phone


def _scope(phone: Phone, *, peer: str = "127.0.0.1", forwarded: tuple[str, ...] = ()) -> Any:
    cookie = f"tongwen_session={phone.client.session.session_key}".encode()
    reported = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    return {"client": (peer, 40_000), "headers": [(b"cookie", cookie), *reported]}


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("198.51.100.7", (), "198.51.100.7"),
        ("198.51.100.7", ("203.0.113.9",), "198.51.100.7"),
        ("10.0.0.2", ("203.0.113.9",), "203.0.113.9"),
        ("10.0.0.2", ("192.0.2.1", "203.0.113.9, 10.0.0.3"), "203.0.113.9"),
        ("10.0.0.2", ("no address",), "10.0.0.2"),
    ],
)
def test_a_sockets_actor_has_the_address_that_a_requests_would_have(
    wang: Phone, peer: str, forwarded: tuple[str, ...], address: str
) -> None:
    with override_settings(TRUSTED_PROXIES=["10.0.0.0/8"]):
        visitor = sign_in.visitor(_scope(wang, peer=peer, forwarded=forwarded), now=timezone.now())
    assert visitor is not None
    assert (visitor.person_id, visitor.actor.address) == (wang.person_id, address)


def test_what_is_kept_of_a_ticket_opens_no_session(wang: Phone) -> None:
    ticket = wang.call("post", "/ws-ticket").json()["ticket"]
    kept = [
        (key, store.connection().get(key)) for key in store.connection().scan_iter("*:ticket:*")
    ]
    session_key = wang.client.session.session_key
    assert session_key is not None
    assert len(kept) == 1
    assert ticket not in json.dumps([repr(pair) for pair in kept])
    assert session_key not in json.dumps([repr(pair) for pair in kept])
    scope = {"client": ("127.0.0.1", 1), "query_string": f"ticket={ticket}".encode()}
    visitor = sign_in.visitor(scope, now=timezone.now())
    assert visitor is not None
    assert visitor.person_id == wang.person_id
    assert sign_in.visitor(scope, now=timezone.now()) is None
