"""The one way in which a DING ends for those it calls: state, evidence, and news of it.

Whoever ends several at once holds the DING's row, so that two of them lock its targets one after
the other. A single person ends under the lock of his own row alone. A DING of tens of
thousands ends part by part (`end_next`), and its sender hears every few seconds how it stands.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q

from core import events
from messaging import fanout
from messaging.events import DingEnding, DingMoved
from messaging.kinds import DingState, DingStep, StepOutcome
from messaging.models import Ding, DingRequest, DingTarget
from messaging.queries import ding_counts
from messaging.queries.ding_counts import StateNews
from messaging.services import _ding_rows

LEFT_CONVERSATION: Final = "已不在会话中，无法送达"
ANEW: Final = "发起人已再次 DING"
AT_ONCE: Final = 1000
"""So many people of a wide DING end in one transaction."""
_TOLD_EVERY: Final = timedelta(seconds=2)


def end(
    ding: Ding, person_ids: Collection[int] | None, state: DingState, said: str, *, now: datetime
) -> list[int]:
    """Whoever of the people (None: of all) was pending has the state for good, with evidence."""
    pending = DingTarget.objects.filter(ding=ding, state=DingState.PENDING)
    if person_ids is not None:
        pending = pending.filter(person_id__in=person_ids)
    locked = pending.select_for_update(no_key=True).order_by("person_id")
    ended = list(locked.values_list("person_id", flat=True))
    if not ended:
        return []
    DingTarget.objects.filter(ding=ding, person_id__in=ended).update(state=state, ended_at=now)
    _ding_rows.prove(ding, ended, DingStep.END, StepOutcome.ENDED, said, now=now)
    _tell(ding, ended, state, now=now)
    return ended


def recall(ding: Ding, said: str, *, now: datetime) -> list[int]:
    """The DING calls nobody any more; its sender's devices know, also where nobody was pending.

    The caller holds its row. Returns those who were pending. Of a wide DING they end in jobs;
    nobody confirms it from the commit on.
    """
    if ding.recalled_at is None:
        ding.recalled_at = now
        ding.save(update_fields=["recalled_at"])
    if ding.is_wide:
        events.publish(DingEnding(ding_id=ding.pk, state=DingState.RECALLED.value, said=said))
        pending = DingTarget.objects.filter(ding=ding, state=DingState.PENDING)
        return list(pending.order_by("person_id").values_list("person_id", flat=True))
    ended = end(ding, None, DingState.RECALLED, said, now=now)
    if not ended:
        tell_sender(ding, now=now)
    return ended


def end_next(ding: Ding, state: DingState, said: str, *, now: datetime) -> bool:
    """The next part of those who are pending has the state; whether that was all of them.

    The caller holds the row of the DING.
    """
    pending = DingTarget.objects.filter(ding=ding, state=DingState.PENDING).order_by("person_id")
    part = list(pending.values_list("person_id", flat=True)[:AT_ONCE])
    end(ding, part, state, said, now=now)
    return len(part) < AT_ONCE


def tell_sender(ding: Ding, *, now: datetime) -> None:
    """The sender's devices know how the DING stands, which nobody's own step has changed."""
    _tell_sender(ding, None, None, now)


def tell_counts(ding: Ding) -> None:
    """The sender's devices know how many stand in each state now."""
    _tell_counts(ding, None, None, None)


def end_of_message(conversation_id: int, seq: int, *, now: datetime) -> None:
    """Nobody is called to a message that was recalled. The caller holds the conversation."""
    rows = Ding.objects.filter(conversation_id=conversation_id, seq=seq, recalled_at__isnull=True)
    for ding in rows.select_for_update(no_key=True).order_by("pk"):
        recall(ding, "原消息已撤回", now=now)


def end_for_leavers(conversation_id: int, person_ids: Collection[int], *, now: datetime) -> None:
    """Whoever is in the conversation no longer is not called there any more."""
    rows = DingTarget.objects.filter(
        ding__conversation_id=conversation_id, person_id__in=person_ids, state=DingState.PENDING
    )
    for ding_id in sorted(set(rows.values_list("ding_id", flat=True))):
        ding = Ding.objects.select_for_update(no_key=True).get(pk=ding_id)
        end(ding, person_ids, DingState.UNREACHABLE, LEFT_CONVERSATION, now=now)


def _tell(ding: Ding, person_ids: Collection[int], state: DingState, *, now: datetime) -> None:
    alone = next(iter(person_ids)) if len(person_ids) == 1 else None
    fanout.to_people(
        person_ids=sorted(person_ids),
        kind="ding.state",
        content=StateNews(ding.pk, None, state.value, now, None),
    )
    _tell_sender(ding, alone, state.value if alone else None, now)


def _tell_sender(ding: Ding, person_id: int | None, state: str | None, now: datetime) -> None:
    if ding.is_wide:
        _tell_soon(ding, now=now)
    else:
        _tell_counts(ding, person_id, state, now if person_id else None)


def _tell_soon(ding: Ding, *, now: datetime) -> None:
    """Counting a hundred thousand at each confirmation would take longer than confirming."""
    due_at = now + _TOLD_EVERY
    silent = DingRequest.objects.filter(Q(told_at__isnull=True) | Q(told_at__lte=now), ding=ding)
    if silent.update(told_at=due_at):
        events.publish(DingMoved(ding_id=ding.pk), due_at=due_at)


def _tell_counts(
    ding: Ding, person_id: int | None, state: str | None, ended_at: datetime | None
) -> None:
    counts = ding_counts.by_state(ding.pk)
    fanout.to_people(
        person_ids=[ding.sender_id],
        kind="ding.state",
        content=StateNews(ding.pk, person_id, state, ended_at, counts),
    )
