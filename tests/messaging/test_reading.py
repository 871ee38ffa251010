"""What people read over their sockets is written together, and each is answered once it is."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from core import actor
from messaging import errors
from messaging.models import ReadMark
from messaging.services import receipts
from messaging.services.receipts import Reading, ReadTo
from tests import waiting
from tests.conftest import Budget
from tests.messaging.conftest import Phone
from tests.messaging.site import Device, Site, eventually

GATEWAY = actor.system("gateway")
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def _reading(phone: Phone, room: int, seq: int, seconds: int = 0) -> Reading:
    return Reading(phone.person_id, room, seq, NOON + timedelta(seconds=seconds))


def _mark(*readings: Reading) -> list[ReadTo | str]:
    """What is told of each reading; of a refusal its code."""
    outcomes = receipts.mark_read_together(actor=GATEWAY, readings=readings)
    return [
        outcome if isinstance(outcome, ReadTo) else outcome.code
        for outcome in (outcomes[one] for one in readings)
    ]


def _marks(room: int) -> list[tuple[int, int, datetime]]:
    """Those of this test: whoever sends has a mark of another time."""
    rows = ReadMark.objects.filter(conversation_id=room, read_at__lte=NOON + timedelta(minutes=1))
    ordered = rows.order_by("person_id", "read_seq")
    return list(ordered.values_list("person_id", "read_seq", "read_at"))


async def _say_read(device: Device, room: int, seq: int) -> None:
    """Sends the frame and waits for nothing."""
    data = {"conversation_id": room, "seq": seq}
    await device.connection.send(json.dumps({"type": "message.read", "id": f"{seq}", "data": data}))


def _head(heads: list[dict[str, Any]], room: int) -> tuple[int, int]:
    """How far the asker has read, and what she has not."""
    return next((h["read_seq"], h["unread"]) for h in heads if h["conversation_id"] == room)


def test_of_what_one_has_read_the_newest_counts_with_its_moment(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    for body in ("一", "二", "三"):
        wang.send(room, body)
    told = _mark(_reading(li, room, 1), _reading(li, room, 3, 2), _reading(li, room, 2, 1))
    assert told == [ReadTo(room, 3)] * 3
    assert _marks(room) == [(li.person_id, 3, NOON + timedelta(seconds=2))]


def test_each_person_and_conversation_is_written_for_itself(
    wang: Phone, li: Phone, zhang: Phone
) -> None:
    first, second = wang.group(li, zhang), wang.direct(li)
    wang.send(first, "请阅")
    wang.send(second, "另请阅")
    told = _mark(_reading(li, first, 2), _reading(zhang, first, 1), _reading(li, second, 1))
    assert told == [ReadTo(first, 2), ReadTo(first, 1), ReadTo(second, 1)]
    assert [(who, seq) for who, seq, _ in _marks(first)] == sorted(
        [(li.person_id, 2), (zhang.person_id, 1)]
    )


def test_one_refusal_leaves_the_others_alone(wang: Phone, li: Phone, zhang: Phone) -> None:
    room = wang.direct(li)
    wang.send(room, "一")
    stranger, beyond = _reading(zhang, room, 1), _reading(li, room, 2)
    told = _mark(stranger, beyond, _reading(li, room, 1), _reading(li, 987_654, 1))
    assert told == [
        errors.ConversationNotFound.code,
        errors.BeyondTheLog.code,
        ReadTo(room, 1),
        errors.ConversationNotFound.code,
    ]
    assert _marks(room) == [(li.person_id, 1, NOON)]


def test_a_cursor_that_stands_further_is_told_as_it_stands(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    wang.send(room, "一")
    wang.send(room, "二")
    _mark(_reading(li, room, 2))
    assert _mark(_reading(li, room, 1, 5), _reading(li, room, 2, 5)) == [ReadTo(room, 2)] * 2
    assert _marks(room) == [(li.person_id, 2, NOON)]


def test_many_readings_cost_as_many_queries_as_one(
    wang: Phone, li: Phone, zhang: Phone, budget: Budget
) -> None:
    rooms = [wang.group(li, zhang), wang.direct(li), wang.direct(zhang)]
    for room in rooms:
        wang.send(room, "请阅")
    readings = [
        *(_reading(li, room, 1) for room in rooms[:2]),
        *(_reading(zhang, room, 1) for room in (rooms[0], rooms[2])),
    ]
    with budget("messaging.receipts.read_together"):
        _mark(*readings)


@pytest.mark.django_db(transaction=True)
@pytest.mark.live
def test_two_who_write_what_one_read_end_with_the_newest(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    for body in ("一", "二"):
        wang.send(room, body)

    def mark() -> list[ReadTo | str]:
        try:
            return _mark(_reading(li, room, 1))
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            _mark(_reading(li, room, 2))
            # Her other device's process waits for this one, and had seen no cursor before.
            other = pool.submit(mark)
            waiting.for_a_lock(other)
        assert other.result(timeout=120) == [ReadTo(room, 2)]
    assert _marks(room) == [(li.person_id, 2, NOON)]


@pytest.mark.live
async def test_whoever_was_answered_is_told_so_by_every_way(site: Site) -> None:
    room = site.group("高收文", "徐副局", "马科员")
    async with Device(site, "高收文") as speaker, Device(site, "徐副局") as reader:
        for body in ("一", "二", "三"):
            newest = (await speaker.send(room, body))["seq"]
        for seq in range(1, newest + 1):
            read = {"conversation_id": room, "seq": seq}
            await reader.ask("message.read", read, answer="message.read.ack")
            # Nothing is waited for: it was written before it was answered.
            with site.http("徐副局") as client:
                heads = client.get("/sync").raise_for_status().json()["heads"]
            assert _head(heads, room) == (seq, newest - max(seq, 1))


@pytest.mark.live
async def test_what_comes_behind_a_mark_does_not_wait_and_heads_hold_it(site: Site) -> None:
    room = site.direct("徐副局", "马科员")
    async with Device(site, "徐副局") as speaker, Device(site, "马科员") as reader:
        seqs = [(await speaker.send(room, body))["seq"] for body in ("一", "二", "三", "四")]
        for seq in seqs:
            await _say_read(reader, room, seq)
        heads = await reader.ask("sync.heads", {}, answer="sync.heads")
        assert _head(heads["heads"], room) == (seqs[-1], 0)
        for seq in seqs:
            answered = await reader.until(lambda frame, seq=seq: frame.get("id") == f"{seq}")
            assert answered["type"] == "message.read.ack"
            assert answered["data"]["read_seq"] >= seq


@pytest.mark.live
async def test_what_is_said_last_before_going_is_written(site: Site) -> None:
    room = site.direct("徐副局", "高收文")
    async with Device(site, "徐副局") as speaker, Device(site, "高收文") as reader:
        for body in ("一", "二"):
            newest = (await speaker.send(room, body))["seq"]
        for seq in (1, newest):
            await _say_read(reader, room, seq)
    person_id = site.people["高收文"]
    await eventually(
        lambda: (
            site.rows(
                "SELECT read_seq FROM messaging_readcursor"
                " WHERE conversation_id = %s AND person_id = %s",
                room,
                person_id,
            )
            == [(newest,)]
        )
    )
