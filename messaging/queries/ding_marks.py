"""Which messages of a conversation were DINGed, for those who opened the DINGs or are called."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Case, Value, When

from core.actor import Actor
from messaging import policies
from messaging.kinds import DingState
from messaging.models import Ding, DingTarget
from messaging.queries import ding_counts
from org.queries import people

AT_MOST: Final = 500


@dataclass(frozen=True, slots=True)
class DingMark:
    """A message was DINGed: by the reader (with `counts`), or to call him (with `state`)."""

    seq: int
    ding_id: int
    sender_name: str
    state: str | None
    ended_at: datetime | None
    counts: Mapping[str, int] | None


def marks(
    *, actor: Actor, conversation_id: int, first: int, last: int, at: datetime
) -> list[DingMark]:
    """The DINGs of these messages that concern the actor, one for each message, in order.

    Of several, one that waits for her comes before her own, and her own before what has ended.
    """
    person_id = policies.require_member(actor, conversation_id)
    calling = DingTarget.objects.filter(
        person_id=person_id, ding__conversation_id=conversation_id, ding__seq__range=(first, last)
    )
    called = (
        calling.select_related("ding")
        .annotate(waits=Case(When(state=DingState.PENDING, then=Value(1)), default=Value(0)))
        .order_by("ding__seq", "-waits", "-ding_id")
        .distinct("ding__seq")[:AT_MOST]
    )
    opened = (
        Ding.objects.filter(
            sender_id=person_id, conversation_id=conversation_id, seq__range=(first, last)
        )
        .order_by("seq", "-pk")
        .distinct("seq")[:AT_MOST]
    )
    calls = {row.ding.seq: row for row in called}
    own = {row.seq: row for row in opened}
    waiting = {seq for seq, row in calls.items() if row.state == DingState.PENDING}
    counts = ding_counts.by_states([row.pk for seq, row in own.items() if seq not in waiting])
    names = people.names({person_id, *(row.ding.sender_id for row in calls.values())}, at=at)
    return [
        DingMark(seq, own[seq].pk, names[person_id].name, None, None, counts[own[seq].pk])
        if seq in own and seq not in waiting
        else _call(calls[seq], names)
        for seq in sorted(calls.keys() | own.keys())
    ]


def _call(row: DingTarget, names: Mapping[int, people.PersonName]) -> DingMark:
    name = names[row.ding.sender_id].name
    return DingMark(row.ding.seq, row.ding_id, name, row.state, row.ended_at, None)
