"""The one way in which a DING ends for those it calls: state, evidence, and news of it.

Whoever ends several at once holds the DING's row, so that two of them lock its targets one after
the other. A single person ends under the lock of his own row alone.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from messaging import fanout
from messaging.kinds import DingState, DingStep, StepOutcome
from messaging.models import Ding, DingTarget
from messaging.queries import ding_counts
from messaging.queries.ding_counts import StateNews
from messaging.services import _ding_rows

LEFT_CONVERSATION: Final = "已不在会话中，无法送达"


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

    The caller holds its row. Returns those who were pending.
    """
    if ding.recalled_at is None:
        ding.recalled_at = now
        ding.save(update_fields=["recalled_at"])
    ended = end(ding, None, DingState.RECALLED, said, now=now)
    if not ended:
        tell_sender(ding)
    return ended


def tell_sender(ding: Ding) -> None:
    """The sender's devices know how the DING stands, which nobody's own step has changed."""
    _tell_sender(ding, None, None, None)


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


def _tell_sender(
    ding: Ding, person_id: int | None, state: str | None, ended_at: datetime | None
) -> None:
    counts = ding_counts.by_state(ding.pk)
    fanout.to_people(
        person_ids=[ding.sender_id],
        kind="ding.state",
        content=StateNews(ding.pk, person_id, state, ended_at, counts),
    )
