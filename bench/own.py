"""Tongwen's side of the benches, run beside a site with its environment; lines in, lines out.

room COUNT          a group of the first so many of the crowd, and its id
send ROOM BODY      stores and publishes, as a web process does; ms it took
burst ROOM COUNT    stores so many, and publishes them only then, all at once
"""

import os
import sys
import time
import uuid
from collections.abc import Sequence
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.utils import timezone  # noqa: E402

from bench.ears import stamp  # noqa: E402
from bench.hosts import PADDING  # noqa: E402
from core.actor import Actor, ActorKind  # noqa: E402
from messaging import fanout  # noqa: E402
from messaging.models import Conversation, Member  # noqa: E402
from messaging.services import messages  # noqa: E402
from org.models import Person  # noqa: E402


def room(count: int) -> int:
    now = timezone.now()
    people = list(Person.objects.filter(name__startswith="众").order_by("pk")[:count])
    group = Conversation.objects.create(
        kind="group", title="bench", created_by=people[0], created_at=now, last_at=now,
        member_count=len(people),
    )  # fmt: skip
    Member.objects.bulk_create(
        Member(conversation=group, person=person, joined_seq=1) for person in people
    )
    return int(group.pk)


def actor(conversation_id: int) -> Actor:
    """The first member, as whom everything is sent."""
    person_id = (
        Member.objects.filter(conversation_id=conversation_id)
        .order_by("pk")
        .values_list("person_id", flat=True)[0]
    )
    return Actor(
        kind=ActorKind.PERSON,
        name="众0000",
        account_id=None,
        person_id=person_id,
        appointment_id=None,
        unit_id=None,
    )


_actors: dict[int, Actor] = {}


def send(conversation_id: int, body: str) -> None:
    if conversation_id not in _actors:
        _actors[conversation_id] = actor(conversation_id)
    messages.send(
        actor=_actors[conversation_id],
        conversation_id=conversation_id,
        client_message_id=uuid.uuid4(),
        body=body,
        now=timezone.now(),
    )


def burst(conversation_id: int, count: int) -> None:
    held: list[Any] = []
    publish = fanout._publish

    def hold(parcels: Sequence[Any]) -> None:
        held.extend(parcels)

    fanout._publish = hold
    try:
        for _ in range(count):
            send(conversation_id, stamp() + PADDING)
    finally:
        fanout._publish = publish
    publish(held)


def main() -> None:
    for line in sys.stdin:
        word, *values = line.split()
        began = time.perf_counter()
        if word == "room":
            answer = str(room(int(values[0])))
        elif word == "send":
            send(int(values[0]), values[1])
            answer = f"{(time.perf_counter() - began) * 1000:.3f}"
        else:
            burst(int(values[0]), int(values[1]))
            answer = f"{(time.perf_counter() - began) * 1000:.3f}"
        print(answer, flush=True)


if __name__ == "__main__":
    main()
