"""Searching a million messages as one of their readers.

    python -m bench.message_search [--messages 1000000] [--conversations 400]

DATABASE_URL names a migrated database with people and nothing worth keeping: conversations,
messages and blocks are added to it. One person is in all the conversations; each search is the
first page of 20 as the page asks for it. Writing the blocks, and what they take, is measured too.
"""

import argparse
import os
import random
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from core.actor import Actor, ActorKind, system  # noqa: E402
from messaging.models import Conversation, Member, SearchBlock  # noqa: E402
from messaging.queries import room_search  # noqa: E402
from messaging.queries import search as queries  # noqa: E402
from messaging.services import search  # noqa: E402

RUNS = 15
BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
PHRASES = (
    "请各单位于今日下班前报送",
    "已收到",
    "会议材料已发群里",
    "请按要求落实",
    "关于做好",
    "工作的通知",
    "安全生产检查",
    "信访事项办理",
    "防汛抗旱值班",
    "乡村振兴",
    "营商环境",
    "一网通办",
    "数据共享",
    "请领导审阅",
    "下午三点开会",
    "台账更新",
    "整改情况",
    "督查反馈",
    "预算执行",
    "干部培训",
    "环境整治",
    "项目进度",
    "请尽快回复",
    "明天上午",
    "街道办事处",
    "民政局",
    "财政局",
    "档案归档",
    "收文登记",
    "谢谢",
)
RARE = "浙政发〔2026〕31号"


def fill(messages: int, rooms: int) -> list[int]:
    """The ids of new conversations of 200 people with that many messages altogether."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM org_person ORDER BY id LIMIT 200")
        people = [row[0] for row in cursor.fetchall()]
    made = Conversation.objects.bulk_create(
        Conversation(
            kind="group", title=f"群{number}", created_by_id=people[0], created_at=BEGUN,
            last_at=BEGUN + timedelta(days=300), member_count=len(people),
        )
        for number in range(rooms)
    )  # fmt: skip
    Member.objects.bulk_create(
        (Member(conversation=room, person_id=one, joined_seq=1) for room in made for one in people),
        batch_size=5000,
    )
    sizes = _say(messages, made, people)
    for room, size in zip(made, sizes, strict=True):
        room.last_seq = room.last_countable_seq = size
    Conversation.objects.bulk_update(made, ["last_seq", "last_countable_seq"])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE messaging_message, messaging_member, messaging_conversation")
    return [room.pk for room in made]


def _say(messages: int, made: list[Conversation], people: list[int]) -> list[int]:
    """How many of so many messages stand in each of the conversations now."""
    dice = random.Random(5)  # repeatable
    sizes = [0] * len(made)
    columns = (
        "conversation_id, seq, kind, sender_id, client_message_id, body, created_at, mentions,"
        " mention_all, receipt"
    )
    step = timedelta(days=300) / messages
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY messaging_message ({columns}) FROM STDIN") as copy,
    ):
        for number in range(messages):
            # A few conversations are much busier than the rest, as they are.
            place = min(int(dice.paretovariate(0.6)) - 1, len(made) * 50) % len(made)
            sizes[place] += 1
            words = "".join(dice.choices(PHRASES, k=dice.randint(1, 5)))
            if number % 50_000 == 7:
                words += RARE
            copy.write_row((
                made[place].pk, sizes[place], "text", dice.choice(people), uuid.uuid4(), words,
                BEGUN + step * number, [], False, "list",
            ))  # fmt: skip
    return sizes


def spent(act: Callable[[], object]) -> str:
    act()
    took = []
    for _ in range(RUNS):
        begun = time.perf_counter()
        act()
        took.append((time.perf_counter() - begun) * 1000)
    took.sort()
    return f"{took[RUNS // 2]:.1f} | {took[-1]:.1f}"


def searches(reader: Actor, room: int, sender: int) -> None:
    """One line for each kind of search: median and slowest, in ms."""
    everywhere, here = queries.Filters(), queries.Filters(conversation_id=room)
    by_one = queries.Filters(sender_id=sender)
    here_by_one = queries.Filters(conversation_id=room, sender_id=sender)
    for label, text, filters in (
        ("a common word, everywhere", "工作的通知", everywhere),
        ("one character, everywhere", "汛", everywhere),
        ("a document number, everywhere", RARE, everywhere),
        ("its number alone, everywhere", "31号", everywhere),
        ("what nobody said, everywhere", "量子计算机", everywhere),
        ("pairs that all occur, never together", "汛值值汛", everywhere),
        ("two words, everywhere", "信访 民政局", everywhere),
        ("a common word of one sender", "工作的通知", by_one),
        ("a rare number in the busiest conversation", RARE, here),
        ("what nobody said in the busiest conversation", "量子计算机", here),
        ("no words, by sender, in the busiest conversation", "", here_by_one),
        ("%%%%", "%%%%", everywhere),
    ):  # fmt: skip

        def look(text: str = text, filters: queries.Filters = filters) -> queries.Found:
            return queries.messages(
                actor=reader, text=text, filters=filters, cursor=None, limit=20, at=timezone.now()
            )

        found = look()
        more = "+" if found.next_cursor else ""
        print(f"| {label} | {len(found.items)}{more} | {spent(look)} |", flush=True)

    def rooms() -> list[room_search.Room]:
        return room_search.rooms(actor=reader, text="群1", limit=20, at=timezone.now())

    print(f"| conversations by title | {len(rooms())} | {spent(rooms)} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--conversations", type=int, default=400)
    options = parser.parse_args()
    rooms = fill(options.messages, options.conversations)
    member = Member.objects.filter(conversation_id=rooms[0]).order_by("pk")[1]
    reader = Actor(
        kind=ActorKind.PERSON, name="读者", account_id=None, person_id=member.person_id,
        appointment_id=None, unit_id=None,
    )  # fmt: skip
    print(f"{options.messages:,} messages in {options.conversations} conversations of one reader\n")
    begun = time.perf_counter()
    for room in rooms:
        while search.fill(actor=system("bench"), conversation_id=room, now=timezone.now()):
            pass
    took = time.perf_counter() - begun
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE messaging_searchblock")
        cursor.execute("SELECT pg_total_relation_size('messaging_searchblock')")
        size = cursor.fetchone()[0]
    count = SearchBlock.objects.filter(conversation_id__in=rooms).count()
    print(f"{count:,} blocks written in {took:.1f} s, {took / count * 1000:.2f} ms each;", end=" ")
    print(f"{size / 2**20:.0f} MiB, {size / options.messages:.0f} bytes a message\n")
    print("| first page of 20 | found | p50, ms | slowest, ms |\n|---|---|---|---|")
    searches(reader, rooms[0], member.person_id)


if __name__ == "__main__":
    main()
