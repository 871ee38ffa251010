"""What changed in the organisation, in the words of the people who read it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from org.kinds import AppointmentKind, ChangeKind, UnitKind, UnitNature
from org.queries import units
from org.queries.history import Change

_LABELS: Final = {
    "name": "名称",
    "short_name": "简称",
    "other_names": "其他名称",
    "code": "编码",
    "kind": "类型",
    "nature": "机构性质",
    "phone": "联系电话",
    "address": "办公地址",
    "note": "备注",
    "parent_id": "上级",
    "position": "位次",
    "units": "随同组织",
    "into_id": "并入",
    "merged_ids": "并入的组织",
    "new_ids": "分出的组织",
    "successor_ids": "承接单位",
    "people": "转入人数",
    "unit_id": "组织",
    "title": "职务",
    "order": "排序",
    "office_phone": "办公电话",
    "valid_from": "开始",
    "valid_to": "结束",
}
_UNITS: Final = frozenset(
    {"parent_id", "into_id", "merged_ids", "new_ids", "successor_ids", "unit_id"}
)
_ENDINGS: Final = frozenset({ChangeKind.MERGE, ChangeKind.ABOLISH})
_KINDS: Final = {**dict(UnitKind.choices), **dict(AppointmentKind.choices)}
_NATURES: Final = dict(UnitNature.choices)


@dataclass(frozen=True, slots=True)
class Row:
    """One thing before and after; what was not there before has no before."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Line:
    """One change as the page shows it."""

    title: str
    at: datetime
    by: str
    basis: str
    rows: tuple[Row, ...]


def lines(changes: Iterable[Change], *, of_unit_id: int) -> list[Line]:
    """The changes in words; other units than the one shown are named."""
    listed = list(changes)
    spoken = {one for change in listed for one in _spoken(change)}
    names = {unit.id: unit.name for unit in units.names(spoken).values()}
    return [_line(change, names, of_unit_id) for change in listed]


def _line(change: Change, names: Mapping[int, str], of_unit_id: int) -> Line:
    of = change.person_name or ("" if change.unit_id == of_unit_id else change.unit_name)
    by = f"{change.actor_name}办理"
    if change.approver_name:
        by += f"，{change.approver_name}复核"
    return Line(
        title=f"{change.kind_name}　{of}" if of else change.kind_name,
        at=change.effective_at,
        by=by,
        basis=change.basis,
        rows=tuple(_rows(change, names)),
    )


def _rows(change: Change, names: Mapping[int, str]) -> Iterable[Row]:
    keys = dict.fromkeys([*change.after, *change.before])
    for key in keys:
        if key == "units" and change.after[key] == 1:
            # Nothing but the unit itself.
            continue
        if key not in change.after and change.kind in _ENDINGS:
            # The unit still bears it, for all that it stands no longer.
            continue
        before = _shown(key, change.before.get(key), names)
        after = _shown(key, change.after.get(key), names)
        if before != after:
            yield Row(_LABELS.get(key, key), before, after or "（空）")


def _shown(key: str, value: object, names: Mapping[int, str]) -> str:
    if isinstance(value, list):
        return "、".join(_shown(key, one, names) for one in value)
    if value is None or value == "":
        return ""
    if key in _UNITS and isinstance(value, int):
        return names.get(value, str(value))
    if key == "kind":
        return str(_KINDS.get(str(value), value))
    if key == "nature":
        return str(_NATURES.get(str(value), value))
    if key == "position":
        return f"第 {value} 位"
    return str(value)


def _spoken(change: Change) -> Iterable[int]:
    for side in (change.before, change.after):
        for key in _UNITS & side.keys():
            value = side[key]
            yield from (one for one in (value if isinstance(value, list) else [value]) if one)
