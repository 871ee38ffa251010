"""The hub without its bus: cut off, silent, or with clients that do not read."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import override_settings
from redis.asyncio.client import PubSub

from core import redis as store
from messaging import bus, subscription, threads
from messaging.hub import Hub
from messaging.services import unit_conversations
from messaging.subscription import Subscription
from tests.factories import Province
from tests.messaging import ears
from tests.messaging.ears import Ear

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]

OUT_OF_REACH = "redis://127.0.0.1:1/0"


class Cable:
    """A TCP connection to Valkey that can be cut so that neither end notices."""

    def __init__(self) -> None:
        self.is_cut = False
        self._there = urlsplit(settings.REDIS_URL)
        self._writers: list[asyncio.StreamWriter] = []
        self._server: asyncio.Server

    async def lay(self) -> str:
        """Where Valkey is reached over it."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        return f"redis://:{self._there.password}@127.0.0.1:{port}{self._there.path}"

    def remove(self) -> None:
        """Nothing is reached any more."""
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, near: asyncio.StreamReader, here: asyncio.StreamWriter) -> None:
        far, there = await asyncio.open_connection(self._there.hostname, self._there.port)
        self._writers += [here, there]
        await asyncio.gather(self._pass(near, there), self._pass(far, here))

    async def _pass(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        try:
            while content := await source.read(65_536):
                if not self.is_cut:
                    target.write(content)
        except OSError:
            target.transport.abort()


@pytest.fixture
async def blind_hub(
    no_connection_stays: None, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Hub]:
    """A hub that reaches no Valkey and looks up often what was said lately."""
    monkeypatch.setattr(subscription, "_CONFIRMED_WITHIN", 0.01)
    store.connection()  # of the process: made for Valkey where it is
    with override_settings(REDIS_URL=OUT_OF_REACH):
        held = Hub(audit_seconds=0.05)
        yield held
        await held.close()


async def test_a_bus_that_falls_silent_counts_as_lost_and_comes_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(subscription, "_QUIET", 0.1)
    monkeypatch.setattr(subscription, "_SILENT", 0.3)
    cable = Cable()
    over_it = await cable.lay()
    restored = asyncio.Event()

    async def nothing(channel: str, parcel: bus.Parcel) -> None:
        """Nobody hears."""

    heard = Subscription(nothing, restored.set)
    with override_settings(REDIS_URL=over_it):
        reading = asyncio.create_task(heard.read_for_ever())
        await heard.add("test:silent")
        await _connected(heard)
        cable.is_cut = True
        restored.clear()  # on a busy machine the bus may have been silent before
        async with asyncio.timeout(ears.PATIENCE):
            await heard.lost.wait()
        assert not restored.is_set()
        cable.is_cut = False
        async with asyncio.timeout(ears.PATIENCE):
            await restored.wait()
        reading.cancel()
    cable.remove()


async def test_a_quiet_bus_that_answers_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscription, "_QUIET", 0.05)
    restored = asyncio.Event()

    async def nothing(channel: str, parcel: bus.Parcel) -> None:
        """Nobody hears."""

    asked = 0
    enough = asyncio.Event()
    ping = PubSub.ping

    async def counted(pubsub: PubSub, message: str | None = None) -> bool:
        """Asks as ever. Unanswered, it would not ask so often before the bus counts as lost."""
        nonlocal asked
        asked += 1
        if asked * subscription._QUIET > subscription._SILENT:
            enough.set()
        return await ping(pubsub, message)

    monkeypatch.setattr(PubSub, "ping", counted)
    heard = Subscription(nothing, restored.set)
    reading = asyncio.create_task(heard.read_for_ever())
    await heard.add("test:quiet")
    await _connected(heard)
    async with asyncio.timeout(ears.PATIENCE):
        await enough.wait()
    assert not heard.lost.is_set()
    assert not restored.is_set()
    reading.cancel()


async def test_without_the_bus_what_is_said_is_found_also_in_new_conversations(
    blind_hub: Hub, province: Province
) -> None:
    li = Ear(province, "李建国")
    await blind_hub.register(li)
    old = await threads.run(ears.direct, province, "王伟民", "李建国")
    await threads.run(ears.send, province, old, "王伟民", "一")
    await li.until("sync.hint", conversation_id=old, last_seq=1)
    new = await threads.run(ears.direct, province, "张晓梅", "李建国")
    await threads.run(ears.send, province, new, "张晓梅", "二")
    await li.until("sync.hint", conversation_id=new, last_seq=1)
    await threads.run(ears.send, province, old, "王伟民", "三")
    await li.until("sync.hint", conversation_id=old, last_seq=2)
    assert len(li.heard) == 3


async def test_without_the_bus_what_is_said_in_a_virtual_conversation_is_found(
    blind_hub: Hub, province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unit_conversations, "ROWS_AT_MOST", 9)
    room = await threads.run(ears.unit_room, province)
    li, lin = Ear(province, "李建国"), Ear(province, "林上城")
    await blind_hub.register(li)
    await blind_hub.register(lin)
    await threads.run(ears.send, province, room, "王伟民", "大家好")
    await li.until("sync.hint", conversation_id=room)
    assert lin.heard == []


async def test_what_a_client_that_does_not_read_has_missed_is_not_taken_for_sent(
    hub: Hub, province: Province
) -> None:
    room = await threads.run(ears.direct, province, "王伟民", "李建国")
    slow, phone = Ear(province, "李建国"), Ear(province, "李建国")
    await hub.register(slow)
    await hub.register(phone)
    slow.is_deaf = True
    await threads.run(ears.send, province, room, "王伟民", "在吗？")
    await phone.until("message.created", body="在吗？")
    slow.is_deaf = False
    await slow.until("sync.hint", conversation_id=room, last_seq=1)


async def test_after_a_loss_everybody_is_told_once_in_turns(
    hub: Hub, province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("messaging.hub.HINTED_AT_ONCE", 3)
    monkeypatch.setattr("messaging.hub.HINT_SECONDS", 0.01)
    sockets = [Ear(province, "李建国") for _ in range(8)]
    for one in sockets:
        await hub.register(one)
    hub._restored.set()
    for one in sockets:
        await one.until("sync.hint")
    for one in sockets:
        await one.has_heard_the_rest()
        assert [frame["data"] for frame in one.heard if frame["type"] == "sync.hint"] == [{}]


async def test_sockets_that_come_at_once_all_hear(hub: Hub, province: Province) -> None:
    room = await threads.run(ears.direct, province, "王伟民", "李建国")
    sockets = [Ear(province, "李建国") for _ in range(20)]
    await asyncio.gather(*(hub.register(one) for one in sockets))
    await threads.run(ears.send, province, room, "王伟民", "都在")
    for one in sockets:
        await one.until("message.created", body="都在")
    await asyncio.gather(*(hub.unregister(one) for one in sockets))
    assert not hub.people
    assert not hub._entered


async def _connected(heard: Subscription) -> None:
    async with asyncio.timeout(ears.PATIENCE):
        while heard.lost.is_set():  # noqa: ASYNC110  # an event tells of its loss only
            await asyncio.sleep(0.01)
