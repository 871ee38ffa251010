"""The part of `bench.biggroup` that works in the product's own process; prints JSON.

python -m bench.crowd fill ROOM MEMBERS | send ROOM TIMES | unread ROOM
"""

import json
import os
import sys
import time
import uuid

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from bench import own  # noqa: E402
from messaging.models import Conversation, Member, Message, ReadCursor, ReadMark  # noqa: E402
from messaging.queries import receipts  # noqa: E402
from org.kinds import AppointmentKind  # noqa: E402
from org.models import Appointment, Person, Post  # noqa: E402

BATCH = 5000
_WRITTEN = "SELECT coalesce(sum(n_tup_ins + n_tup_upd), 0) FROM pg_stat_xact_user_tables"


def fill(room: int, size: int) -> dict[str, float]:
    """The conversation has so many members, each serving somewhere."""
    now, post = timezone.now(), Post.objects.order_by("-pk").first()
    assert post is not None
    lacking = size - Member.objects.filter(conversation_id=room).count()
    for start in range(0, lacking, BATCH):
        people = Person.objects.bulk_create(
            Person(
                public_id=uuid.uuid4(), name=f"员{number}", pinyin="yuan", initials="y",
                created_at=now,
            )
            for number in range(start, min(start + BATCH, lacking))
        )  # fmt: skip
        Member.objects.bulk_create(
            Member(conversation_id=room, person=person, joined_seq=1) for person in people
        )
        Appointment.objects.bulk_create(
            Appointment(
                person=person, post=post, unit_id=post.unit_id, kind=AppointmentKind.MAIN,
                valid_from=now,
            )
            for person in people
        )  # fmt: skip
    count = Member.objects.filter(conversation_id=room).count()
    Conversation.objects.filter(pk=room).update(member_count=count)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) messaging_member, org_person, org_appointment")
    return {"members": count}


def send(room: int, times: int) -> dict[str, float]:
    """What one message writes, and how long its acknowledgement takes."""
    for _ in range(20):
        own.send(room, "预热")
    with transaction.atomic(), connection.cursor() as cursor:
        # PostgreSQL counts here what earlier transactions have not reported yet, too.
        cursor.execute(_WRITTEN)
        ((before,),) = cursor.fetchall()
        own.send(room, "几行")
        cursor.execute(_WRITTEN)
        ((after,),) = cursor.fetchall()
    took = []
    for _ in range(times):
        began = time.perf_counter()
        own.send(room, "十万人")
        took.append((time.perf_counter() - began) * 1000)
    took.sort()
    return {
        "rows": float(after - before),
        "p50": took[len(took) // 2],
        "p99": took[len(took) * 99 // 100],
    }


def unread(room: int) -> dict[str, float]:
    """Half of the members have read a message; how long its lists take, the median of five."""
    message = Message.objects.filter(conversation_id=room).order_by("-seq")[0]
    now = timezone.now()
    readers = list(
        Member.objects.filter(conversation_id=room)
        .exclude(person_id=message.sender_id)
        .order_by("pk")
        .values_list("person_id", flat=True)[::2]
    )
    for model in (ReadCursor, ReadMark):
        model.objects.bulk_create(
            [
                model(conversation_id=room, person_id=one, read_seq=message.seq, read_at=now)
                for one in readers
            ],
            batch_size=BATCH,
        )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) messaging_readcursor, messaging_readmark")
    actor = own.actor(room)
    lists, pages, listed = [], [], []
    for _ in range(5):
        began = time.perf_counter()
        page = receipts.of_message(
            actor=actor, conversation_id=room, seq=message.seq, state="unread", name="",
            cursor=None, limit=50, at=now,
        )  # fmt: skip
        pages.append((time.perf_counter() - began) * 1000)
        began = time.perf_counter()
        listed = receipts.unread_ids(room, message.seq, limit=1_000_000)
        lists.append((time.perf_counter() - began) * 1000)
        if len(listed) != page.unread:
            raise AssertionError(f"{len(listed)} listed, {page.unread} counted")
    return {"list": sorted(lists)[2], "page": sorted(pages)[2], "unread": len(listed)}


def main() -> None:
    word, *values = sys.argv[1:]
    room, *rest = (int(value) for value in values)
    if word == "fill":
        found = fill(room, rest[0])
    elif word == "send":
        found = send(room, rest[0])
    else:
        found = unread(room)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
