"""A reorganisation is carried out to see what it does, and everything is taken back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction

from core import db, redis
from core.actor import Actor
from core.errors import DomainError
from org import errors, rehearsal
from org import reorganisation_steps as shapes
from org.queries import rehearsals
from org.queries import reorganisations as queries
from org.queries.rehearsals import Held
from org.services import _carrying_out, _reorganising
from org.services._carrying_out import Run

_AT_MOST: Final = 30
"""Rehearsals of one plan within a minute, whoever asks."""
_WHILE: Final = 60


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a step can't be done."""

    step_id: int
    position: int
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Counts:
    """How much a reorganisation touches."""

    units: int = 0
    people: int = 0
    appointments: int = 0
    grants: int = 0
    accounts: int = 0


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What would happen: both trees, the counts, and the steps that can't be done.

    `unit_ids` and `person_ids` are everything touched, for the counts of the higher apps.
    """

    trees: rehearsal.Trees
    counts: Counts
    problems: tuple[Problem, ...]
    unit_ids: tuple[int, ...]
    person_ids: tuple[int, ...]

    @property
    def by_step(self) -> Mapping[int, Problem]:
        """The problems by step."""
        return {problem.step_id: problem for problem in self.problems}


@db.service
def rehearse(*, actor: Actor, reorganisation_id: int, now: datetime) -> Rehearsal:
    """What the reorganisation would do if it took effect now; nothing has changed afterwards.

    It is tried with the drafter's rights, whoever asks. Holds the locks of the real thing for as
    long as it takes: RehearsedOften for whoever would hold off all others by asking again.
    """
    card = queries.card(actor, reorganisation_id, at=now)
    _require_seldom(card.id)
    return try_out(actor=actor, card=card, now=now)


@db.service
def try_out(*, actor: Actor, card: queries.ReorganisationCard, now: datetime) -> Rehearsal:
    """As `rehearse`, for a service that has found and locked the reorganisation already."""
    steps = queries.steps(card.id)
    run = Run(
        actor=_reorganising.drafter_of(card, at=now),
        scope_id=card.scope_id,
        now=now,
        basis=card.basis,
        reorganisation_id=card.id,
        # Whose consent is being prepared for; no request is opened meanwhile.
        approved_by=card.approver_id or actor.person_id or card.drafter_id,
    )
    with transaction.atomic():
        tried = _try_all(run, steps)
        transaction.set_rollback(True)
    # Everything stands again as it did: what is touched is counted as it stands before.
    reach = rehearsals.below(tried.standing, at=now)
    person_ids = tuple(sorted({*reach.person_ids, *tried.person_ids}))
    return Rehearsal(
        trees=tried.trees,
        counts=Counts(
            units=len(reach.unit_ids) + tried.made,
            people=len(person_ids),
            appointments=tried.appointments,
            grants=reach.grants,
            accounts=rehearsals.account_count(person_ids),
        ),
        problems=tried.problems,
        unit_ids=reach.unit_ids,
        person_ids=person_ids,
    )


def _require_seldom(reorganisation_id: int) -> None:
    store, key = redis.connection(), f"org:rehearsed:{reorganisation_id}"
    times = store.incr(key)
    if times == 1:
        store.expire(key, _WHILE)
    if times > _AT_MOST:
        raise errors.RehearsedOften(retry_after=_WHILE)


@dataclass(frozen=True, slots=True)
class _Tried:
    """What was seen before everything was taken back."""

    trees: rehearsal.Trees
    problems: tuple[Problem, ...]
    standing: list[int]
    """The units that change and stood before."""
    made: int
    appointments: int
    person_ids: set[int]


def _try_all(run: Run, steps: Sequence[queries.StepRow]) -> _Tried:
    _carrying_out.hold(run, [row.step for row in steps])
    focus, context = _focus(steps)
    old = rehearsals.snapshot(focus, [*context, run.scope_id], at=run.now)
    near = [unit.id for unit in old.values() if unit.people is not None]
    held = rehearsals.held_below(near, at=run.now)
    problems = tuple(problem for row in steps if (problem := _try(run, row)) is not None)
    made = [unit_id for units in run.made.values() for unit_id in units]
    new = rehearsals.snapshot([*focus, *made], [*context, run.scope_id], near_ids=near, at=run.now)
    change = rehearsal.Change(
        old=old,
        new=new,
        successors=rehearsals.successors(near),
        merged=_subjects(steps, shapes.Merge),
        split=_subjects(steps, shapes.Split),
        reordered=_subjects(steps, shapes.Reorder),
        focus=[*focus, *made],
        made=made,
    )
    trees = rehearsal.trees(change, scope_id=run.scope_id)
    moved = _moved(held, rehearsals.held_below([*near, *made], at=run.now))
    return _Tried(
        trees=trees,
        problems=problems,
        standing=[one for one in trees.changed if one in old and old[one].stands],
        made=len(made),
        appointments=len(moved),
        person_ids={appointment.person_id for appointment in moved},
    )


def _try(run: Run, row: queries.StepRow) -> Problem | None:
    """The step is done in a savepoint, so that a refusal leaves the later steps to be tried."""
    try:
        with transaction.atomic():
            _carrying_out.carry_out(run, row.id, row.step)
    except DomainError as refusal:
        return Problem(row.id, row.position, refusal.code, refusal.text)
    return None


def _focus(steps: Sequence[queries.StepRow]) -> tuple[list[int], list[int]]:
    """The units that the steps change, and those that they only name as a parent."""
    focus: set[int] = set()
    context: set[int] = set()
    for row in steps:
        parents = _carrying_out.parents(row.step)
        for ref in shapes.refs(row.step):
            if ref.unit_id is not None:
                (context if ref in parents else focus).add(ref.unit_id)
    return sorted(focus), sorted(context)


def _subjects(steps: Sequence[queries.StepRow], shape: type[shapes.Step]) -> set[int]:
    """The units that steps of this kind work on, not those that they work towards."""
    found = set()
    for row in steps:
        if isinstance(row.step, shape):
            first = getattr(row.step, "units", None) or (row.step.unit,)  # type: ignore[union-attr]
            found |= {ref.unit_id for ref in first if ref.unit_id is not None}
    return found


def _moved(before: Mapping[int, Held], after: Mapping[int, Held]) -> list[Held]:
    """The appointments that end, or stand in another unit."""
    return [
        held
        for appointment_id, held in before.items()
        if appointment_id not in after or after[appointment_id].unit_id != held.unit_id
    ]
