"""Who a socket is: its session, by cookie or ticket, and where it comes from."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone

from core import redis as store
from messaging.gateway import sign_in
from org.models import Account, AccountSession
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
        visitor = _let_in(_scope(wang, peer=peer, forwarded=forwarded))
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
    visitor = _let_in(scope)
    assert visitor is not None
    assert visitor.person_id == wang.person_id
    assert _let_in(scope) is None


def test_many_who_come_at_once_are_looked_up_by_two_queries(
    wang: Phone, li: Phone, zhang: Phone, django_assert_num_queries: Any
) -> None:
    callers = [_caller(_scope(phone)) for phone in (wang, li, zhang, wang)]
    stranger = sign_in.Caller("0" * 32, "127.0.0.1")
    with django_assert_num_queries(2):
        found = sign_in.let_in([*callers, stranger], now=timezone.now())
    assert [found[caller].person_id for caller in callers] == [
        phone.person_id for phone in (wang, li, zhang, wang)
    ]
    assert stranger not in found
    assert len({visitor.actor.request_id for visitor in found.values()}) == 3


@pytest.mark.parametrize("key", ["", "short", "x" * 41, "a" * 31 + "\x00", "A" * 32, "é" * 32])
def test_what_is_no_key_of_a_session_is_asked_of_nobody(key: str) -> None:
    scope = {"headers": [(b"cookie", f"tongwen_session={key}".encode("latin-1"))]}
    assert asyncio.run(sign_in.caller(scope)) is None


def test_whoever_has_to_choose_a_password_opens_no_socket(wang: Phone) -> None:
    account = Account.objects.filter(person_id=wang.person_id)
    account.update(must_change_password=True)
    assert _let_in(_scope(wang)) is None
    account.update(must_change_password=False)
    assert _let_in(_scope(wang)) is not None


def test_a_password_that_is_too_old_opens_no_socket(wang: Phone) -> None:
    account = Account.objects.filter(person_id=wang.person_id)
    account.update(password_set_at=timezone.now() - timedelta(days=91))
    with override_settings(PASSWORD_MAX_AGE_DAYS=90):
        assert _let_in(_scope(wang)) is None
    with override_settings(PASSWORD_MAX_AGE_DAYS=92):
        assert _let_in(_scope(wang)) is not None


@pytest.mark.parametrize(
    ("policy", "shown", "comes_in"),
    [
        ("everyone", "", False),
        ("everyone", "totp", True),
        ("administrators", "", True),
        ("nobody", "", True),
    ],
)
def test_where_everybody_needs_a_second_factor_no_socket_opens_without(
    wang: Phone, policy: str, shown: str, comes_in: bool
) -> None:
    sign_ins = AccountSession.objects.filter(pk=wang.client.session["account_session_id"])
    sign_ins.update(second_factor=shown)
    with override_settings(SECOND_FACTOR=policy):
        assert (_let_in(_scope(wang)) is not None) == comes_in


def _caller(scope: Any) -> sign_in.Caller:
    caller = asyncio.run(sign_in.caller(scope))
    assert caller is not None
    return caller


def _let_in(scope: Any) -> sign_in.Visitor | None:
    caller = asyncio.run(sign_in.caller(scope))
    return sign_in.let_in([caller], now=timezone.now()).get(caller) if caller else None
