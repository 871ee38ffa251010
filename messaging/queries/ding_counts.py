"""The numbers of DINGs: by state for their senders, waiting ones for those they call."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from messaging.kinds import DingState
from messaging.models import DingTarget


@dataclass(frozen=True, slots=True)
class StateNews:
    """How a DING stands now; a person and a state only where one alone is told of."""

    ding_id: int
    person_id: int | None
    state: str | None
    ended_at: datetime | None
    counts: Mapping[str, int] | None
    """By state; for the sender alone."""


def by_state(ding_id: int) -> dict[str, int]:
    """How many of those the DING calls stand in each state; every state is named."""
    return by_states([ding_id])[ding_id]


def by_states(ding_ids: Collection[int]) -> dict[int, dict[str, int]]:
    """`by_state` of many; one query."""
    found = {ding_id: dict.fromkeys(DingState.values, 0) for ding_id in ding_ids}
    rows = DingTarget.objects.filter(ding_id__in=ding_ids).values_list("ding_id", "state")
    for ding_id, state, number in rows.annotate(number=Count("person_id")):
        found[ding_id][state] = number
    return found


def pending(person_id: int) -> int:
    """How many DINGs wait for the person's confirmation."""
    return DingTarget.objects.filter(person_id=person_id, state=DingState.PENDING).count()
