"""Sockets against a real daphne: delivery, resumption, limits, refusals."""

import asyncio
import json
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import redis
from websockets.exceptions import InvalidStatus

from core.localstack import valkey
from messaging import rates
from tests.messaging import site as sites
from tests.messaging.site import Device, Site, open_socket

pytestmark = pytest.mark.live

REVOKED_WITHIN = 3.0
"""Sessions are looked up once a second."""
SEND = "/conversations/{}/messages"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The running site of this module."""
    with sites.running(tmp_path_factory.mktemp("sockets")) as running:
        yield running


async def test_a_message_arrives_live_at_everybody_and_at_the_senders_other_device(
    site: Site,
) -> None:
    room = site.group("王伟民", "李建国", "张晓梅")
    async with (
        Device(site, "王伟民") as desk,
        Device(site, "王伟民") as phone,
        Device(site, "李建国") as li,
        Device(site, "张晓梅") as zhang,
        Device(site, "林上城") as stranger,
    ):
        client_id = uuid.uuid4()
        ack = await desk.send(room, "十点开会", client_id)
        assert (ack["seq"], ack["repeated"]) == (2, False)
        for device in (desk, phone, li, zhang):
            entry = await device.hear("message.created", conversation_id=room, seq=2)
            assert (entry["body"], entry["sender_name"]) == ("十点开会", "王伟民")
            assert entry["client_message_id"] == str(client_id)
        await stranger.ask("sync.heads", {}, answer="sync.heads")
        assert [frame["type"] for frame in stranger.received] == ["welcome", "sync.heads"]


async def test_a_cut_connection_comes_back_complete_by_pulling_the_gap(site: Site) -> None:
    room = site.direct("王伟民", "李建国")
    async with Device(site, "王伟民") as wang:
        async with Device(site, "李建国") as li:
            first = (await wang.send(room, "一"))["seq"]
            await li.hear("message.created", conversation_id=room, seq=first)
            li.connection.transport.abort()
        for body in ("二", "三", "四"):
            await wang.send(room, body)
        async with Device(site, "李建国") as back:
            heads = (await back.ask("sync.heads", {}, answer="sync.heads"))["heads"]
            head = next(head for head in heads if head["conversation_id"] == room)
            assert head["last_seq"] == first + 3
            pulled = await back.ask(
                "message.pull", {"conversation_id": room, "after": first}, answer="message.page"
            )
    assert [(entry["seq"], entry["body"]) for entry in pulled["entries"]] == [
        (first + 1, "二"),
        (first + 2, "三"),
        (first + 3, "四"),
    ]
    assert pulled["complete"] is True


def test_fifty_parallel_sends_of_one_client_id_store_one_row_and_answer_alike(
    site: Site,
) -> None:
    room, client_id = site.direct("赵卫东", "钱医"), str(uuid.uuid4())
    content = {"client_message_id": client_id, "body": "只此一条"}
    with site.http("赵卫东") as client, ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: client.post(SEND.format(room), json=content), range(50)))
    assert {answer.status_code for answer in answers} == {200}
    assert {(answer.json()["seq"], answer.json()["created_at"]) for answer in answers} == {
        (1, answers[0].json()["created_at"])
    }
    assert sum(not answer.json()["repeated"] for answer in answers) == 1
    assert site.rows("SELECT seq FROM messaging_message WHERE conversation_id = %s", room) == [(1,)]


async def test_concurrent_senders_get_one_to_n_and_everybody_hears_all(site: Site) -> None:
    names = ("蒋市长", "沈副市", "韩市收", "杨一", "朱二")
    room = site.group(names[0], *names[1:])
    devices = [Device(site, name) for name in names]
    for device in devices:
        await device.__aenter__()
    await asyncio.gather(*(_talk(device, room, 12) for device in devices))
    expected = list(range(2, 62))
    for device in devices:
        for seq in expected:
            await device.hear("message.created", conversation_id=room, seq=seq)
        seen = [
            frame["data"]["seq"]
            for frame in device.received
            if frame["type"] == "message.created" and frame["data"]["conversation_id"] == room
        ]
        # Two processes may publish in another order than they committed; clients sort by seq.
        assert sorted(seen) == expected
        await device.__aexit__()
    stored = site.rows(
        "SELECT seq FROM messaging_message WHERE conversation_id = %s ORDER BY seq", room
    )
    assert stored == [(seq,) for seq in range(1, 62)]


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
        for _ in range(400):
            await flooder.connection.send('{"type":"hello","data":{}}')
        assert await flooder.closed_with() == 4029
        await other.ask("hello", {}, answer="welcome")


async def test_sending_faster_than_the_limit_is_answered_429(site: Site) -> None:
    room = site.direct("尤副主", "秦主任")
    async with Device(site, "尤副主") as device:
        began = time.monotonic()
        for number in range(60):
            content = _text(room, f"{number}")
            frame = {"type": "message.send", "id": f"{number}", "data": content}
            await device.connection.send(json.dumps(frame))
        await device.until(lambda frame: frame.get("id") == "59")
        most = rates.NEW.burst + rates.NEW.per_second * (time.monotonic() - began) + 1
        codes = [f["data"]["status"] for f in device.received if f["type"] == "error"]
        acks = [f for f in device.received if f["type"] == "message.ack"]
        waits = [f["data"]["retry_after_ms"] for f in device.received if f["type"] == "error"]
    assert len(acks) <= most
    assert set(codes) == {429}
    assert len(acks) + len(codes) == 60
    assert all(0 < wait <= 2000 for wait in waits)


async def test_signing_out_closes_the_socket_within_three_seconds(site: Site) -> None:
    async with Device(site, "褚一") as device:
        site.execute("DELETE FROM django_session WHERE session_key = %s", site.sessions["褚一"])
        assert await device.closed_with(within=REVOKED_WITHIN) == 4003


async def test_a_disabled_account_loses_its_socket_within_three_seconds(site: Site) -> None:
    async with Device(site, "卫二") as device:
        site.execute(
            "UPDATE org_account SET is_active = FALSE WHERE person_id = %s", site.people["卫二"]
        )
        assert await device.closed_with(within=REVOKED_WITHIN) == 4003


async def test_a_sign_in_that_is_ended_elsewhere_loses_its_socket(site: Site) -> None:
    async with Device(site, "蒋市长") as device:
        site.execute(
            "UPDATE org_accountsession SET ended_at = now() WHERE account_id ="
            " (SELECT id FROM org_account WHERE person_id = %s)",
            site.people["蒋市长"],
        )
        assert await device.closed_with(within=REVOKED_WITHIN) == 4003


async def test_an_idle_sign_in_loses_its_socket_and_sending_keeps_it(site: Site) -> None:
    aged = (
        "UPDATE org_accountsession SET seen_at = now() - %s * interval '1 minute'"
        " WHERE account_id = (SELECT id FROM org_account WHERE person_id = %s)"
    )
    room = site.group("陈省收", "吕安全")
    async with Device(site, "陈省收") as device:
        site.execute(aged, 29, site.people["陈省收"])
        await device.send(room, "在")
        async with asyncio.timeout(REVOKED_WITHIN):
            while not _was_seen_just_now(site, "陈省收"):
                await device.ask("hello", {}, answer="welcome")
        site.execute(aged, 31, site.people["陈省收"])
        assert await device.closed_with(within=REVOKED_WITHIN) == 4003


async def test_who_loses_a_post_begins_anew_without_it(site: Site) -> None:
    async with Device(site, "吕安全") as device:
        site.execute(
            "UPDATE org_appointment SET valid_to = now() WHERE person_id = %s",
            site.people["吕安全"],
        )
        assert await device.closed_with(within=REVOKED_WITHIN) == 4004
    async with Device(site, "吕安全") as again:  # her account is as it was
        await again.ask("hello", {}, answer="welcome")


async def test_the_eleventh_socket_of_a_person_is_refused(site: Site) -> None:
    devices = [Device(site, "许收发") for _ in range(10)]
    for device in devices:
        await device.__aenter__()
    extra = Device(site, "许收发")
    extra.connection = await open_socket(site, "许收发")
    assert await extra.closed_with() == 4009
    for device in devices:
        await device.__aexit__()


async def test_reading_reaches_the_readers_other_device_and_the_watching_sender(
    site: Site,
) -> None:
    room = site.group("徐副局", "高收文", "马科员")
    async with (
        Device(site, "徐副局") as sender,
        Device(site, "高收文") as reader,
        Device(site, "高收文") as other,
    ):
        await sender.send(room, "请阅")
        watch = {"conversation_id": room, "seqs": [2]}
        await sender.ask("receipt.watch", watch, answer="receipt.watching")
        await sender.hear(
            "receipt.update", conversation_id=room, counts=[{"seq": 2, "read": 0, "unread": 2}]
        )
        read = {"conversation_id": room, "seq": 2}
        assert await reader.ask("message.read", read, answer="message.read.ack") == {
            "conversation_id": room,
            "read_seq": 2,
        }
        assert (await other.hear("message.read", conversation_id=room))["read_seq"] == 2
        await sender.hear(
            "receipt.update", conversation_id=room, counts=[{"seq": 2, "read": 1, "unread": 1}]
        )


async def test_whoever_answers_has_read_and_the_watching_sender_hears_so(site: Site) -> None:
    room = site.direct("徐副局", "马科员")
    async with (
        Device(site, "徐副局") as sender,
        Device(site, "马科员") as answerer,
        Device(site, "马科员") as other,
    ):
        seq = (await sender.send(room, "几点到？"))["seq"]
        watch = {"conversation_id": room, "seqs": [seq]}
        await sender.ask("receipt.watch", watch, answer="receipt.watching")
        await sender.hear(
            "receipt.update", conversation_id=room, counts=[{"seq": seq, "read": 0, "unread": 1}]
        )
        await answerer.send(room, "九点")
        await sender.hear(
            "receipt.update", conversation_id=room, counts=[{"seq": seq, "read": 1, "unread": 0}]
        )
        assert (await other.hear("message.read", conversation_id=room))["read_seq"] == seq + 1


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


async def test_a_recall_reaches_every_socket_as_an_entry_of_the_log(site: Site) -> None:
    room = site.direct("仇海生", "区副局")
    async with Device(site, "仇海生") as sender, Device(site, "区副局") as reader:
        await sender.send(room, "发错了")
        await reader.hear("message.created", conversation_id=room, seq=1)
        with site.http("仇海生") as client:
            client.post(f"/conversations/{room}/messages/1/recall").raise_for_status()
        entry = await reader.hear("message.recalled", conversation_id=room)
        assert (entry["seq"], entry["event"]["seq"]) == (2, 1)
        pull = {"conversation_id": room, "after": 0}
        pulled = await reader.ask("message.pull", pull, answer="message.page")
    assert [(e["seq"], e["recalled"], e["body"]) for e in pulled["entries"]] == [
        (1, True, ""),
        (2, False, ""),
    ]


async def test_whoever_was_removed_hears_of_it_and_of_nothing_after_it(site: Site) -> None:
    room = site.group("宋收文", "唐科员", "董科员")
    async with Device(site, "宋收文") as owner, Device(site, "唐科员") as removed:
        with site.http("宋收文") as client:
            person = site.people["唐科员"]
            client.delete(f"/conversations/{room}/members/{person}").raise_for_status()
        gone = await removed.hear("message.created", conversation_id=room, seq=2)
        assert gone["event"]["verb"] == "removed"
        await owner.send(room, "会后另议")
        await owner.hear("message.created", conversation_id=room, seq=3)
        await removed.ask("hello", {}, answer="welcome")
        assert "会后另议" not in json.dumps(removed.received, ensure_ascii=False)


async def test_an_edited_message_reaches_every_socket_as_it_stands_now(site: Site) -> None:
    room = site.direct("杨一", "朱二")
    async with Device(site, "杨一") as sender, Device(site, "朱二") as hearer:
        await sender.send(room, "九点开会")
        seq = (await hearer.hear("message.created", conversation_id=room, body="九点开会"))["seq"]
        words = {"conversation_id": room, "seq": seq, "body": "<b>十点</b>开会"}
        edited = await sender.ask("message.edit", words, answer="message.edit.ack")
        for device in (sender, hearer):
            event = await device.hear("message.edited", conversation_id=room, seq=seq + 1)
            assert event["event"]["seq"] == seq
            assert event["changed"]["body"] == "<b>十点</b>开会"
            assert event["changed"]["edited_at"] == edited["edited_at"]
        target = {"conversation_id": room, "seq": seq}
        recalled = await sender.ask("message.recall", target, answer="message.recall.ack")
        gone = await hearer.hear("message.recalled", seq=recalled["event_seq"])
        assert (gone["event"]["seq"], gone["changed"]) == (seq, None)


async def test_a_large_conversation_is_heard_by_its_members_of_the_moment(site: Site) -> None:
    room = site.group("杨一", "朱二", "许收发")
    _crowd(site, room, 70)
    async with (
        Device(site, "杨一") as owner,
        Device(site, "朱二") as member,
        Device(site, "何管理") as newcomer,
    ):
        await owner.send(room, "大群第一条")
        await member.hear("message.created", conversation_id=room, body="大群第一条")
        with site.http("杨一") as client:
            path = f"/conversations/{room}/members"
            people = {"person_ids": [site.people["何管理"]]}
            client.post(path, json=people).raise_for_status()
            joined = await newcomer.hear("message.created", conversation_id=room)
            assert joined["event"]["verb"] == "joined"
            client.delete(f"{path}/{site.people['朱二']}").raise_for_status()
        gone = await member.hear("message.created", conversation_id=room, seq=joined["seq"] + 1)
        assert gone["event"]["verb"] == "removed"
        await owner.send(room, "大群第二条")
        await newcomer.hear("message.created", conversation_id=room, body="大群第二条")
        await member.ask("hello", {}, answer="welcome")
        heard = [frame["data"].get("body") for frame in member.received]
        assert "大群第二条" not in heard
        bodies = [frame["data"].get("body") for frame in newcomer.received]
        assert "大群第一条" not in bodies


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


async def test_without_valkey_messages_are_stored_and_found_within_seconds(site: Site) -> None:
    room = site.direct("高收文", "罗科员")
    async with Device(site, "高收文") as sender, Device(site, "罗科员") as hearer:
        valkey.stop(site.store.data)
        try:
            began = time.monotonic()
            assert (await sender.send(room, "照样送达"))["seq"] == 1
            await hearer.hear("sync.hint", conversation_id=room, last_seq=1)
            assert time.monotonic() - began < 5
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


def _was_seen_just_now(site: Site, name: str) -> bool:
    [[seen]] = site.rows(
        "SELECT seen_at > now() - interval '1 minute' FROM org_accountsession"
        " WHERE account_id = (SELECT id FROM org_account WHERE person_id = %s)",
        site.people[name],
    )
    return bool(seen)


def _crowd(site: Site, room: int, size: int) -> None:
    """So many more people, who never sign in, are in the group."""
    site.execute(
        "WITH crowd AS (INSERT INTO org_person"
        " (public_id, name, pinyin, initials, job_level, staff_number, status, created_at)"
        " SELECT gen_random_uuid(), '群众', 'qunzhong', 'qz', '', '', 'active', now()"
        " FROM generate_series(1, %s) RETURNING id)"
        " INSERT INTO messaging_member (conversation_id, person_id, role, source, joined_seq)"
        " SELECT %s, id, 'member', 'invited', 1 FROM crowd",
        size, room,
    )  # fmt: skip
    site.execute(
        "UPDATE messaging_conversation SET member_count = member_count + %s WHERE id = %s",
        size, room,
    )  # fmt: skip


async def _talk(device: Device, room: int, count: int) -> None:
    for number in range(count):
        await device.send(room, f"{number}")


def _text(room: int, body: str) -> dict[str, Any]:
    return {"conversation_id": room, "client_message_id": str(uuid.uuid4()), "body": body}


def _denials(site: Site, name: str) -> int:
    rows = site.rows(
        "SELECT count(*) FROM core_auditentry WHERE action = 'core.access.denied'"
        " AND person_id = %s",
        site.people[name],
    )
    return int(rows[0][0])
