"""The register of sockets in one process, against a real Valkey that loses parcels."""

import asyncio
import threading
import uuid
from collections.abc import Callable
from typing import Any, cast

import pytest
from django.db import transaction
from django.utils import timezone

from messaging import bus, fanout, outage, threads
from messaging.hub import Hub
from messaging.models import Conversation, Member, Message, log
from messaging.queries import conversations as conversation_queries
from messaging.queries import messages as message_queries
from messaging.queries.conversations import Hearing
from messaging.services import conversations, edits, members, messages
from messaging.subscription import Subscription
from tests.factories import Province
from tests.messaging import ears
from tests.messaging.ears import Ear

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]

LIST = 2
"""The entry of the first message in a group."""


async def test_a_channel_wanted_while_the_bus_connects_is_heard(surely_heard: None) -> None:
    heard: set[str] = set()
    complete = asyncio.Event()
    wanted = {f"{bus.control_channel()}:{number}" for number in range(60)}

    async def note(channel: str, parcel: bus.Parcel) -> None:
        heard.add(channel)
        if heard == wanted:
            complete.set()

    def nothing() -> None:
        """Nobody is told."""

    subscription = Subscription(note, nothing)
    reading = asyncio.create_task(subscription.read_for_ever())
    for channel in sorted(wanted):
        await subscription.add(channel)
        await asyncio.sleep(0)
    for channel in wanted:
        await subscription.heard(channel)
        ears.publish(channel, bus.Signal.FRAME, 0, 0, ears.MARK, {})
    async with asyncio.timeout(ears.PATIENCE):
        await complete.wait()
    reading.cancel()


async def test_whoever_lacks_an_entry_is_told_even_if_others_here_have_heard_it(
    hub: Hub, province: Province
) -> None:
    room = await threads.run(ears.direct, province, "王伟民", "李建国")
    wang, li = Ear(province, "王伟民"), Ear(province, "李建国")
    await hub.register(wang)
    await hub.register(li)
    stored = await threads.run(_append_unheard, province, room, "王伟民", "只到一半")
    ears.publish(
        bus.person_channel(wang.person_id), bus.Signal.ENTRY, room, stored.seq, *stored.frame
    )
    assert await li.until("sync.hint", conversation_id=room) == {
        "type": "sync.hint",
        "data": {"conversation_id": room, "last_seq": stored.seq},
    }
    await wang.until("message.created", body="只到一半")
    assert li.bodies() == []


async def test_whoever_was_told_to_compare_is_not_told_again(hub: Hub, province: Province) -> None:
    room = await threads.run(ears.direct, province, "王伟民", "李建国")
    li = Ear(province, "李建国")
    await hub.register(li)
    await threads.run(ears.send, province, room, "王伟民", "到了")
    await li.until("message.created", body="到了")
    li.heard.clear()
    absent = await threads.run(_append_unheard, province, room, "王伟民", "丢了")
    await li.until("sync.hint", last_seq=absent.seq)
    await li.has_heard_the_rest()
    assert [frame["type"] for frame in li.heard] == ["sync.hint", ears.MARK]


async def test_with_a_persons_last_socket_her_heads_are_forgotten(
    calm_hub: Hub, province: Province
) -> None:
    room = await threads.run(ears.direct, province, "王伟民", "李建国")
    desk, phone = Ear(province, "李建国"), Ear(province, "李建国")
    await calm_hub.register(desk)
    await calm_hub.register(phone)
    await threads.run(ears.send, province, room, "王伟民", "一")
    await phone.until("message.created", body="一")
    await calm_hub.unregister(desk)
    assert calm_hub._heads == {phone.person_id: {room: 1}}
    await calm_hub.unregister(phone)
    assert calm_hub._heads == {}


@pytest.mark.parametrize("arrives", ["nothing", "the log's entry", "the next entry first"])
async def test_whoever_was_removed_from_a_large_group_hears_nothing_more_of_it(
    calm_hub: Hub, province: Province, arrives: str
) -> None:
    room = await threads.run(_large_group, province, "王伟民", "李建国", "张晓梅")
    gone, stays = Ear(province, "李建国"), Ear(province, "张晓梅")
    await calm_hub.register(gone)
    await calm_hub.register(stays)
    await threads.run(ears.send, province, room, "王伟民", "会前")
    await gone.until("message.created", body="会前")
    removal = await threads.run(_remove_unheard, province, room, "李建国")
    channel = bus.conversation_channel(room)
    if arrives == "the log's entry":
        ears.publish(channel, bus.Signal.ENTRY_LEFT, room, removal.seq, *removal.frame)
    await threads.run(ears.send, province, room, "王伟民", "会后")
    if arrives == "the next entry first":
        ears.publish(channel, bus.Signal.ENTRY_LEFT, room, removal.seq, *removal.frame)
    await stays.until("message.created", body="会后")
    await gone.has_heard_the_rest()
    assert "会后" not in gone.bodies()
    await threads.run(ears.send, province, room, "王伟民", "又一条")
    await stays.until("message.created", body="又一条")
    await gone.has_heard_the_rest()
    assert "又一条" not in gone.bodies()


async def test_an_entry_that_comes_late_is_not_given_to_whoever_joined_after_it(
    calm_hub: Hub, province: Province
) -> None:
    room = await threads.run(_large_group, province, "王伟民", "李建国")
    member, newcomer = Ear(province, "李建国"), Ear(province, "张晓梅")
    await calm_hub.register(member)
    await calm_hub.register(newcomer)
    late = await threads.run(_append_unheard, province, room, "王伟民", "此前")
    await threads.run(_invite, province, room, "张晓梅")
    await newcomer.until("message.created", seq=late.seq + 1)
    ears.publish(bus.conversation_channel(room), bus.Signal.ENTRY, room, late.seq, *late.frame)
    await threads.run(ears.send, province, room, "王伟民", "此后")
    await newcomer.until("message.created", body="此后")
    await member.until("message.created", body="此前")
    assert "此前" not in newcomer.bodies()


@pytest.mark.parametrize("size", [2, fanout.LARGE + 10])
async def test_whoever_came_later_does_not_hear_what_is_answered_or_edited(
    calm_hub: Hub, province: Province, size: int
) -> None:
    room = await threads.run(_large_group, province, "王伟民", "李建国")
    await Conversation.objects.filter(pk=room).aupdate(member_count=size)
    member, newcomer = Ear(province, "李建国"), Ear(province, "张晓梅")
    await calm_hub.register(member)
    await calm_hub.register(newcomer)
    await threads.run(ears.send, province, room, "王伟民", "人选名单")
    await threads.run(_invite, province, room, "张晓梅")
    await threads.run(_answer, province, room, "王伟民", LIST)
    await threads.run(_edit, province, room, "王伟民", LIST, "人选名单（改）")
    await member.until("message.edited")
    await newcomer.until("message.edited", changed=None)
    assert "人选名单（改）" in str(member.heard)
    assert "人选" not in str(newcomer.heard)


async def test_while_one_conversation_waits_for_the_database_the_others_are_heard(
    calm_hub: Hub, province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd = await threads.run(_large_group, province, "王伟民", "李建国", "张晓梅")
    direct = await threads.run(ears.direct, province, "王伟民", "李建国")
    ear = Ear(province, "李建国")
    await calm_hub.register(ear)
    asked, answer = threading.Event(), threading.Event()
    held_up = _held_up(conversation_queries.hearing, asked, answer)
    monkeypatch.setattr(conversation_queries, "hearing", held_up)
    for body in ("一", "二"):
        await threads.run(ears.send, province, crowd, "王伟民", body)
    await asyncio.to_thread(asked.wait, ears.PATIENCE)
    await threads.run(ears.send, province, direct, "王伟民", "先到")
    await ear.until("message.created", body="先到")
    assert ear.bodies() == ["先到"]
    answer.set()
    await ear.until("message.created", body="二")
    assert ear.bodies() == ["先到", "一", "二"]


async def test_what_could_not_be_published_is_looked_for_once_something_can(
    calm_hub: Hub, province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outage, "REST_SECONDS", 3600.0)
    lost = await threads.run(ears.direct, province, "王伟民", "李建国")
    other = await threads.run(ears.direct, province, "张晓梅", "李建国")
    ear = Ear(province, "李建国")
    await calm_hub.register(ear)
    outage._here.failed()
    sent = await threads.run(ears.send, province, lost, "王伟民", "没有人听见")
    outage.over()
    await threads.run(ears.send, province, other, "张晓梅", "在吗？")
    await ear.until("sync.hint", conversation_id=lost, last_seq=sent.seq)
    assert ear.bodies() == ["在吗？"]


def _held_up(
    asking: Callable[..., Hearing], asked: threading.Event, answer: threading.Event
) -> Callable[..., Hearing]:
    def held_up(**wanted: Any) -> Hearing:
        asked.set()
        answer.wait(ears.PATIENCE)
        return asking(**wanted)

    return held_up


class Stored:
    """An entry of the log that nobody was woken for."""

    def __init__(self, entry: Message, sender_name: str) -> None:
        self.seq = entry.seq
        self.frame = (
            "message.created",
            message_queries.entry_of(entry, sender_name=sender_name),
        )


def _large_group(province: Province, owner: str, *others: str) -> int:
    opened = conversations.create_group(
        actor=province.actor(owner),
        title="大群",
        person_ids=[province.person(name) for name in others],
        now=timezone.now(),
    )
    group = Conversation.objects.filter(pk=opened.conversation_id)
    group.update(member_count=fanout.LARGE + 10)
    return opened.conversation_id


def _invite(province: Province, room: int, name: str) -> None:
    members.invite(
        actor=province.actor("王伟民"),
        conversation_id=room,
        person_ids=[province.person(name)],
        now=timezone.now(),
    )


def _append_unheard(province: Province, room: int, name: str, body: str) -> Stored:
    return _unheard(
        name,
        lambda: _said(province.person(name), room, body),
    )


def _said(person_id: int, room: int, body: str) -> Message:
    draft = log.Draft(client_message_id=uuid.uuid4(), body=body)
    now = timezone.now()
    said = log.say(
        draft, sender_id=person_id, conversation_id=room, named_at_most=fanout.LARGE, now=now
    )
    assert said.message is not None
    return said.message


def _remove_unheard(province: Province, room: int, name: str) -> Stored:
    def remove() -> Message:
        owner_id, gone_id = province.person("王伟民"), province.person(name)
        held = log.hold(person_id=owner_id, conversation_id=room)
        event = {"verb": "removed", "by_id": owner_id, "people": [{"id": gone_id, "name": name}]}
        entry = log.append_event(held, by_id=owner_id, event=event, now=timezone.now())
        Member.objects.filter(conversation_id=room, person_id=gone_id).update(left_seq=entry.seq)
        return entry

    return _unheard("王伟民", remove)


def _unheard(name: str, act: Callable[[], Message]) -> Stored:
    with transaction.atomic():
        return Stored(act(), name)


def _answer(province: Province, room: int, name: str, seq: int) -> None:
    messages.send(
        actor=province.actor(name),
        conversation_id=room,
        client_message_id=uuid.uuid4(),
        body="同意",
        particulars=messages.Particulars(reply_to_seq=seq),
        now=timezone.now(),
    )


def _edit(province: Province, room: int, name: str, seq: int, body: str) -> None:
    edits.edit(
        actor=province.actor(name),
        conversation_id=room,
        seq=seq,
        body=body,
        now=timezone.now(),
    )


async def test_a_count_that_fails_takes_nobody_elses_along(
    calm_hub: Hub, province: Province
) -> None:
    room = await threads.run(ears.direct, province, "王伟民", "李建国")
    sent = await threads.run(ears.send, province, room, "王伟民", "请阅")
    uncountable = frozenset({cast(int, "没有这个序号")})
    await calm_hub.watch(Ear(province, "王伟民"), room, uncountable)
    wangs = [Ear(province, "王伟民") for _ in range(8)]
    for wang in wangs:
        await calm_hub.watch(wang, room, frozenset({sent.seq}))
    for wang in wangs:
        frame = await wang.until("receipt.update", conversation_id=room)
        assert frame["data"]["counts"] == [{"seq": sent.seq, "read": 0, "unread": 1}]
