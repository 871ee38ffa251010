"""Sockets against real daphnes and a Valkey that is stopped, cut off and emptied."""

from pathlib import Path
from typing import Any

import pytest
import redis

from core.localstack import valkey
from tests.messaging import site as sites
from tests.messaging.site import Device, Site

pytestmark = pytest.mark.live


async def test_a_stopping_server_says_bye(site: Site, tmp_path: Path) -> None:
    with sites.second_process(site, tmp_path) as second:
        async with Device(second, "王伟民") as device:
            second.process.terminate()
            assert await device.closed_with() == 4010
            bye = next(frame for frame in device.received if frame["type"] == "bye")
    assert 200 <= bye["data"]["retry_after_ms"] < 5000


async def test_two_processes_deliver_to_each_others_sockets(site: Site, tmp_path: Path) -> None:
    room = site.direct("郑省长", "冯副厅")
    with sites.second_process(site, tmp_path) as second:
        async with Device(site, "郑省长") as here, Device(second, "冯副厅") as there:
            await here.send(room, "此岸")
            assert (await there.hear("message.created", conversation_id=room))["body"] == "此岸"
            await there.send(room, "彼岸")
            assert (await here.hear("message.created", seq=2))["body"] == "彼岸"


async def test_without_valkey_messages_are_stored_and_found(site: Site) -> None:
    room = site.direct("高收文", "罗科员")
    async with Device(site, "高收文") as sender, Device(site, "罗科员") as hearer:
        valkey.stop(site.store.data)
        try:
            assert (await sender.send(room, "照样送达"))["seq"] == 1
            await hearer.hear("sync.hint", conversation_id=room, last_seq=1)
            pull = {"conversation_id": room, "after": 0}
            pulled = await hearer.ask("message.pull", pull, answer="message.page")
            assert [entry["body"] for entry in pulled["entries"]] == ["照样送达"]
        finally:
            valkey.start(site.store)
        await hearer.until(_tells_to_compare_all)
        await sender.send(room, "又通了")
        assert (await hearer.hear("message.created", seq=2))["body"] == "又通了"


async def test_a_lost_bus_is_found_again_and_everybody_is_told_to_compare(site: Site) -> None:
    room = site.direct("沈副市", "韩市收")
    async with Device(site, "沈副市") as sender, Device(site, "韩市收") as hearer:
        with redis.Redis.from_url(site.environment["REDIS_URL"]) as store:
            assert store.client_kill_filter(_type="pubsub") == 1
        await hearer.until(_tells_to_compare_all)
        await sender.send(room, "又通了")
        assert (await hearer.hear("message.created", conversation_id=room))["body"] == "又通了"


def _tells_to_compare_all(frame: dict[str, Any]) -> bool:
    """Hints that name one conversation may come first: polling finds what was just committed."""
    return bool(frame["type"] == "sync.hint" and not frame["data"])
