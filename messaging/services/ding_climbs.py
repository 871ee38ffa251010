"""A DING climbs: what each rung did is kept as evidence, until it ends."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from core import events
from core.actor import Actor, ActorKind
from core.db import service
from messaging import ding_errors, ladder
from messaging.events import DingDue, DingEnding
from messaging.kinds import DingState, DingStep, StepOutcome
from messaging.models import DailyQuota, Ding, DingTarget
from messaging.queries import ding_climbs, ding_reach
from messaging.services import _ding_ends, _ding_rows

EXHAUSTED: Final = "提醒已用尽，仍未确认"
_QUOTAS_KEPT: Final = timedelta(days=7)
_SAID_LIMIT: Final = 200
_REFERENCE_LIMIT: Final = 120


@service
def let_go(*, actor: Actor, ding_id: int, person_ids: Sequence[int], now: datetime) -> None:
    """Of those whom a rung looks at now, whoever left or cannot sign in is called no longer."""
    _require_platform(actor)
    ding = Ding.objects.select_for_update(no_key=True).get(pk=ding_id)
    lost = ding_reach.lost(ding, person_ids)
    for said, gone in ding_reach.by_reason(lost).items():
        _ding_ends.end(ding, gone, DingState.UNREACHABLE, said, now=now)


@service
def let_person_go(*, actor: Actor, person_id: int, now: datetime) -> None:
    """No DING calls the person any more that he cannot answer."""
    _require_platform(actor)
    pending = DingTarget.objects.filter(person_id=person_id, state=DingState.PENDING)
    for ding_id in sorted(set(pending.values_list("ding_id", flat=True))):
        ding = Ding.objects.select_for_update(no_key=True).get(pk=ding_id)
        for said, gone in ding_reach.by_reason(ding_reach.lost(ding, [person_id])).items():
            _ding_ends.end(ding, gone, DingState.UNREACHABLE, said, now=now)


@service
def keep(
    *,
    actor: Actor,
    ding_id: int,
    step: DingStep,
    reach: ding_climbs.Reach,
    outcome: StepOutcome,
    said: str,
    reference: str,
    now: datetime,
) -> None:
    """What the rung did stands as evidence, once: of two that did the same the first is kept."""
    _require_platform(actor)
    told = {
        person_id: _with_note(said, reach.notes.get(person_id))[:_SAID_LIMIT]
        for person_id in reach.for_ids
    }
    _ding_rows.prove_each(
        ding_id,
        told,
        step,
        outcome,
        reference[:_REFERENCE_LIMIT],
        to_id=reach.to_id,
        now=now,
    )


@service
def go_on(
    *, actor: Actor, ding_id: int, step: DingStep, after: int, until: int, now: datetime
) -> None:
    """The rung goes on behind that person, in a job of its own."""
    _require_platform(actor)
    events.publish(DingDue(ding_id=ding_id, step=step.value, after=after, until=until))


@service
def go_side_by_side(
    *, actor: Actor, ding_id: int, step: DingStep, lanes: Sequence[tuple[int, int]], now: datetime
) -> None:
    """The rung is climbed by several workers at once, each behind one person up to another."""
    _require_platform(actor)
    for after, until in lanes:
        events.publish(DingDue(ding_id=ding_id, step=step.value, after=after, until=until))


@service
def exhaust(*, actor: Actor, ding_id: int, now: datetime) -> None:
    """Nobody is pending any more: who is gone could not be reached, all others did not confirm.

    A wide DING goes on with the next of them in another job.
    """
    _require_platform(actor)
    ding = Ding.objects.select_for_update(no_key=True).get(pk=ding_id)
    if ding.closes_at > now:
        return
    waiting = DingTarget.objects.filter(ding=ding, state=DingState.PENDING).order_by("person_id")
    person_ids = waiting.values_list("person_id", flat=True)
    pending = list(person_ids[: _ding_ends.AT_ONCE] if ding.is_wide else person_ids)
    for said, gone in ding_reach.by_reason(ding_reach.lost(ding, pending)).items():
        _ding_ends.end(ding, gone, DingState.UNREACHABLE, said, now=now)
    _ding_ends.end(ding, pending, DingState.EXHAUSTED, EXHAUSTED, now=now)
    if ding.is_wide and len(pending) == _ding_ends.AT_ONCE:
        events.publish(DingDue(ding_id=ding_id, step=DingStep.END.value))


@service
def end_next(*, actor: Actor, ding_id: int, state: DingState, said: str, now: datetime) -> None:
    """The next of those whom a wide DING still called have ended so, and the others in a job."""
    _require_platform(actor)
    ding = Ding.objects.select_for_update(no_key=True).get(pk=ding_id)
    if not _ding_ends.end_next(ding, state, said, now=now):
        events.publish(DingEnding(ding_id=ding_id, state=state.value, said=said))
    else:
        _ding_ends.tell_sender(ding, now=now)


@service
def tell_counts(*, actor: Actor, ding_id: int, now: datetime) -> None:
    """The sender's devices know how a wide DING stands by now."""
    _require_platform(actor)
    _ding_ends.tell_counts(Ding.objects.get(pk=ding_id))


@service
def forget_quotas(*, actor: Actor, now: datetime) -> None:
    """What was counted for days long past is gone."""
    _require_platform(actor)
    DailyQuota.objects.filter(day__lt=ladder.day_of(now - _QUOTAS_KEPT)).delete()


def _with_note(said: str, note: str | None) -> str:
    return f"{said}（{note}）" if note else said


def _require_platform(actor: Actor) -> None:
    """Only for the platform itself."""
    if actor.kind is not ActorKind.SYSTEM:
        raise ding_errors.DingNotTheSender
