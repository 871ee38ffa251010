"""Reorganisations (机构改革) are drafted step by step, by one administrator of their scope."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from core import db
from core.actor import Actor
from org import errors
from org import reorganisation_steps as shapes
from org.kinds import ReorganisationStatus as Status
from org.kinds import StepKind
from org.models import Reorganisation, ReorganisationEvent, ReorganisationStep
from org.services import _carrying_out, _reorganising

STEPS_AT_MOST: Final = 100


@dataclass(frozen=True, slots=True)
class Edited:
    """The draft as it counts now, and the step that was added or changed."""

    revision: int
    step_id: int


@db.service
def draft(*, actor: Actor, title: str, basis: str, scope_id: int, now: datetime) -> int:
    """A draft without steps, for the units below the scope; returns its id."""
    _reorganising.permit(actor, scope_id, at=now)
    made = Reorganisation.objects.create(
        title=title,
        basis=basis,
        scope_id=scope_id,
        drafted_by_id=actor.require_person(),
        drafted_at=now,
    )
    ReorganisationEvent.objects.create(
        reorganisation=made, status=Status.DRAFT, person_id=actor.person_id, at=now
    )
    _reorganising.record(
        actor, "org.reorganisation.drafted", made, now, {"title": title, "basis": basis}
    )
    return made.pk


@db.service
def edit(
    *,
    actor: Actor,
    reorganisation_id: int,
    revision: int,
    title: str,
    basis: str,
    now: datetime,
) -> int:
    """The draft carries another title and basis; returns its new revision."""
    held = _reorganising.opened(actor, reorganisation_id, revision, now=now)
    held.title, held.basis = title, basis
    return _touch(held)


@db.service
def add_step(
    *,
    actor: Actor,
    reorganisation_id: int,
    revision: int,
    kind: StepKind,
    payload: Mapping[str, Any],
    now: datetime,
) -> Edited:
    """The draft has one more step, the last.

    What it speaks of stands below the scope or is set up by an earlier step. Whether it can be
    done is told by a rehearsal: drafts may be wrong for a while.
    """
    held = _reorganising.opened(actor, reorganisation_id, revision, now=now)
    step = shapes.parse(kind, payload)
    steps = list(_reorganising.steps(held))
    if len(steps) >= STEPS_AT_MOST:
        raise errors.ReorganisationTooLong(most=STEPS_AT_MOST)
    _carrying_out.require_in_scope(step, scope_id=held.scope_id, now=now)
    _require_own_references(step, steps)
    added = ReorganisationStep.objects.create(
        reorganisation=held, position=len(steps) + 1, kind=kind, payload=shapes.dump(step)
    )
    return Edited(_touch(held), added.pk)


@db.service
def change_step(
    *,
    actor: Actor,
    reorganisation_id: int,
    revision: int,
    step_id: int,
    payload: Mapping[str, Any],
    now: datetime,
) -> Edited:
    """The step holds something else; its kind and its place stay."""
    held = _reorganising.opened(actor, reorganisation_id, revision, now=now)
    steps = list(_reorganising.steps(held))
    row = _step(steps, step_id)
    step = shapes.parse(StepKind(row.kind), payload)
    _carrying_out.require_in_scope(step, scope_id=held.scope_id, now=now)
    _require_own_references(step, [other for other in steps if other.position < row.position])
    ReorganisationStep.objects.filter(pk=step_id).update(payload=shapes.dump(step))
    return Edited(_touch(held), step_id)


@db.service
def remove_step(
    *, actor: Actor, reorganisation_id: int, revision: int, step_id: int, now: datetime
) -> int:
    """The draft has the step no longer; steps that need it are told so by a rehearsal."""
    held = _reorganising.opened(actor, reorganisation_id, revision, now=now)
    steps = list(_reorganising.steps(held))
    _step(steps, step_id)
    ReorganisationStep.objects.filter(pk=step_id).delete()
    _number([step for step in steps if step.pk != step_id])
    return _touch(held)


@db.service
def move_step(
    *,
    actor: Actor,
    reorganisation_id: int,
    revision: int,
    step_id: int,
    position: int,
    now: datetime,
) -> int:
    """The step stands at the position, counted from 1; the others keep their order."""
    held = _reorganising.opened(actor, reorganisation_id, revision, now=now)
    steps = list(_reorganising.steps(held))
    row = _step(steps, step_id)
    others = [step for step in steps if step.pk != step_id]
    others.insert(min(max(position, 1), len(steps)) - 1, row)
    _number(others)
    return _touch(held)


@db.service
def discard(*, actor: Actor, reorganisation_id: int, now: datetime) -> None:
    """A draft that was never submitted is gone; nothing else ever is."""
    held = _reorganising.opened(actor, reorganisation_id, None, now=now)
    if held.submitted_at is not None:
        raise _reorganising.not_open(held)
    _reorganising.record(actor, "org.reorganisation.discarded", held, now, {"title": held.title})
    ReorganisationEvent.objects.filter(reorganisation=held).delete()
    held.delete()


def _require_own_references(step: shapes.Step, earlier: Sequence[ReorganisationStep]) -> None:
    known = {
        row.pk: len(shapes.names_made(shapes.parse(StepKind(row.kind), row.payload)))
        for row in earlier
    }
    for ref in shapes.refs(step):
        if ref.step_id is not None and ref.part >= known.get(ref.step_id, 0):
            raise errors.StepReferenceBroken


def _step(steps: Sequence[ReorganisationStep], step_id: int) -> ReorganisationStep:
    for step in steps:
        if step.pk == step_id:
            return step
    raise errors.ReorganisationStepNotFound


def _number(steps: Sequence[ReorganisationStep]) -> None:
    for position, step in enumerate(steps, start=1):
        if step.position != position:
            ReorganisationStep.objects.filter(pk=step.pk).update(position=position)


def _touch(held: Reorganisation) -> int:
    """The draft counts one change more. What was rejected or has failed is a draft again."""
    held.revision += 1
    if held.status != Status.DRAFT:
        held.status = Status.DRAFT
    held.save(update_fields=["title", "basis", "revision", "status"])
    return held.revision
