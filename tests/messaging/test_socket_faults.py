"""Sockets against real daphnes and a Valkey that is stopped, cut off and emptied."""

import json
import uuid
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import redis

from core.localstack import valkey
from messaging import bus, frames
from tests.messaging import site as sites
from tests.messaging.site import Device, Site, eventually, open_socket

pytestmark = pytest.mark.live

FLOOD = 1500
"""So many frames of 16 kB are more than all buffers between two processes hold."""


async def test_a_stopping_server_answers_what_it_has_stored_and_says_bye(
    site: Site, tmp_path: Path
) -> None:
    room = site.direct("区副局", "单小芳")
    with sites.second_process(site, tmp_path) as second:
        async with Device(second, "区副局") as device:
            await device.send(room, "初稿")  # the first answer of a process takes longest
            for number in range(8):
                frame = {"type": "message.send", "id": f"{number}", "data": _text(room, "稿")}
                await device.connection.send(json.dumps(frame))
            second.process.terminate()
            assert await device.closed_with() == 4010
        second.process.wait(timeout=sites.PATIENCE)
        with pytest.raises(OSError, match="Connect call failed"):
            await open_socket(second, "区副局")
    [bye] = [frame for frame in device.received if frame["type"] == "bye"]
    assert 200 <= bye["data"]["retry_after_ms"] < 5000
    acked = [f["data"]["seq"] for f in device.received if f["type"] == "message.ack"]
    stored = site.rows(
        "SELECT seq FROM messaging_message WHERE conversation_id = %s ORDER BY seq", room
    )
    assert stored == [(seq,) for seq in acked]


async def test_a_client_that_stops_reading_misses_some_and_is_told_so(site: Site) -> None:
    async with Device(site, "单小芳") as slow, Device(site, "仇海生") as other:
        await _flood(site, slow, other)
        await slow.until(_tells_to_compare_all)
        came = [frame["type"] for frame in slow.received]
        assert 0 < came.count("error") < FLOOD
        await slow.ask("hello", {}, answer="welcome")


async def test_a_client_that_never_reads_is_let_go_and_may_come_back(
    site: Site, tmp_path: Path
) -> None:
    with sites.second_process(site, tmp_path, sites.IMPATIENT) as second, _store(site) as store:
        async with Device(second, "单小芳") as stuck, Device(second, "仇海生") as other:
            await _flood(site, stuck, other)
            await eventually(lambda: not _is_heard(site, store, "单小芳"))
            # The code itself comes to those alone who read again within a second.
            assert await stuck.closed_with() in {4008, None}
            await other.ask("hello", {}, answer="welcome")
        async with Device(second, "单小芳") as back:
            await back.ask("sync.heads", {}, answer="sync.heads")


async def test_an_emptied_valkey_costs_nothing_but_tickets(site: Site) -> None:
    room = site.direct("钱医", "周防疫")
    async with Device(site, "钱医") as sender, Device(site, "周防疫") as hearer:
        with site.http("钱医") as client:
            ticket = client.post("/ws-ticket").raise_for_status().json()["ticket"]
        with _store(site) as store:
            for number in range(20):
                store.flushall()
                seq = (await sender.send(room, f"{number}"))["seq"]
                await hearer.hear("message.created", conversation_id=room, seq=seq)
    late = Device(site, "钱医")
    late.connection = await open_socket(site, None, query=f"?ticket={ticket}")
    assert await late.closed_with() == 4001


async def test_a_killed_process_leaves_nothing_in_valkey_that_would_stay(
    site: Site, tmp_path: Path
) -> None:
    room = site.direct("罗科员", "马科员")
    with sites.second_process(site, tmp_path) as second, _store(site) as store:
        async with Device(second, "罗科员") as device:
            await device.send(room, "在")
            await eventually(lambda: _is_heard(site, store, "罗科员"))
            second.process.kill()
            second.process.wait(timeout=sites.PATIENCE)
        await eventually(lambda: not _is_heard(site, store, "罗科员"))
        # -1: there for ever; what has gone meanwhile, -2, did not stay.
        assert [key for key in store.scan_iter() if store.ttl(key) == -1] == []


async def test_all_sockets_of_a_process_share_one_connection_to_valkey(site: Site) -> None:
    names = ("王伟民", "李建国", "张晓梅", "林上城", "赵卫东", "钱医", "周防疫", "孙收文")
    with _store(site) as store:
        async with AsyncExitStack() as open_ones:
            for name in names:
                await open_ones.enter_async_context(Device(site, name))
            # Valkey may learn a moment later that an earlier test's process is gone.
            await eventually(lambda: len(store.client_list(_type="pubsub")) == 1)
            # A session cache would hold a client for each connection.
            assert len(store.client_list()) < len(names) + 20


async def test_frames_are_not_compressed_for_each_socket(site: Site) -> None:
    async with Device(site, "王伟民") as device:
        assert device.connection.protocol.extensions == []


async def test_two_processes_deliver_to_each_others_sockets(site: Site, tmp_path: Path) -> None:
    room = site.direct("郑省长", "冯副厅")
    with sites.second_process(site, tmp_path) as second:
        async with Device(site, "郑省长") as here, Device(second, "冯副厅") as there:
            await sites.heard_live(here, there, room)
            await sites.heard_live(there, here, room)


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
        assert await sites.heard_live(sender, hearer, room) >= 2


async def test_a_lost_bus_is_found_again_and_everybody_is_told_to_compare(site: Site) -> None:
    room = site.direct("沈副市", "韩市收")
    async with Device(site, "沈副市") as sender, Device(site, "韩市收") as hearer:
        with _store(site) as store:
            assert store.client_kill_filter(_type="pubsub") >= 1
        await hearer.until(_tells_to_compare_all)
        await sites.heard_live(sender, hearer, room)


def _store(site: Site) -> "redis.Redis":
    """The site's Valkey."""
    return redis.Redis.from_url(site.environment["REDIS_URL"])


def _is_heard(site: Site, store: "redis.Redis", name: str) -> bool:
    """Whether a process listens for the person."""
    [(_, processes)] = store.pubsub_numsub(site.key("p", site.people[name]))
    return int(processes) > 0


async def _flood(site: Site, unread: Device, read: Device) -> None:
    """More has gone to the one device than any buffer takes; it has not read, the other has."""
    words = frames.frame("error", {"code": "", "status": 0, "message": "x" * 16_000, "of": ""})
    mark = frames.frame("message.read", {"conversation_id": 0, "read_seq": 0})
    with _store(site) as store:
        for device in (unread, read):
            await eventually(partial(_is_heard, site, store, device.name))
        for _ in range(FLOOD // 100):
            with store.pipeline(transaction=False) as pipeline:
                for _ in range(100):
                    pipeline.publish(site.key("p", site.people[unread.name]), _parcel(words))
                pipeline.execute()
            store.publish(site.key("p", site.people[read.name]), _parcel(mark))
            await read.until(lambda frame: frame["type"] == "message.read")
            read.received.clear()


def _parcel(frame: bytes) -> bytes:
    return bus.Parcel(bus.Signal.FRAME, 0, 0, frame).pack()


def _text(room: int, body: str) -> dict[str, Any]:
    return {"conversation_id": room, "client_message_id": str(uuid.uuid4()), "body": body}


def _tells_to_compare_all(frame: dict[str, Any]) -> bool:
    """Hints that name one conversation may come first: polling finds what was just committed."""
    return bool(frame["type"] == "sync.hint" and not frame["data"])
