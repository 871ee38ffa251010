"""What a reorganisation would do, drawn as two trees with a mark on everything that changes."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from org.queries.rehearsals import PlacedUnit, Snapshot


class Mark(StrEnum):
    """What happens to a unit, in the words of the page."""

    NEW = "新设"
    RENAMED = "更名"
    MOVED = "划转"
    MERGED = "合并"
    SPLIT = "拆分"
    ABOLISHED = "撤销"
    REORDERED = "调序"


@dataclass(frozen=True, slots=True)
class Line:
    """One unit in one of the trees; `rest` counts the units below it that are not shown."""

    unit_id: int
    depth: int
    name: str
    kind: str
    marks: tuple[Mark, ...]
    note: str
    people: int | None
    rest: int = 0


@dataclass(frozen=True, slots=True)
class Trees:
    """The scope before and after."""

    before: tuple[Line, ...]
    after: tuple[Line, ...]
    changed: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """What the steps and the database say about the units that change."""

    old: Snapshot
    new: Snapshot
    successors: Mapping[int, Sequence[int]]
    merged: Collection[int]
    split: Collection[int]
    reordered: Collection[int]
    focus: Collection[int]
    made: Collection[int]

    def marks(self, unit_id: int) -> tuple[Mark, ...]:
        """Everything that happens to the unit, the weightiest first."""
        was, now = self.old.get(unit_id), self.new.get(unit_id)
        stood, stands = bool(was and was.stands), bool(now and now.stands)
        if not stood:
            # What stands below a new or widened unit may come into view for the first time.
            return (Mark.NEW,) if stands and unit_id in self.made else ()
        if not stands:
            return (Mark.MERGED if self._goes_with_a_merger(unit_id) else Mark.ABOLISHED,)
        found = []
        if was and now and was.parent_id != now.parent_id:
            found.append(Mark.MOVED)
        if was and now and was.name != now.name:
            found.append(Mark.RENAMED)
        if unit_id in self.split:
            found.append(Mark.SPLIT)
        if unit_id in self.reordered and Mark.MOVED not in found:
            found.append(Mark.REORDERED)
        return tuple(found)

    def note_before(self, unit: PlacedUnit) -> str:
        """Where the unit goes, or how it will be called."""
        now = self.new.get(unit.id)
        if now is None or not now.stands:
            into = [self._name(one) for one in self.successors.get(unit.id, ())]
            return f"并入{'、'.join(into)}" if into else ""
        said = []
        if now.parent_id != unit.parent_id:
            said.append(f"划归{self._name(now.parent_id)}")
        if now.name != unit.name:
            said.append(f"改称{now.name}")
        return "，".join(said)

    def note_after(self, unit: PlacedUnit) -> str:
        """Where the unit came from, or how it was called."""
        was = self.old.get(unit.id)
        received = [
            was.name
            for old, heirs in sorted(self.successors.items())
            if unit.id in heirs and old in self.merged and (was := self.old.get(old))
        ]
        said = [f"由{'、'.join(received)}并入"] if received else []
        was = self.old.get(unit.id)
        if was is not None and was.stands:
            if was.parent_id != unit.parent_id:
                said.append(f"原属{self._name(was.parent_id)}")
            if was.name != unit.name:
                said.append(f"原{was.name}")
        return "，".join(said)

    def _goes_with_a_merger(self, unit_id: int) -> bool:
        here: int | None = unit_id
        while here is not None:
            if here in self.merged:
                return True
            unit = self.old.get(here)
            here = unit.parent_id if unit else None
        return False

    def _name(self, unit_id: int | None) -> str:
        unit = self.new.get(unit_id or 0) or self.old.get(unit_id or 0)
        return unit.name if unit else ""


_ALWAYS_SHOWN: Final = 8
"""So many unchanged units beside changed ones are still listed by name."""


def trees(change: Change, *, scope_id: int) -> Trees:
    """Both trees below the scope, unchanged branches left out and counted."""
    changed = tuple(sorted(uid for uid in {*change.old, *change.new} if change.marks(uid)))
    return Trees(
        before=tuple(_lines(change, change.old, scope_id, is_after=False)),
        after=tuple(_lines(change, change.new, scope_id, is_after=True)),
        changed=changed,
    )


def _lines(change: Change, state: Snapshot, scope_id: int, *, is_after: bool) -> list[Line]:
    below: dict[int, list[PlacedUnit]] = {}
    for unit in state.values():
        if unit.stands and unit.parent_id is not None:
            below.setdefault(unit.parent_id, []).append(unit)
    shown = _shown(change, state, scope_id)
    lines: list[Line] = []
    top = state.get(scope_id)
    waiting = [(top, 0)] if top is not None else []
    while waiting:
        unit, depth = waiting.pop()
        children = sorted(
            (child for child in below.get(unit.id, []) if child.id in shown),
            key=lambda child: (child.sort, child.id),
        )
        note = change.note_after(unit) if is_after else change.note_before(unit)
        lines.append(
            Line(
                unit_id=unit.id,
                depth=depth,
                name=unit.name,
                kind=unit.kind,
                marks=change.marks(unit.id),
                note=note,
                people=unit.people,
                rest=unit.child_count - len(children) if _is_opened(unit, change, shown) else 0,
            )
        )
        waiting += [(child, depth + 1) for child in reversed(children)]
    return lines


def _is_opened(unit: PlacedUnit, change: Change, shown: Collection[int]) -> bool:
    """Whether the page says how many more stand below: where some of them are shown."""
    return any(
        other.parent_id == unit.id and other.id in shown
        for state in (change.old, change.new)
        for other in state.values()
    )


def _shown(change: Change, state: Snapshot, scope_id: int) -> set[int]:
    """What changes or is in focus, the way up from it, and small families that it stands in."""
    shown = {scope_id}
    for unit_id in state:
        if change.marks(unit_id) or unit_id in change.focus:
            here: int | None = unit_id
            while here is not None and here not in shown:
                shown.add(here)
                unit = state.get(here)
                here = unit.parent_id if unit else None
    touched = {
        unit.parent_id
        for known in (change.old, change.new)
        for unit in known.values()
        if unit.stands and change.marks(unit.id)
    }
    families: dict[int, list[int]] = {}
    for unit in state.values():
        if unit.parent_id in touched and unit.stands and unit.id not in shown:
            families.setdefault(unit.parent_id or 0, []).append(unit.id)
    for members in families.values():
        if len(members) <= _ALWAYS_SHOWN:
            shown.update(members)
    return shown
