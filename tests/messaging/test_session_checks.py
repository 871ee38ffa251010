"""Whoever loses a sign-in, an account or a post is told to go at the next round of looking."""

import asyncio
import json
import threading
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from messaging import presence, threads
from messaging.gateway import connection, leaving, sessions, sign_in
from messaging.gateway.sign_in import Visitor
from messaging.models import Message
from org.models import Account, AccountSession, Appointment
from tests.messaging.conftest import Phone
from tests.messaging.ears import PATIENCE

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


class Occupied:
    """All threads that serve clients are busy until it is ended, as behind one locked row."""

    def __init__(self) -> None:
        self._over = threading.Event()
        self._held = [threads._pool.submit(self._over.wait) for _ in range(threads.SIZE)]

    @property
    def is_over(self) -> bool:
        """Whether any of them serves again."""
        return any(one.done() for one in self._held)

    def end(self) -> None:
        """They serve again."""
        self._over.set()
        for one in self._held:
            one.result()


@pytest.fixture
def occupied() -> Iterator[Occupied]:
    """The process while its clients wait for each other."""
    held = Occupied()
    yield held
    held.end()


def test_no_round_waits_for_what_clients_wait_for(
    occupied: Occupied, monkeypatch: pytest.MonkeyPatch, wang: Phone
) -> None:
    gone: list[list[int]] = []
    monkeypatch.setattr(leaving, "GRACE_SECONDS", 0.0)
    monkeypatch.setattr(presence, "leave", gone.append)
    guest = Guest(wang)
    _disable(wang)

    async def rounds() -> None:
        left = leaving.Leaving(lambda _: False)
        left.note(guest.person_id)
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(left.settle(), sessions.check([guest]))

    asyncio.run(rounds())
    assert not occupied.is_over
    assert (guest.closed, gone) == (["revoked"], [[guest.person_id]])


def test_what_waits_when_a_socket_is_closed_is_not_done_any_more(
    occupied: Occupied, monkeypatch: pytest.MonkeyPatch, wang: Phone, li: Phone
) -> None:
    monkeypatch.setattr(sessions, "_here", [None])  # nothing is asked of it
    room, visitor = wang.direct(li), _visitor(wang)
    closed: list[int] = []

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "websocket.close":
            closed.append(message["code"])

    async def receive() -> dict[str, Any]:
        return await asyncio.Future()

    async def serve() -> None:
        socket = connection.Connection(visitor, receive, send)
        for body in ("一", "二", "三"):
            socket._take({"text": json.dumps(_saying(room, body))})
        working = asyncio.create_task(socket._work())
        while socket._waiting.qsize() > 2:  # noqa: ASYNC110  # the loop itself is watched
            await asyncio.sleep(0)
        await socket.revoke()
        await asyncio.to_thread(occupied.end)
        async with asyncio.timeout(PATIENCE):
            await socket._waiting.join()
        working.cancel()

    asyncio.run(serve())
    assert closed == [4003]
    said = Message.objects.filter(conversation_id=room, kind="text").order_by("seq")
    assert [message.body for message in said] == ["一"]


def _saying(room: int, body: str) -> dict[str, Any]:
    data = {"conversation_id": room, "client_message_id": str(uuid.uuid4()), "body": body}
    return {"type": "message.send", "id": body, "data": data}
