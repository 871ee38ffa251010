"""What a file of units would do: a pure function from rows and the known tree to acts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from org import codes, placing
from org.exchange import plans
from org.exchange.faults import Faults
from org.exchange.places import UNKNOWN, NotFound, Place, Places
from org.exchange.unit_rows import UnitRow, code_fault
from org.kinds import ImportMode, ImportOutcome, UnitKind

PASSES: Final = 12
"""New units may stand below new units, so deep at most."""


@dataclass(frozen=True, slots=True)
class KnownUnit:
    """What a standing unit says of itself besides its place."""

    short_name: str
    sort: int
    phone: str
    address: str
    has_people: bool


@dataclass(frozen=True, slots=True)
class UnitsState:
    """The tree at and below the import's unit, as far as the administrator manages it."""

    root_id: int
    places: Places
    known: dict[int, KnownUnit]
    foreign_codes: frozenset[str]
    """Codes of the file that units outside have."""


@dataclass(frozen=True, slots=True)
class Parent:
    """Either a standing unit or the new one of a row."""

    unit_id: int | None = None
    row: int | None = None


@dataclass(slots=True)
class UnitAct:
    """All that happens to one unit. `unit_id` is None for a new one; `ends` means abolished."""

    row: int
    unit_id: int | None
    name: str
    kind: str = ""
    parent: Parent | None = None
    """Of a new unit, or where one moves to."""
    changes: dict[str, str] = field(default_factory=dict)
    """Column → new value: of a new unit all, else what changes."""
    ends: bool = False


@dataclass(frozen=True, slots=True)
class UnitsPlan:
    """The acts in an order in which they can be done, and what is told of them."""

    acts: list[UnitAct]
    summary: plans.Summary
    digest: str


def make(
    rows: Sequence[UnitRow], state: UnitsState, faults: Faults, *, mode: ImportMode
) -> UnitsPlan:
    """What the rows would do. Adds to `faults`; a faulty row does nothing."""
    planner = _Planner(state, faults)
    planner.place(rows)
    if mode is ImportMode.SYNC:
        planner.end_the_absent()
    planner.summary.touched = len(planner.acts)
    return UnitsPlan(planner.acts, planner.summary, plans.digest(planner.acts))


class _Planner:
    def __init__(self, state: UnitsState, faults: Faults) -> None:
        self.state = state
        self.faults = faults
        self.acts: list[UnitAct] = []
        self.summary = plans.Summary()
        self.named: dict[int, int] = {}
        """Unit → the row that speaks of it."""
        self._new: list[tuple[UnitRow, Place]] = []
        self._below: dict[tuple[int, str], Place] = {}
        for place in state.places.by_id.values():
            if place.parent_id is not None:
                self._below[place.parent_id, place.name] = place

    def place(self, rows: Sequence[UnitRow]) -> None:
        """Each row finds its unit, or its parent among the units and the new rows before it."""
        waiting = list(rows)
        for _ in range(PASSES):
            later = [row for row in waiting if not self._take(row)]
            if len(later) == len(waiting):
                break
            waiting = later
        for row in waiting:
            found = self._parent(row)
            text = found.text if isinstance(found, NotFound) else f"上级{UNKNOWN}"
            key = "parent_code" if row.parent_code else "parent"
            self.faults.error(row.row, key, "UNKNOWN_PARENT", f"上级{text}")

    def end_the_absent(self) -> None:
        """Every unit below the top that no row speaks of is abolished, the lowest first."""
        gone = [
            place
            for place in self.state.places.by_id.values()
            if place.id not in self.named and place.id != self.state.root_id
        ]
        for place in sorted(gone, key=lambda one: (-len(one.path), one.id)):
            if self.state.known[place.id].has_people:
                text = f"“{place.shown}”不在表中，但还有在任人员，不能撤销"
                self.faults.error(0, "name", "UNIT_IN_USE", text)
                continue
            self.acts.append(UnitAct(0, place.id, place.name, place.kind, ends=True))
            self._line(0, ImportOutcome.ENDED, place.name, place.shown, {"编码": place.code}, {})
        whole = len(self.state.known)
        top = self.state.places.by_id[self.state.root_id]
        self.summary.guarded = plans.guarded([(top.shown, len(gone), whole)])

    def _take(self, row: UnitRow) -> bool:
        """Whether the row is dealt with, rightly or not; False to try again after others."""
        found = self.state.places.find(row.code, "") if row.code else None
        known = found if isinstance(found, Place) else None
        parent = self._parent(row)
        if known is None and isinstance(parent, Place) and parent.id > 0:
            known = self._below.get((parent.id, row.name))
        if known is not None:
            if isinstance(parent, NotFound) and known.id != self.state.root_id:
                return False
            self._keep(row, known, parent if isinstance(parent, Place) else None)
            return True
        if isinstance(parent, NotFound):
            return False
        if parent is None:
            self.faults.error(row.row, "parent", "PARENT_MISSING", "新增组织请填写上级编码或上级")
            return True
        self._add(row, parent)
        return True

    def _parent(self, row: UnitRow) -> Place | NotFound | None:
        """The unit above; None where the row does not say. New units have numbers below nought."""
        if not row.parent_code and not row.parent:
            return None
        found = self.state.places.find(row.parent_code, row.parent)
        if isinstance(found, Place) or found.code == "AMBIGUOUS_UNIT":
            return found
        new = Places(place for _, place in self._new)
        return new.find(row.parent_code, row.parent)

    def _add(self, row: UnitRow, parent: Place) -> None:
        kind = row.kind or UnitKind.DEPARTMENT
        level = min(6, parent.level + 1) if placing.keeps_level(kind) else parent.level
        if fault := code_fault(kind, row.code, level=level, parent_code=parent.code):
            self.faults.error(row.row, "code", "BAD_CODE", fault)
        elif row.code in self.state.foreign_codes:
            self.faults.error(row.row, "code", "CODE_TAKEN", f"编码 {row.code} 已被使用")
        elif any(row.code and row.code == other.code for other, _ in self._new):
            self.faults.error(row.row, "code", "CODE_REPEATED", "表中另一行有相同的编码")
        path = (*parent.path, row.name)
        place = Place(-row.row, row.code, row.name, kind.value, level, parent.id, path)
        self._judge_place(row, place, parent)
        if (parent.id, row.name) in self._below:
            self.faults.error(row.row, "name", "REPEATED_ROW", "表中另有同一上级下的同名组织")
        if row.row in self.faults.rows:
            return
        self._new.append((row, place))
        self._below[parent.id, row.name] = place
        sort = None if row.sort is None else str(row.sort)
        given = {"code": row.code, "short_name": row.short_name, "phone": row.phone,
                 "address": row.address, "sort": sort}  # fmt: skip
        changes = {key: value for key, value in given.items() if value}
        self.acts.append(UnitAct(row.row, None, row.name, kind.value, _parent_of(parent), changes))
        after = {"类型": str(kind.label), "编码": row.code}
        self._line(row.row, ImportOutcome.NEW, row.name, place.shown, {}, _said(after))

    def _keep(self, row: UnitRow, place: Place, parent: Place | None) -> None:
        if place.id in self.named or place.id < 0:
            text = f"与第 {self.named.get(place.id, -place.id)} 行是同一组织"
            self.faults.error(row.row, "name", "REPEATED_ROW", text)
            return
        self.named[place.id] = row.row
        if row.kind and row.kind != place.kind:
            text = f"类型在系统中为“{UnitKind(place.kind).label}”，不能通过导入改变"
            self.faults.error(row.row, "kind", "KIND_FIXED", text)
        act = UnitAct(row.row, place.id, row.name, place.kind)
        before, after = self._differences(row, place, act)
        outcome = ImportOutcome.CHANGED
        is_top = place.id == self.state.root_id
        if parent is not None and parent.id != place.parent_id and not is_top:
            self._judge_move(row, place, parent)
            act.parent = _parent_of(parent)
            outcome = ImportOutcome.MOVED
            before["上级"], after["上级"] = "/".join(place.path[:-1]), "/".join(parent.path)
        if is_top and "name" in act.changes:
            text = "导入范围的顶层组织不能通过导入更名"
            self.faults.error(row.row, "name", "TOP_FIXED", text)
        above = (parent.id if act.parent and parent else place.parent_id) or 0
        holder = self._below.get((above, row.name))
        if (act.parent or "name" in act.changes) and holder is not None and holder.id != place.id:
            text = f"同一上级之下已有名为“{row.name}”的组织"
            self.faults.error(row.row, "name", "NAME_TAKEN", text)
        if row.row in self.faults.rows:
            return
        if above:
            self._below[above, row.name] = place
        if not act.changes and act.parent is None:
            self.summary.unchanged += 1
            return
        self.acts.append(act)
        self._line(row.row, outcome, row.name, place.shown, before, after)

    def _differences(
        self, row: UnitRow, place: Place, act: UnitAct
    ) -> tuple[dict[str, str], dict[str, str]]:
        held = self.state.known[place.id]
        said = {
            "name": ("名称", place.name, row.name),
            "short_name": ("简称", held.short_name, row.short_name),
            "phone": ("联系电话", held.phone, row.phone),
            "address": ("地址", held.address, row.address),
            "sort": ("排序", str(held.sort), None if row.sort is None else str(row.sort)),
        }
        if row.code and place.code.upper() not in (row.code, codes.division_code(row.code)):
            self._judge_code(row, place)
            said["code"] = ("编码", place.code, row.code)
        before, after = {}, {}
        for key, (label, old, new) in said.items():
            if new and new != old:
                act.changes[key] = new
                before[label], after[label] = old, new
        return before, after

    def _judge_code(self, row: UnitRow, place: Place) -> None:
        if place.kind != UnitKind.ORGAN or not codes.is_temporary(place.code):
            text = f"该组织的编码在系统中为 {place.code}，不能更改"
            self.faults.error(row.row, "code", "CODE_FIXED", text)
        elif fault := codes.credit_fault(row.code):
            self.faults.error(row.row, "code", "BAD_CODE", fault)
        elif row.code in self.state.foreign_codes:
            self.faults.error(row.row, "code", "CODE_TAKEN", f"编码 {row.code} 已被使用")

    def _judge_move(self, row: UnitRow, place: Place, parent: Place) -> None:
        if parent.path[: len(place.path)] == place.path:
            self.faults.error(row.row, "parent", "BELOW_ITSELF", "不能移动到自己或自己的下级之下")
        self._judge_place(row, place, parent)

    def _judge_place(self, row: UnitRow, place: Place, parent: Place) -> None:
        level = place.level if placing.keeps_level(place.kind) else parent.level
        above = placing.Place(parent.kind, parent.level, self._departments(parent))
        if not placing.may_contain(above, placing.Place(place.kind, level, 1)):
            over, under = UnitKind(parent.kind).label, UnitKind(place.kind).label
            text = f"“{over}”之下不能设立“{under}”"
            self.faults.error(row.row, "kind", "KIND_NOT_ALLOWED_HERE", text)

    def _departments(self, place: Place) -> int:
        """How many departments in a row, from this one upwards."""
        new = {one.id: one for _, one in self._new}
        count = 0
        here: Place | None = place
        while here is not None and here.kind == UnitKind.DEPARTMENT:
            count += 1
            above = here.parent_id or 0
            here = self.state.places.by_id.get(above) or new.get(above)
        return count

    def _line(self, row: int, outcome: ImportOutcome, name: str, place: str, *sides: Any) -> None:
        self.summary.lines.append(plans.Line(row, outcome, name, place, *sides))


def _parent_of(place: Place) -> Parent:
    return Parent(unit_id=place.id) if place.id > 0 else Parent(row=-place.id)


def _said(values: dict[str, str]) -> dict[str, str]:
    return {label: text for label, text in values.items() if text}
