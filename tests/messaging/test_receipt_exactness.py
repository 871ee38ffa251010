"""The lists and counts of readers equal what a naive reader of the log would say, whatever came."""

import random
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import pytest
from django.utils import timezone

from messaging import membership
from messaging.models import Conversation, Message, ReadMark
from messaging.queries import receipts
from org.kinds import PostFunction
from org.services import transfers
from org.services.transfers import Destination
from tests.factories import Province
from tests.messaging import units
from tests.messaging.conftest import Phone, phone_of
from tests.messaging.office import Office

OTHERS = ("李建国", "张晓梅", "曾国强", "单小芳")


def _naively(
    everybody: Iterable[int], room: int, message: Message
) -> tuple[list[tuple[datetime, int]], list[int]]:
    """Everybody's periods and marks, one by one."""
    read: list[tuple[datetime, int]] = []
    unread: list[int] = []
    for person_id in set(everybody) - {message.sender_id}:
        periods = membership.periods([person_id], room)
        if not any(
            one.joined_seq <= message.seq and (one.left_seq is None or one.left_seq > message.seq)
            for one in periods
        ):
            continue
        marks = ReadMark.objects.filter(
            conversation_id=room, person_id=person_id, read_seq__gte=message.seq
        )
        first = marks.order_by("read_seq").first()
        if first is None:
            unread.append(person_id)
        else:
            read.append((first.read_at, person_id))
    return sorted(read), sorted(unread)


def _is_virtual(room: int) -> bool:
    return Conversation.objects.values_list("is_virtual", flat=True).get(pk=room)


def _fetch(office: Office, name: str) -> None:
    """The person comes (back) from 上城区."""
    province = office.province
    transfers.transfer(
        actor=province.actor("马科员"),
        person_id=province.person(name),
        to=Destination(province.unit("西湖区民政局"), "科员", PostFunction.STAFF),
        approved_by=province.person("何管理"),
        now=timezone.now(),
    )
    office.run_jobs()


def _listed(phone: Phone, room: int, seq: int, state: str) -> list[Any]:
    found: list[Any] = []
    cursor: str | None = ""
    while cursor is not None:
        query: dict[str, str | int] = {"state": state, "limit": 2, "cursor": cursor}
        answer = phone.get(f"/conversations/{room}/messages/{seq}/receipts", **query)
        assert answer.status_code == 200, answer.content
        page = answer.json()
        found += page["items"]
        cursor = page["next_cursor"]
    assert len(found) == page[state]
    return found


def _compare(sender: Phone, room: int, province: Province) -> None:
    said = list(
        Message.objects.filter(conversation_id=room, sender_id=sender.person_id).exclude(
            kind="event"
        )
    )
    together = receipts.counts(room, [one.seq for one in said], sender_id=sender.person_id)
    for message in said:
        read, unread = _naively(province.people.values(), room, message)
        listed = _listed(sender, room, message.seq, "read")
        assert [one["person_id"] for one in listed] == [person_id for _, person_id in read]
        assert [one["person_id"] for one in _listed(sender, room, message.seq, "unread")] == unread
        assert receipts.unread_ids(room, message.seq) == unread
        assert receipts.unread_ids(room, message.seq, limit=1) == unread[:1]
        total = together.get(message.seq, receipts.ReceiptCount(0, 0))
        assert (total.read, total.unread) == (len(read), len(unread))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_of_groups_whatever_is_said_read_joined_and_left(
    wang: Phone, province: Province, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311  # decides what a test does
    others = [phone_of(province, name) for name in OTHERS]
    room = wang.group(*others[:2])
    for _ in range(25):
        one, act = chance.choice(others), chance.random()
        last = Conversation.objects.get(pk=room).last_seq
        if act < 0.3:
            wang.send(room, "请阅")
        elif act < 0.4:
            one.send(room, "收到")
        elif act < 0.7:
            one.read(room, chance.randint(1, last))
        elif act < 0.85:
            wang.call("delete", f"/conversations/{room}/members/{one.person_id}")
        else:
            people = {"person_ids": [one.person_id]}
            wang.call("post", f"/conversations/{room}/members", people)
    wang.send(room, "最后一条")
    _compare(wang, room, province)


@pytest.mark.usefixtures("virtual")
@pytest.mark.parametrize("seed", [4, 5])
def test_of_virtual_conversations_whoever_comes_and_goes(
    wang: Phone, province: Province, office: Office, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311  # decides what a test does
    room = units.found(phone_of(province, "何管理"), province.unit("西湖区"), "subtree")
    assert _is_virtual(room)
    readers = [phone_of(province, name) for name in OTHERS]
    leaving = ["张晓梅", "曾国强", "单小芳"]
    for _ in range(16):
        one, act = chance.choice(readers), chance.random()
        if act < 0.4:
            wang.send(room, "请阅")
        elif act < 0.75 or not leaving:
            last = Conversation.objects.get(pk=room).last_seq
            one.read(room, chance.randint(1, last))  # refused to whoever is not in it any more
        else:
            office.transfer(leaving.pop(), "上城区民政局")
            office.run_jobs()
    wang.send(room, "最后一条")
    _compare(wang, room, province)


@pytest.mark.usefixtures("virtual")
@pytest.mark.parametrize("seed", [6, 7])
def test_of_virtual_conversations_with_second_posts_joiners_and_those_who_return(
    wang: Phone, province: Province, office: Office, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311  # decides what a test does
    room = units.found(phone_of(province, "何管理"), province.unit("西湖区"), "subtree")
    assert _is_virtual(room)
    # 林上城 serves elsewhere at first. A second post makes nobody count twice.
    people = ("李建国", "张晓梅", "林上城")
    phones = {name: phone_of(province, name) for name in people}
    inside, posts = {"李建国", "张晓梅"}, dict[str, int]()
    for _ in range(18):
        name, act = chance.choice(people), chance.random()
        if act < 0.35:
            wang.send(room, "请阅")
        elif act < 0.6:
            last = Conversation.objects.get(pk=room).last_seq
            phones[name].read(room, chance.randint(1, last))  # refused while she is not in it
        elif name == "李建国":
            if name in posts:
                office.end(posts.pop(name))
            else:
                posts[name] = office.appoint(name, "西湖区民政局/一科")
            office.run_jobs()
        elif name in inside:
            office.transfer(name, "上城区民政局")
            office.run_jobs()
            inside.remove(name)
        else:
            _fetch(office, name)
            inside.add(name)
    wang.send(room, "最后一条")
    _compare(wang, room, province)
