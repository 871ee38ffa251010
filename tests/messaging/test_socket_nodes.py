"""Two hosts over one database: each has a daphne, and one of them loses its way to Valkey."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.messaging import nodes
from tests.messaging import site as sites
from tests.messaging.nodes import Node
from tests.messaging.site import Device, Site

pytestmark = pytest.mark.live

PORT = 8001


@pytest.fixture(scope="module")
def two(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[tuple[Node, Site]]]:
    """Two nodes with the site's daphne on each."""
    if reason := nodes.why_not():
        pytest.skip(reason)
    with ExitStack() as held:
        folder = tmp_path_factory.mktemp("nodes")
        yield [held.enter_context(_serving(site, number, folder)) for number in (1, 2)]


async def test_hosts_deliver_to_each_other(two: list[tuple[Node, Site]]) -> None:
    (_, first), (_, second) = two
    async with Device(first, "沈副市") as here, Device(second, "韩市收") as there:
        room = first.direct("沈副市", "韩市收")
        await sites.heard_live(here, there, room)
        await sites.heard_live(there, here, room)


async def test_a_host_cut_off_from_valkey_stores_finds_and_comes_back(
    two: list[tuple[Node, Site]],
) -> None:
    (_, first), (node, second) = two
    room = first.direct("徐副局", "高收文")
    async with Device(first, "徐副局") as here, Device(second, "高收文") as there:
        start = await sites.heard_live(here, there, room)
        node.cut_store()
        try:
            seq = (await here.send(room, "断开时"))["seq"]
            await there.hear("sync.hint", conversation_id=room, last_seq=seq)
            # Stored although nobody can be woken; the other host compares in its own time.
            seq = (await there.send(room, "断开的一边"))["seq"]
        finally:
            node.join_store()
        await there.until(lambda frame: frame["type"] == "sync.hint" and not frame["data"])
        after = await sites.heard_live(there, here, room)
        pull = {"conversation_id": room, "after": start}
        pages = [
            await one.ask("message.pull", pull, answer="message.page") for one in (here, there)
        ]
    for page in pages:
        assert [entry["seq"] for entry in page["entries"]] == list(range(start + 1, after + 1))
    assert after > seq


@contextmanager
def _serving(site: Site, number: int, folder: Path) -> Iterator[tuple[Node, Site]]:
    with nodes.node(number) as node, ExitStack() as held:
        database, store = urlsplit(site.database), urlsplit(site.environment["REDIS_URL"])
        database_port = held.enter_context(nodes.relayed(node.database_host, _port(database.port)))
        store_port = held.enter_context(nodes.relayed(node.store_host, _port(store.port)))
        origin = f"http://{node.address}:{PORT}"
        environment = {
            **site.environment,
            "DATABASE_URL": site.database.replace(
                f"@{database.hostname}:{database.port}", f"@{node.database_host}:{database_port}"
            ),
            "REDIS_URL": site.environment["REDIS_URL"].replace(
                f"@{store.hostname}:{store.port}", f"@{node.store_host}:{store_port}"
            ),
            "SITE_ORIGIN": origin,
        }
        log = folder / f"node{number}.log"
        process = held.enter_context(
            sites.serving(environment, PORT, log, host=node.address, on=node.command)
        )
        yield node, replace(site, url=origin, environment=environment, process=process)


def _port(port: int | None) -> int:
    assert port is not None
    return port
