"""How fast messages are stored: ours beside Django's ORM, in one alternating run.

    python -m bench.send

DATABASE_URL names a database that may be filled with rubbish; it gets people and one group for
each run. Every message is committed (synchronous_commit as the server has it) and every writer is a
process with a connection of its own, so nothing but the conversation's row is shared. The ORM
baseline does what the Django documentation would have one write: the same checks, the same four
rows, the same lock, without mentions, answers and fan-out. Ours is the service itself, fan-out to
Valkey included; "stored" is the write path alone.

T4: the whole send, one after the other, p50 <= 2 ms (the socket's way to the reader comes on top:
bench/fanout). T7: the write path stores >= 4 times as many messages as the ORM, none lost, no gap.
"""

import argparse
import gc
import multiprocessing
import os
import statistics
import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import transaction  # noqa: E402
from django.db.models import Max  # noqa: E402
from django.utils import timezone  # noqa: E402

from core.actor import Actor, ActorKind  # noqa: E402
from messaging.models import (  # noqa: E402
    Conversation,
    Member,
    Message,
    MessageKind,
    ReadCursor,
    ReadMark,
    log,
)
from messaging.services import messages  # noqa: E402
from org.models import Person  # noqa: E402

BODY = "请各县（市、区）于今日十七时前报送汛情及人员转移情况，逾期须说明原因。"
MEMBERS = 100
TARGET_MEDIAN = 2.0
TARGET_RATIO = 4.0


@dataclass(frozen=True)
class Room:
    """A fresh group and its members."""

    conversation_id: int
    person_ids: tuple[int, ...]


@dataclass(frozen=True)
class Run:
    """What one way of storing did in its time."""

    stored: int
    seconds: float
    took: list[float]
    cpu: float

    @property
    def rate(self) -> float:
        return self.stored / self.seconds


def orm(room: Room, person_id: int) -> None:
    now = timezone.now()
    with transaction.atomic():
        held = Conversation.objects.select_for_update().get(pk=room.conversation_id)
        member = Member.objects.filter(
            conversation=held, person_id=person_id, left_seq__isnull=True
        )
        if not member.exists():
            raise AssertionError("no member")
        client_message_id = uuid.uuid4()
        if Message.objects.filter(
            conversation=held, sender_id=person_id, client_message_id=client_message_id
        ).exists():
            raise AssertionError("sent before")
        held.last_seq += 1
        held.last_countable_seq = held.last_seq
        held.last_at = now
        Message.objects.create(
            conversation=held,
            seq=held.last_seq,
            kind=MessageKind.TEXT,
            sender_id=person_id,
            client_message_id=client_message_id,
            body=BODY,
            created_at=now,
        )
        held.save()
        ReadCursor.objects.update_or_create(
            conversation=held,
            person_id=person_id,
            defaults={"read_seq": held.last_seq, "read_at": now},
        )
        ReadMark.objects.create(
            conversation=held, person_id=person_id, read_seq=held.last_seq, read_at=now
        )


def stored(room: Room, person_id: int) -> None:
    draft = log.Draft(client_message_id=uuid.uuid4(), body=BODY)
    with transaction.atomic():
        log.say(
            draft,
            sender_id=person_id,
            conversation_id=room.conversation_id,
            named_at_most=64,
            now=timezone.now(),
        )


def sent(room: Room, person_id: int) -> None:
    actor = Actor(
        kind=ActorKind.PERSON,
        name="王伟民",
        account_id=None,
        person_id=person_id,
        appointment_id=None,
        unit_id=None,
    )
    messages.send(
        actor=actor,
        conversation_id=room.conversation_id,
        client_message_id=uuid.uuid4(),
        body=BODY,
        now=timezone.now(),
    )


WAYS: dict[str, Callable[[Room, int], None]] = {
    "Django ORM": orm,
    "ours, stored": stored,
    "ours, service with fan-out": sent,
}


def new_room() -> Room:
    now = timezone.now()
    people = Person.objects.bulk_create(
        Person(
            public_id=uuid.uuid4(),
            name=f"众{number}",
            pinyin="zhong",
            initials="z",
            created_at=now,
        )
        for number in range(MEMBERS)
    )
    group = Conversation.objects.create(
        kind="group",
        title="bench",
        created_by=people[0],
        created_at=now,
        last_at=now,
        member_count=MEMBERS,
    )
    Member.objects.bulk_create(
        Member(conversation=group, person=person, joined_seq=1) for person in people
    )
    return Room(group.pk, tuple(person.pk for person in people))


def write(
    way: str, room: Room, number: int, seconds: float, pipe: Connection, together: Barrier
) -> None:
    act, took = WAYS[way], []
    for _ in range(10):
        act(room, room.person_ids[number])
    # As config.asgi does: collecting what is loaded again and again is no part of sending.
    gc.collect()
    gc.freeze()
    together.wait()
    cpu, began = time.process_time(), time.perf_counter()
    while (at := time.perf_counter()) < began + seconds:
        act(room, room.person_ids[number])
        took.append(time.perf_counter() - at)
    pipe.send((took, time.process_time() - cpu))


def measure(way: str, room: Room, writers: int, seconds: float) -> Run:
    # The server of forks has Django ready but no pool of connections, which would be shared.
    forks, ends = multiprocessing.get_context("forkserver"), []
    together = forks.Barrier(writers)
    for number in range(writers):
        here, there = forks.Pipe(duplex=False)
        process = forks.Process(target=write, args=(way, room, number, seconds, there, together))
        process.start()
        ends.append((process, here))
    parts = [here.recv() for _, here in ends]
    for process, _ in ends:
        process.join()
    took = [one for part, _ in parts for one in part]
    return Run(len(took), seconds, took, sum(cpu for _, cpu in parts))


def holes(room: Room) -> int:
    rows = Message.objects.filter(conversation_id=room.conversation_id)
    newest = rows.aggregate(newest=Max("seq"))["newest"] or 0
    return int(newest) - rows.count()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=4.0, help="of each run")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--writers", type=int, nargs="+", default=[1, 8])
    options = parser.parse_args()
    print("| one conversation | writers | messages/s | × ORM | p50, ms | p99, ms | CPU µs each |")
    print("|---|---|---|---|---|---|---|")
    lost, verdicts = 0, []
    for writers in options.writers:
        runs: dict[str, list[Run]] = {way: [] for way in WAYS}
        for _ in range(options.rounds):
            for way in WAYS:
                room = new_room()
                runs[way].append(measure(way, room, writers, options.seconds))
                lost += holes(room)
        base = statistics.median(run.rate for run in runs["Django ORM"])
        for way, done in runs.items():
            rate = statistics.median(run.rate for run in done)
            took = sorted(one * 1000 for run in done for one in run.took)
            p50, p99 = took[len(took) // 2], took[len(took) * 99 // 100]
            cpu = sum(run.cpu for run in done) / sum(run.stored for run in done) * 1e6
            print(
                f"| {way} | {writers} | {rate:,.0f} | {rate / base:.1f} | {p50:.2f} | {p99:.2f}"
                f" | {cpu:,.0f} |"
            )
            if way == "ours, stored":
                verdicts.append((f"T7, {writers} writers", rate / base, TARGET_RATIO, True))
            if way.endswith("fan-out") and writers == 1:
                verdicts.append(("T4, p50 of a send, ms", p50, TARGET_MEDIAN, False))
    print()
    for name, reached, target, more in verdicts:
        met = reached >= target if more else reached <= target
        print(f"{name}: {reached:.2f}, target {target:.2f}: {'met' if met else 'missed'}")
    print(f"holes in the logs: {lost}, target 0: {'met' if not lost else 'missed'}")
    if lost:
        sys.exit(1)


if __name__ == "__main__":
    main()
