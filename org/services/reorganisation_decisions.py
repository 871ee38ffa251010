"""A reorganisation is submitted, decided by a second person, and takes effect as a whole."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from core import db, events
from core.actor import Actor
from core.errors import DomainError
from org import errors, policies
from org.events import ReorganisationDue, ReorganisationMoved
from org.kinds import AdminRole, StepKind
from org.kinds import ReorganisationStatus as Status
from org.models import Reorganisation, ReorganisationEvent
from org.queries import reorganisations as queries
from org.services import _carrying_out, _reorganising, rehearsals
from org.services._carrying_out import Run

_AHEAD_AT_MOST: Final = timedelta(days=731)


@db.service
def submit(*, actor: Actor, reorganisation_id: int, revision: int, now: datetime) -> None:
    """The draft waits for a second person; ReorganisationFaulty where it can't be carried out."""
    held = _reorganising.opened(actor, reorganisation_id, revision, now=now)
    if not held.basis:
        raise errors.ReorganisationBasisMissing
    if not _reorganising.steps(held).exists():
        raise errors.ReorganisationEmpty
    _require_sound(actor, held, now=now)
    held.submitted_at = now
    held.approved_by_id = held.approved_at = held.effective_at = None
    held.reason, held.failed_step = "", None
    _stand(actor, held, Status.SUBMITTED, now=now)


@db.service
def approve(
    *,
    actor: Actor,
    reorganisation_id: int,
    revision: int,
    effective_at: datetime | None,
    now: datetime,
) -> None:
    """The reorganisation takes effect at the time, at once where none is given.

    OwnReorganisation for the drafter: it takes two people. What was approved is the revision that
    the approver read.
    """
    held = _decided(actor, reorganisation_id, revision, now=now)
    _require_no_gain(actor, held)
    if effective_at is not None and not now < effective_at <= now + _AHEAD_AT_MOST:
        raise errors.EffectiveTimePast
    _require_sound(actor, held, now=now)
    held.approved_by_id, held.approved_at = actor.require_person(), now
    held.effective_at = effective_at or now
    _stand(actor, held, Status.APPROVED, now=now)
    due = ReorganisationDue(reorganisation_id=held.pk, effective_at=held.effective_at)
    events.publish(due, due_at=effective_at)


@db.service
def reject(
    *, actor: Actor, reorganisation_id: int, revision: int, reason: str, now: datetime
) -> None:
    """The reorganisation goes back to its drafter, who reads why."""
    held = _decided(actor, reorganisation_id, revision, now=now)
    if not reason.strip():
        raise errors.ReorganisationReasonMissing
    held.reason = reason
    _stand(actor, held, Status.REJECTED, now=now)


@db.service
def withdraw(*, actor: Actor, reorganisation_id: int, now: datetime, reason: str = "") -> None:
    """It waits no longer. The drafter may say so until it takes effect, the approver as well."""
    held = _reorganising.locked(actor, reorganisation_id, now=now)
    if held.status not in (Status.SUBMITTED, Status.APPROVED):
        raise _reorganising.not_open(held)
    is_approver = held.approved_by_id is not None and actor.person_id == held.approved_by_id
    if actor.person_id != held.drafted_by_id and not is_approver:
        raise errors.OutOfScope
    held.reason = reason
    held.approved_by_id = held.approved_at = held.effective_at = None
    _stand(actor, held, Status.WITHDRAWN, now=now)


@db.service
def take_effect(
    *, actor: Actor, reorganisation_id: int, effective_at: datetime, now: datetime
) -> bool:
    """Every step is done, or none and it says why; False where there was nothing to do.

    A second call, a call too early and one for a time that was given up do nothing. The rights of
    the drafter and of the approver are judged as they stand now.
    """
    held = Reorganisation.objects.select_for_update(no_key=True).filter(pk=reorganisation_id)
    reorganisation = held.first()
    if (
        reorganisation is None
        or reorganisation.status != Status.APPROVED
        or reorganisation.effective_at != effective_at
        or effective_at > now
    ):
        return False
    progress = _Progress()
    try:
        with transaction.atomic():
            _carry_out(actor, reorganisation, progress, now=now)
    except DomainError as refusal:
        reorganisation.reason, reorganisation.failed_step = refusal.text, progress.position
        _stand(actor, reorganisation, Status.FAILED, now=now)
    else:
        _stand(actor, reorganisation, Status.EFFECTIVE, now=now)
    return True


@dataclass(slots=True)
class _Progress:
    """Which step is being done; None while the rights are judged."""

    position: int | None = None


def _carry_out(actor: Actor, held: Reorganisation, progress: _Progress, *, now: datetime) -> None:
    card = _reorganising.card(held)
    if card.approver_id is None or not policies.holds(
        card.approver_id, AdminRole.ORG, held.scope_id, at=now
    ):
        raise errors.ReorganisationRightsLost(name=card.approver_name or "")
    run = Run(
        actor=_reorganising.drafter_of(card, at=now),
        scope_id=held.scope_id,
        now=now,
        basis=held.basis,
        reorganisation_id=held.pk,
        approved_by=card.approver_id,
    )
    if not policies.may_manage_units(run.actor, held.scope_id, at=now):
        raise errors.ReorganisationRightsLost(name=card.drafter_name)
    seen = rehearsals.try_out(actor=actor, card=card, now=now)
    steps = queries.steps(held.pk)
    _carrying_out.hold(run, [row.step for row in steps])
    for row in steps:
        progress.position = row.position
        _carrying_out.carry_out(run, row.id, row.step)
    held.outcome = {
        "counts": asdict(seen.counts),
        "trees": asdict(seen.trees),
        # As it was read when it was approved: the units carry other names from now on.
        "sentences": {str(row.id): row.sentence for row in steps},
    }


def _decided(
    actor: Actor, reorganisation_id: int, revision: int, *, now: datetime
) -> Reorganisation:
    """What waits for a decision, under its lock, before somebody who may decide."""
    held = _reorganising.locked(actor, reorganisation_id, now=now)
    if held.drafted_by_id == actor.person_id:
        raise errors.OwnReorganisation
    _reorganising.permit(actor, held.scope_id, at=now)
    if policies.took_over(actor, held.drafted_by_id, at=now):
        raise errors.OutOfScope
    if held.status != Status.SUBMITTED:
        raise _reorganising.not_open(held)
    if revision != held.revision:
        raise errors.ReorganisationChanged
    return held


def _require_no_gain(actor: Actor, held: Reorganisation) -> None:
    """OwnAppointment for somebody whom the plan itself gives another post."""
    own = _reorganising.steps(held).filter(kind=StepKind.TRANSFER)
    if own.filter(payload__person_id=actor.require_person()).exists():
        raise errors.OwnAppointment


def _require_sound(actor: Actor, held: Reorganisation, *, now: datetime) -> None:
    tried = rehearsals.try_out(actor=actor, card=_reorganising.card(held), now=now)
    if tried.problems:
        first = tried.problems[0]
        raise errors.ReorganisationFaulty(position=first.position, reason=first.text)


def _stand(actor: Actor, held: Reorganisation, status: Status, *, now: datetime) -> None:
    """The status, the timeline, the audit log and the news say the same."""
    held.status = status
    held.save()
    remark = held.reason
    if status is Status.FAILED and held.failed_step is not None:
        remark = f"第 {held.failed_step} 步：{held.reason}"
    entry = ReorganisationEvent.objects.create(
        reorganisation=held, status=status, person_id=actor.person_id, remark=remark, at=now
    )
    detail = {"title": held.title, "basis": held.basis, "reason": remark}
    if status is Status.APPROVED and held.effective_at is not None:
        detail["effective_at"] = held.effective_at.isoformat()
    _reorganising.record(actor, f"org.reorganisation.{status.value}", held, now, detail)
    events.publish(
        ReorganisationMoved(reorganisation_id=held.pk, event_id=entry.pk, status=status.value)
    )
