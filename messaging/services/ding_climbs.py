"""A DING climbs: what each rung did is kept as evidence, until it ends."""

from datetime import datetime, timedelta
from typing import Final

from core import events
from core.actor import Actor, ActorKind
from core.db import service
from messaging import ding_errors, ladder
from messaging.events import DingDue
from messaging.kinds import DingState, DingStep, StepOutcome
from messaging.models import DailyQuota, Ding, DingEvidence, DingTarget
from messaging.queries import ding_climbs, ding_reach
from messaging.services import _ding_ends

EXHAUSTED: Final = "提醒已用尽，仍未确认"
_QUOTAS_KEPT: Final = timedelta(days=7)
_SAID_LIMIT: Final = 200
_REFERENCE_LIMIT: Final = 120


@service
def let_go(*, actor: Actor, ding_id: int, step: DingStep, after: int, now: datetime) -> None:
    """Whoever the rung looks at next is called no longer if he left or cannot sign in."""
    _require_platform(actor)
    ding = Ding.objects.select_for_update(no_key=True).get(pk=ding_id)
    lost = ding_reach.lost(ding, ding_climbs.looked_at(ding_id, step, after=after))
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
    DingEvidence.objects.bulk_create(
        (
            DingEvidence(
                ding_id=ding_id,
                person_id=person_id,
                step=step,
                outcome=outcome,
                said=_with_note(said, reach.notes.get(person_id))[:_SAID_LIMIT],
                reference=reference[:_REFERENCE_LIMIT],
                to_person_id=reach.to_id if reach.to_id != person_id else None,
                at=now,
            )
            for person_id in reach.for_ids
        ),
        ignore_conflicts=True,
    )


@service
def go_on(*, actor: Actor, ding_id: int, step: DingStep, after: int, now: datetime) -> None:
    """The rung goes on behind that person, in a job of its own."""
    _require_platform(actor)
    events.publish(DingDue(ding_id=ding_id, step=step.value, after=after))


@service
def exhaust(*, actor: Actor, ding_id: int, now: datetime) -> None:
    """Nobody is pending any more: who is gone could not be reached, all others did not confirm."""
    _require_platform(actor)
    ding = Ding.objects.select_for_update(no_key=True).get(pk=ding_id)
    if ding.closes_at > now:
        return
    pending = DingTarget.objects.filter(ding=ding, state=DingState.PENDING)
    lost = ding_reach.lost(ding, list(pending.values_list("person_id", flat=True)))
    for said, gone in ding_reach.by_reason(lost).items():
        _ding_ends.end(ding, gone, DingState.UNREACHABLE, said, now=now)
    _ding_ends.end(ding, None, DingState.EXHAUSTED, EXHAUSTED, now=now)


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
