"""Sockets against a real daphne: who is not let in, what is not taken, and with which code."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
import redis
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.messaging import site as sites
from tests.messaging.site import Device, Site, open_socket

pytestmark = pytest.mark.live

WAIT_SECONDS = 3600
"""So far somebody has sent ahead: no slowness of a machine catches up with it."""


@pytest.mark.parametrize("origin", [None, "null", "http://evil.example", "http://127.0.0.1:1"])
async def test_a_foreign_missing_or_null_origin_is_refused(site: Site, origin: str | None) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await open_socket(site, "王伟民", origin=origin)
    assert refused.value.response.status_code == 403


async def test_an_unknown_socket_address_is_refused(site: Site) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await open_socket(site, "王伟民", query="/elsewhere")
    assert refused.value.response.status_code == 403


async def test_whoever_is_not_signed_in_is_closed_with_4001(site: Site) -> None:
    stranger = Device(site, "王伟民")
    stranger.connection = await open_socket(site, None)
    assert await stranger.closed_with() == 4001
    forged = Device(site, "王伟民")
    forged.connection = await open_socket(site, None, query="?ticket=forged")
    assert await forged.closed_with() == 4001


async def test_a_ticket_opens_one_socket(site: Site) -> None:
    with site.http("秦主任") as client:
        ticket = client.post("/ws-ticket").raise_for_status().json()["ticket"]
    first, second = Device(site, "秦主任"), Device(site, "秦主任")
    first.connection = await open_socket(site, None, query=f"?ticket={ticket}")
    welcome = await first.ask("hello", {}, answer="welcome")
    assert welcome["name"] == "秦主任"
    second.connection = await open_socket(site, None, query=f"?ticket={ticket}")
    assert await second.closed_with() == 4001
    await first.connection.close()


async def test_anothers_conversation_is_refused_and_nothing_leaks(site: Site) -> None:
    room = site.direct("孙收文", "周防疫")
    async with Device(site, "孙收文") as sun, Device(site, "林上城") as lin:
        await sun.send(room, "流调名单")
        denials = _denials(site, "林上城")
        for kind, data in (
            ("message.pull", {"conversation_id": room, "after": 0}),
            ("message.send", _text(room, "插话")),
            ("message.read", {"conversation_id": room, "seq": 1}),
            ("receipt.watch", {"conversation_id": room, "seqs": [1]}),
        ):
            refusal = await lin.ask(kind, data, answer="error")
            assert (refusal["code"], refusal["status"]) == ("CONVERSATION_NOT_FOUND", 404)
            absent = await lin.ask(kind, {**data, "conversation_id": 999_999}, answer="error")
            assert {**absent, "of": kind} == refusal
        assert "流调名单" not in json.dumps(lin.received, ensure_ascii=False)
    assert _denials(site, "林上城") == denials + 8
    stored = site.rows("SELECT count(*) FROM messaging_message WHERE conversation_id = %s", room)
    assert stored == [(1,)]


async def test_forged_fields_are_refused_and_the_socket_lives_on(site: Site) -> None:
    room = site.direct("孙收文", "周防疫")
    before = site.rows("SELECT last_seq FROM messaging_conversation WHERE id = %s", room)
    async with Device(site, "孙收文") as sun:
        for forged in ({"seq": 1}, {"sender_id": 1}, {"created_at": "2020-01-01"}):
            refusal = await sun.ask("message.send", {**_text(room, "x"), **forged}, answer="error")
            assert (refusal["code"], refusal["status"]) == ("FRAME_INVALID", 422)
        beyond = {"conversation_id": room, "seq": 10_000}
        refusal = await sun.ask("message.read", beyond, answer="error")
        assert refusal["code"] == "SEQ_BEYOND_LOG"
        await sun.ask("hello", {}, answer="welcome")
    assert site.rows("SELECT last_seq FROM messaging_conversation WHERE id = %s", room) == before


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("not json", 4002),
        ('{"type":"hello","data":{"client":NaN}}', 4002),
        ('["hello"]', 4002),
        ('{"type":"hello","data":[]}', 4002),
        ('{"type":"hello","data":{},"sender":1}', 4002),
        ('{"type":"no.such.frame","data":{}}', 4002),
        ('{"type":"hello","data":{"client":' + "[" * 40 + "]" * 40 + "}}", 4002),
        ("[" * 30_000, 4002),
        (b'{"type":"hello"}', 4002),
        ('{"type":"hello","data":{"client":"' + "x" * 70_000 + '"}}', 4013),
    ],
)
async def test_a_bad_frame_closes_the_socket_with_a_clear_code(
    site: Site, frame: str | bytes, code: int
) -> None:
    async with Device(site, "吴健") as device:
        await device.connection.send(frame)
        assert await device.closed_with() == code


async def test_a_flood_of_frames_closes_the_socket_and_harms_nobody_else(site: Site) -> None:
    async with Device(site, "吴健") as flooder, Device(site, "周防疫") as other:
        with pytest.raises(ConnectionClosed) as closed:
            for _ in range(10):
                await _flood(flooder)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4029
        await other.ask("hello", {}, answer="welcome")


async def _flood(device: Device) -> None:
    """Many frames at once; a process that was slow to get them may have taken all."""
    for _ in range(400):
        await device.connection.send('{"type":"hello","data":{}}')
    await device.ask("hello", {}, answer="welcome")


async def test_sending_faster_than_the_limit_is_answered_429(site: Site) -> None:
    room = site.direct("尤副主", "秦主任")
    async with Device(site, "尤副主") as device:
        seq = (await device.send(room, "还不算快"))["seq"]
        with redis.Redis.from_url(site.environment["REDIS_URL"]) as store:
            key = site.key("rate", site.people["尤副主"])
            seconds, _ = store.time()
            store.set(key, (seconds + WAIT_SECONDS) * 1000, ex=WAIT_SECONDS)
            refusal = await device.ask("message.send", _text(room, "太快"), answer="error")
            store.delete(key)
        assert (refusal["code"], refusal["status"]) == ("SENDING_TOO_FAST", 429)
        assert 0 < refusal["retry_after_ms"] <= WAIT_SECONDS * 1000
        assert (await device.send(room, "又可以了"))["seq"] == seq + 1


async def test_the_eleventh_socket_of_a_person_is_refused(site: Site) -> None:
    devices = [Device(site, "许收发") for _ in range(10)]
    for device in devices:
        await device.__aenter__()
    extra = Device(site, "许收发")
    extra.connection = await open_socket(site, "许收发")
    assert await extra.closed_with() == 4009
    for device in devices:
        await device.__aexit__()


async def test_a_frame_that_cannot_even_be_refused_closes_the_socket(site: Site) -> None:
    absent = {"conversation_id": 999_999, "after": 0}
    async with Device(site, "马科员") as device:
        site.execute("ALTER TABLE core_auditentry RENAME TO core_auditentry_away")
        try:
            frame = {"type": "message.pull", "data": absent}
            await device.connection.send(json.dumps(frame))
            assert await device.closed_with() == 4011
        finally:
            site.execute("ALTER TABLE core_auditentry_away RENAME TO core_auditentry")
    async with Device(site, "马科员") as back:
        await back.ask("message.pull", absent, answer="error")


async def test_whoever_keeps_asking_for_what_is_not_hers_is_closed_with_4029(site: Site) -> None:
    absent = {"conversation_id": 999_999, "after": 0}
    before, asked = _denials(site, "冯副厅"), 0
    async with Device(site, "冯副厅") as device, Device(site, "马科员") as other:
        with pytest.raises(ConnectionClosed):
            while asked < 1000:
                await device.ask("message.pull", absent, answer="error")
                asked += 1
        assert device.connection.close_code == 4029
        await other.ask("hello", {}, answer="welcome")
    # Not each of them writes the log, and yet the log says of all that they were.
    assert 30 <= _denials(site, "冯副厅") - before < asked
    assert asked > 90


def _text(room: int, body: str) -> dict[str, Any]:
    return {"conversation_id": room, "client_message_id": str(uuid.uuid4()), "body": body}


def _denials(site: Site, name: str) -> int:
    rows = site.rows(
        "SELECT count(*) FROM core_auditentry WHERE action = 'core.access.denied'"
        " AND person_id = %s",
        site.people[name],
    )
    return int(rows[0][0])


def test_a_stopping_server_tells_the_refusals_that_it_only_counted(
    site: Site, tmp_path: Path
) -> None:
    with sites.second_process(site, tmp_path) as second:
        with second.http("罗科员") as client:
            answers = [client.get("/conversations/999999").status_code for _ in range(40)]
        assert answers == [404] * 40
        second.process.terminate()
        assert second.process.wait(timeout=sites.PATIENCE) == 0
    told = site.rows(
        "SELECT 1 + coalesce((detail->>'untold')::int, 0) FROM core_auditentry"
        " WHERE action = 'core.access.denied' AND person_id = %s",
        site.people["罗科员"],
    )
    assert sum(number for (number,) in told) == 40
    assert len(told) < 40
