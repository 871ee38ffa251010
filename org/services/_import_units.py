"""Plans an import of units and carries it out by the services that single acts use."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Final

from core.actor import Actor
from org import errors, tree
from org.exchange import unit_rows, units_plan
from org.exchange.faults import Faults
from org.exchange.reading import Sheet
from org.exchange.units_plan import UnitAct, UnitsPlan
from org.kinds import ChangeKind, ImportMode, UnitKind
from org.models import DirectoryImport, Unit
from org.queries import import_units
from org.services import _import_batch, changes, moves, units
from org.services._import_batch import Made
from org.services.requests import Asked
from org.services.units import Details
from org.writing import pasts

TELL_EVERY: Final = 20
Tell = Callable[[int, int], None]


def make(batch: DirectoryImport, sheet: Sheet, *, actor: Actor, now: datetime) -> Made:
    """The plan as things stand."""
    faults = Faults()
    read = unit_rows.read(_import_batch.rows(batch, sheet), faults)
    scope = _import_batch.scope(batch, actor=actor, now=now)
    state = import_units.state({row.code for row in read if row.code}, scope)
    plan = units_plan.make(read, state, faults, mode=ImportMode(batch.mode))
    return Made(
        summary=plan.summary,
        faults=faults,
        digest=plan.digest,
        lock=partial(_lock, plan, batch.unit_id),
        write=partial(_write, plan),
    )


def _lock(plan: UnitsPlan, root_id: int) -> None:
    touched = {act.unit_id for act in plan.acts if act.unit_id}
    touched |= {act.parent.unit_id for act in plan.acts if act.parent and act.parent.unit_id}
    tree.hold_all(subtrees=[], units=sorted(touched | {root_id}))


def _write(
    plan: UnitsPlan, *, actor: Actor, approved_by: int | None, basis: str, now: datetime, tell: Tell
) -> None:
    """New units stand, others are described and placed as the file says, the absent are gone."""
    writer = _Writer(actor, approved_by, basis, now)
    for done, act in enumerate(plan.acts, start=1):
        writer.carry_out(act)
        if done % TELL_EVERY == 0:
            tell(done, len(plan.acts))
    tell(len(plan.acts), len(plan.acts))


class _Writer:
    def __init__(self, actor: Actor, approved_by: int | None, basis: str, now: datetime) -> None:
        self.actor = actor
        self.approved_by = approved_by
        self.basis = basis
        self.now = now
        self._made: dict[int, int] = {}

    def carry_out(self, act: UnitAct) -> None:
        """One unit's part of the plan is done, with its history and its audit entries."""
        if act.unit_id is None:
            self._add(act)
        elif act.ends:
            self._require_done(
                units.abolish(
                    actor=self.actor,
                    unit_id=act.unit_id,
                    basis=self.basis,
                    approved_by=self.approved_by,
                    now=self.now,
                )
            )
        else:
            self._change(act, act.unit_id)

    def _add(self, act: UnitAct) -> None:
        given = act.changes
        self._made[act.row] = units.add(
            actor=self.actor,
            parent_id=self._parent_id(act),
            name=act.name,
            kind=UnitKind(act.kind),
            code=given.get("code", ""),
            short_name=given.get("short_name", ""),
            sort=int(given["sort"]) if "sort" in given else None,
            phone=given.get("phone", ""),
            address=given.get("address", ""),
            basis=self.basis,
            approved_by=self.approved_by,
            now=self.now,
        )

    def _change(self, act: UnitAct, unit_id: int) -> None:
        given = act.changes
        if "code" in given:
            units.set_code(
                actor=self.actor, unit_id=unit_id, code=given["code"], basis=self.basis,
                approved_by=self.approved_by, now=self.now,
            )  # fmt: skip
        if "name" in given:
            held = Unit.objects.values_list("name", "short_name").get(pk=unit_id)
            kept = held[1] if held[1] != held[0] else ""
            units.rename(
                actor=self.actor, unit_id=unit_id, name=given["name"],
                short_name=given.get("short_name", kept), basis=self.basis,
                approved_by=self.approved_by, now=self.now,
            )  # fmt: skip
        said = {key: given[key] for key in ("short_name", "phone", "address") if key in given}
        if said:
            units.update(
                actor=self.actor, unit_id=unit_id, details=Details(**said), basis=self.basis,
                approved_by=self.approved_by, now=self.now,
            )  # fmt: skip
        if act.parent is not None:
            self._require_done(
                moves.move(
                    actor=self.actor, unit_id=unit_id, parent_id=self._parent_id(act),
                    basis=self.basis, approved_by=self.approved_by, now=self.now,
                )
            )  # fmt: skip
        if "sort" in given:
            self._sort(unit_id, int(given["sort"]))

    def _sort(self, unit_id: int, sort: int) -> None:
        before = Unit.objects.values_list("sort", flat=True).get(pk=unit_id)
        pasts.keep([unit_id], at=self.now)
        Unit.objects.filter(pk=unit_id).update(sort=sort)
        changes.note(
            actor=self.actor,
            kind=ChangeKind.REORDER,
            unit_id=unit_id,
            before={"sort": before},
            after={"sort": sort},
            basis=self.basis,
            approved_by=self.approved_by,
            now=self.now,
        )

    def _parent_id(self, act: UnitAct) -> int:
        if act.parent is None:
            raise errors.UnitNotFound
        if act.parent.unit_id is not None:
            return act.parent.unit_id
        return self._made[act.parent.row or 0]

    def _require_done(self, outcome: object) -> None:
        # What takes a second person has been agreed to with the import as a whole.
        if isinstance(outcome, Asked):
            raise errors.ImportStale
