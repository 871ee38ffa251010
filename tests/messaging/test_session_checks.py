"""Whoever loses a sign-in, an account or a post is told to go at the next round of looking."""

import asyncio
from collections.abc import Callable

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from messaging.gateway import sessions, sign_in
from messaging.gateway.sign_in import Visitor
from org.models import Account, AccountSession, Appointment
from tests.messaging.conftest import Phone

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("no_connection_stays"),
]


class Guest:
    """A socket that notes how it was closed, or cannot be."""

    def __init__(self, phone: Phone, *, fault: Exception | None = None) -> None:
        self.visitor = _visitor(phone)
        self.actor, self.person_id = self.visitor.actor, self.visitor.person_id
        self.closed: list[str] = []
        self._fault = fault

    def push(self, wire: bytes, conversation_id: int, seq: int) -> bool:
        """Nothing is sent here."""
        return True

    def was_used(self) -> bool:
        """Nobody types here."""
        return False

    async def revoke(self) -> None:
        """Signed out."""
        if self._fault is not None:
            raise self._fault
        self.closed.append("revoked")

    async def renew(self) -> None:
        """At another post."""
        self.closed.append("renewed")

    async def say_bye(self) -> None:
        """The process does not stop here."""


def _visitor(phone: Phone) -> Visitor:
    key = phone.client.session.session_key or ""
    caller = sign_in.Caller(key, "127.0.0.1")
    return sign_in.let_in([caller], now=timezone.now())[caller]


def _sign_out(phone: Phone) -> None:
    Session.objects.filter(session_key=phone.client.session.session_key).delete()


def _end_sign_in(phone: Phone) -> None:
    account = Account.objects.get(person_id=phone.person_id)
    AccountSession.objects.filter(account=account).update(ended_at=timezone.now())


def _disable(phone: Phone) -> None:
    Account.objects.filter(person_id=phone.person_id).update(is_active=False)


def _take_post(phone: Phone) -> None:
    Appointment.objects.filter(person_id=phone.person_id).update(valid_to=timezone.now())


@pytest.mark.parametrize(
    ("withdraw", "told"),
    [
        (_sign_out, "revoked"),
        (_end_sign_in, "revoked"),
        (_disable, "revoked"),
        (_take_post, "renewed"),
    ],
)
def test_one_round_closes_whoever_lost_the_right_and_nobody_else(
    wang: Phone, li: Phone, withdraw: Callable[[Phone], None], told: str
) -> None:
    gone, stays = Guest(wang), Guest(li)
    asyncio.run(sessions.check([gone, stays]))
    assert (gone.closed, stays.closed) == ([], [])
    withdraw(wang)
    asyncio.run(sessions.check([gone, stays]))
    assert (gone.closed, stays.closed) == ([told], [])


def test_nobody_stays_because_another_socket_cannot_be_closed(wang: Phone, li: Phone) -> None:
    stuck, gone = Guest(wang, fault=OSError("no way to it")), Guest(li)
    for phone in (wang, li):
        _sign_out(phone)
    asyncio.run(sessions.check([stuck, gone]))
    assert gone.closed == ["revoked"]


def test_a_round_begins_twice_a_second_so_that_a_withdrawn_right_bites_within_one() -> None:
    assert sessions.CHECK_SECONDS <= 0.5
