"""While Valkey does not answer, socket tickets are refused at once and by a code of their own."""

import socket
from collections.abc import Iterator

import pytest
import redis
from websockets.exceptions import ConnectionClosed

from core import redis as store
from core.localstack import valkey
from messaging import errors, outage, tickets
from messaging.outage import Outage
from tests.messaging.conftest import Phone
from tests.messaging.site import Device, Site, heard_live, open_socket


class Silent:
    """A place where connections open and nothing is ever said, as behind a cut cable."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=16)
        self._listening.setblocking(False)
        self._held: list[socket.socket] = []
        self.port = self._listening.getsockname()[1]

    def came(self) -> int:
        """How many have tried to reach it since this was asked last."""
        before = len(self._held)
        try:
            while True:
                self._held.append(self._listening.accept()[0])
        except BlockingIOError:
            return len(self._held) - before

    def close(self) -> None:
        """Nobody can connect any more."""
        for one in (*self._held, self._listening):
            one.close()


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Iterator[Silent]:
    """Valkey lies beyond a cut cable, and nobody tries again within the test."""
    there = Silent()
    lost = redis.Redis.from_url(
        f"redis://127.0.0.1:{there.port}/0", socket_timeout=0.1, socket_connect_timeout=0.1
    )
    monkeypatch.setattr(store, "connection", lambda: lost)
    monkeypatch.setattr(outage, "_here", Outage())
    monkeypatch.setattr(outage, "REST_SECONDS", 3600.0)
    yield there
    there.close()


def test_after_one_has_waited_in_vain_tickets_are_refused_without_trying(
    wang: Phone, silent: Silent
) -> None:
    for tries in (1, 0, 0):
        answer = wang.call("post", "/ws-ticket")
        assert (answer.status_code, answer.json()["code"]) == (503, "SOCKET_TICKETS_UNAVAILABLE")
        assert silent.came() == tries
    with pytest.raises(errors.TicketsUnavailable):
        tickets.redeem("whatever")
    assert silent.came() == 0


@pytest.mark.live
async def test_a_socket_with_a_ticket_is_told_to_come_back_not_to_sign_in(site: Site) -> None:
    with site.http("王伟民") as client:
        ticket = client.post("/ws-ticket").raise_for_status().json()["ticket"]
        valkey.stop(site.store.data)
        try:
            refused = client.post("/ws-ticket")
            assert refused.status_code == 503
            assert refused.json()["code"] == "SOCKET_TICKETS_UNAVAILABLE"
            connection = await open_socket(site, None, query=f"?ticket={ticket}")
            with pytest.raises(ConnectionClosed):
                await connection.recv()
            assert connection.close_code == 4011
            by_cookie = await open_socket(site, "王伟民")
            await by_cookie.send('{"type": "hello", "data": {"client": "test"}}')
            assert '"welcome"' in str(await by_cookie.recv())
            await by_cookie.close()
        finally:
            valkey.start(site.store)
    room = site.direct("王伟民", "李建国")
    async with Device(site, "王伟民") as sender, Device(site, "李建国") as hearer:
        assert await heard_live(sender, hearer, room) >= 1  # as it was for the tests that follow
