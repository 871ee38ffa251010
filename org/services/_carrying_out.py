"""One step of a reorganisation after the other, by the services that administrators use too."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from core.actor import Actor
from org import errors, tree
from org import reorganisation_steps as shapes
from org.models import Appointment, Unit
from org.queries import obstacles, rehearsals, units
from org.queries.obstacles import Part
from org.services import mergers, moves, transfers
from org.services import units as unit_services
from org.services.requests import Asked
from org.writing import tenures


@dataclass(slots=True)
class Run:
    """What every step is done with, and what the steps have set up so far."""

    actor: Actor
    scope_id: int
    now: datetime
    basis: str
    reorganisation_id: int
    approved_by: int
    made: dict[int, tuple[int, ...]] = field(default_factory=dict)

    @property
    def by_order(self) -> dict[str, Any]:
        """What the services of units and people are told besides the change itself."""
        return {
            "actor": self.actor,
            "now": self.now,
            "basis": self.basis,
            "reorganisation_id": self.reorganisation_id,
            "approved_by": self.approved_by,
        }

    def unit(self, ref: shapes.Ref) -> int:
        """The unit that the step speaks of; StepReferenceBroken for one that was not set up."""
        if ref.unit_id is not None:
            return ref.unit_id
        made = self.made.get(ref.step_id or 0, ())
        if ref.part >= len(made):
            raise errors.StepReferenceBroken
        return made[ref.part]


def hold(run: Run, steps: Sequence[shapes.Step]) -> None:
    """Everything that the steps will lock is locked, in the order in which everybody locks.

    Step by step each would hold rows, and the audit log, while it waits for more: two plans, or a
    plan and a single act, would wait for each other. Moves first, then units, then people.
    """
    tree.hold_moves()
    whole = {ref.unit_id for step in steps for ref in _taken_whole(step)}
    named = {ref.unit_id for step in steps for ref in shapes.refs(step)}
    # One that is gone, or beyond the scope, is its step's to tell.
    standing = set(units.names([one for one in named if one is not None]))
    standing.difference_update(set(rehearsals.strangers(standing, run.scope_id)) - {run.scope_id})
    whole.discard(run.scope_id)
    moved = [step.person_id for step in steps if isinstance(step, shapes.Transfer)]
    reordered = (step.unit for step in steps if isinstance(step, shapes.Reorder))
    ordered = [unit.unit_id for unit in reordered if unit.unit_id is not None]
    beside = Unit.objects.filter(parent__in=Unit.objects.filter(pk__in=ordered).values("parent"))
    left = Appointment.objects.filter(person_id__in=moved).values_list("unit_id", flat=True)
    tree.hold_all(
        subtrees=standing & whole,
        units=standing.union(left, beside.values_list("pk", flat=True)),
    )
    serving = obstacles.appointments_in(standing & whole, at=run.now)
    tenures.lock_people([*moved, *(person_id for _held, person_id in serving)])


def _taken_whole(step: shapes.Step) -> tuple[shapes.Ref, ...]:
    """The units of the step that are locked with all below them."""
    if isinstance(step, shapes.Merge):
        return step.units
    if isinstance(step, shapes.Move | shapes.Split | shapes.Abolish):
        return (step.unit,)
    return ()


def carry_out(run: Run, step_id: int, step: shapes.Step) -> None:
    """The step is done; a DomainError of the service that did it says why not. See `hold`."""
    require_in_scope(step, scope_id=run.scope_id, now=run.now)
    made = _DOERS[type(step)](run, step)
    if made:
        run.made[step_id] = made


def require_in_scope(step: shapes.Step, *, scope_id: int, now: datetime) -> None:
    """Every unit that changes stands below the scope, new parents at or below it.

    The second person answers for the scope and for nothing beyond it.
    """
    spoken = [ref.unit_id for ref in shapes.refs(step) if ref.unit_id is not None]
    known = units.names(spoken)
    if len(known) != len(set(spoken)):
        raise errors.UnitNotFound
    may_be_scope = {ref.unit_id for ref in parents(step)}
    beyond = [
        unit_id
        for unit_id in rehearsals.strangers(spoken, scope_id)
        if not (unit_id == scope_id and unit_id in may_be_scope)
    ]
    if beyond:
        scope = units.names([scope_id])[scope_id]
        raise errors.StepOutsideScope(unit=known[beyond[0]].name, scope=scope.name)
    if isinstance(step, shapes.Transfer) and not rehearsals.serves_below(
        step.person_id, scope_id, at=now
    ):
        raise errors.PersonNotFound


def parents(step: shapes.Step) -> list[shapes.Ref]:
    """The units that the step names only as the place of another."""
    return [step.parent] if isinstance(step, shapes.Create | shapes.Move) else []


def _create(run: Run, step: shapes.Create) -> tuple[int, ...]:
    unit_id = unit_services.add(
        parent_id=run.unit(step.parent),
        name=step.name,
        kind=step.unit_kind,
        short_name=step.short_name,
        code=step.code,
        **run.by_order,
    )
    return (unit_id,)


def _rename(run: Run, step: shapes.Rename) -> None:
    unit_services.rename(
        unit_id=run.unit(step.unit), name=step.name, short_name=step.short_name, **run.by_order
    )


def _move(run: Run, step: shapes.Move) -> None:
    _done(moves.move(unit_id=run.unit(step.unit), parent_id=run.unit(step.parent), **run.by_order))


def _merge(run: Run, step: shapes.Merge) -> tuple[int, ...]:
    outcome = mergers.merge(
        unit_ids=[run.unit(ref) for ref in step.units],
        into_id=run.unit(step.into) if step.into else None,
        new=None if step.into else mergers.NewUnit(name=step.name, code=step.code),
        **run.by_order,
    )
    if isinstance(outcome, Asked):
        raise errors.OutOfScope
    return () if step.into else (outcome.unit_id,)


def _split(run: Run, step: shapes.Split) -> tuple[int, ...]:
    parts = [
        Part(
            name=part.name,
            kind=part.unit_kind,
            code=part.code,
            department_ids=part.unit_ids,
            appointment_ids=part.appointment_ids,
        )
        for part in step.parts
    ]
    outcome = mergers.split(unit_id=run.unit(step.unit), new_units=parts, **run.by_order)
    if isinstance(outcome, Asked):
        raise errors.OutOfScope
    return outcome.unit_ids


def _abolish(run: Run, step: shapes.Abolish) -> None:
    successor = run.unit(step.successor) if step.successor else None
    _done(
        unit_services.abolish(unit_id=run.unit(step.unit), successor_id=successor, **run.by_order)
    )


def _reorder(run: Run, step: shapes.Reorder) -> None:
    before = run.unit(step.before) if step.before else None
    moves.reorder(unit_id=run.unit(step.unit), before_id=before, **run.by_order)


def _transfer(run: Run, step: shapes.Transfer) -> None:
    to = transfers.Destination(
        unit_id=run.unit(step.unit), title=step.title, function=step.function
    )
    _done(transfers.transfer(person_id=step.person_id, to=to, **run.by_order))


def _done(outcome: object) -> None:
    """A step that would have to ask somebody else first is beyond drafter and approver."""
    if isinstance(outcome, Asked):
        raise errors.OutOfScope


_DOERS: Final[Mapping[type, Callable[[Run, Any], tuple[int, ...] | None]]] = {
    shapes.Create: _create,
    shapes.Rename: _rename,
    shapes.Move: _move,
    shapes.Merge: _merge,
    shapes.Split: _split,
    shapes.Abolish: _abolish,
    shapes.Reorder: _reorder,
    shapes.Transfer: _transfer,
}
