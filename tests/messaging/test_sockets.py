"""Sockets against a real daphne: what is said, read and changed reaches whom it concerns."""

import asyncio
import json
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.messaging.site import Device, Site

pytestmark = pytest.mark.live

SEND = "/conversations/{}/messages"


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
    names = ("曾国强", "沈副市", "韩市收", "杨一", "朱二")
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
