"""The Python client through a network that fails: nothing lost, nothing doubled, all in order."""

import asyncio
from urllib.parse import urlsplit

import pytest

from tests.messaging.fault_proxy import FaultProxy, Faults
from tests.messaging.site import PATIENCE, Site
from tests.sdk.conftest import QUICK, MakeClient, until
from tongwen_client import Client, Entry

pytestmark = pytest.mark.live

MANY = 60
ROUGH = Faults(doubled=0.15, swapped=0.15, delayed=0.05, life=(12, 60), lost_answers=0.1)


async def hear(client: Client, room: int, count: int, after: int) -> list[Entry]:
    """So many entries behind `after`, each marked as read."""
    found: list[Entry] = []
    async for entry in client.entries(room, after=after):
        found.append(entry)
        client.read(room, entry.seq)
        if len(found) == count:
            break
    return found


async def say(client: Client, room: int, name: str) -> None:
    """Says many things, as fast as they come to mind."""
    await asyncio.gather(*(client.send(room, f"{name} {number}") for number in range(MANY)))


async def marked(client: Client) -> None:
    """Every read mark is acknowledged."""
    await until(lambda: not client._store.marks())


async def talk(site: Site, client_of: MakeClient, names: list[str], proxy: FaultProxy) -> None:
    """Everybody talks at once through the proxy, and hears the same."""
    room = site.group(*names)
    clients = [client_of(name, url=proxy.url, timing=QUICK) for name in names]
    total = MANY * len(names)
    async with asyncio.timeout(PATIENCE * 4):
        for client in clients:
            await client.__aenter__()
        heard = [asyncio.create_task(hear(client, room, total, 1)) for client in clients]
        speakers = zip(clients, names, strict=True)
        await asyncio.gather(*(say(client, room, name) for client, name in speakers))
        found = [await task for task in heard]
        proxy.heal(still=Faults(blocked_sockets=proxy.faults.blocked_sockets))
        for client in clients:
            await marked(client)
            await client.close()
    for entries in found:
        assert [entry.seq for entry in entries] == list(range(2, total + 2))
        for name in names:
            own = [entry.body for entry in entries if entry.sender_name == name]
            assert own == [f"{name} {number}" for number in range(MANY)]
    stored = site.rows("SELECT count(*) FROM messaging_message WHERE conversation_id = %s", room)
    assert stored == [(total + 1,)]
    marks = site.rows("SELECT read_seq FROM messaging_readcursor WHERE conversation_id = %s", room)
    assert set(marks) == {(total + 1,)}


def port_of(site: Site) -> int:
    """Where the site listens."""
    return int(urlsplit(site.url).port or 0)


async def test_hundreds_of_messages_survive_cuts_holes_doubles_and_swaps(
    site: Site, client_of: MakeClient
) -> None:
    proxy = FaultProxy(port_of(site), faults=ROUGH, seed=20261123)
    await proxy.start()
    try:
        await talk(site, client_of, ["秦主任", "尤副主", "许收发"], proxy)
    finally:
        await proxy.stop()
    done = proxy.tally.done.keys()
    assert {"doubled", "swapped"} <= done, proxy.tally
    assert done & {"cut", "tear", "half_open", "hole"}, proxy.tally


async def test_where_sockets_are_blocked_messages_are_polled_and_nothing_is_lost(
    site: Site, client_of: MakeClient
) -> None:
    faults = Faults(blocked_sockets=True, lost_answers=0.1, delayed=0.1)
    proxy = FaultProxy(port_of(site), faults=faults, seed=4)
    await proxy.start()
    try:
        await talk(site, client_of, ["仇海生", "区副局"], proxy)
    finally:
        await proxy.stop()
    assert proxy.tally.sockets == 0
    assert "lost_answer" in proxy.tally.done


async def test_a_socket_is_taken_again_when_it_gets_through(
    site: Site, client_of: MakeClient
) -> None:
    proxy = FaultProxy(port_of(site), faults=Faults(blocked_sockets=True), seed=1)
    await proxy.start()
    try:
        async with (
            client_of("高收文", url=proxy.url, timing=QUICK) as gao,
            asyncio.timeout(PATIENCE),
        ):
            await gao.connected()
            assert gao.is_polling
            proxy.heal()
            await until(lambda: proxy.tally.sockets > 0)
            await gao.connected()
    finally:
        await proxy.stop()
