"""Sets up new units: their code, their level, their place behind their siblings."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Max

from org import codes, errors, names, tree
from org.kinds import UnitKind, UnitNature, UnitOrigin
from org.models import Unit
from org.queries import namesakes, obstacles
from org.queries import units as queries
from org.queries.units import UnitName

SORT_STEP: Final = 1000
"""Between siblings that follow each other, so that another may come between."""
_CODED_BY_STATE: Final = frozenset({UnitKind.REGION, UnitKind.GROUP})


@dataclass(frozen=True, slots=True)
class Wanted:
    """A unit as somebody would set it up; without a level it has its place's, without a sort it
    comes last."""

    name: str
    kind: UnitKind
    short_name: str = ""
    code: str = ""
    level: int | None = None
    sort: int | None = None
    phone: str = ""
    address: str = ""
    other_names: Sequence[str] = ()
    nature: UnitNature | str = ""
    note: str = ""


def found(
    wanted: Wanted, *, room: tree.Room, now: datetime, replacing: Collection[int] = ()
) -> Unit:
    """The unit stands below the parent, in the room that tree.room_below found there.

    It may bear the name of a unit that it replaces. KindNotAllowedHere, DepartmentsTooDeep,
    UnitNameTaken, BadUnitCode, UnitCodeTaken.
    """
    parent = room.parent.unit
    level = obstacles.level_below(parent, wanted.kind) if wanted.level is None else wanted.level
    here = UnitName(0, "", wanted.name, "", wanted.kind, level, parent.id)
    obstacles.raise_first(obstacles.misplaced(parent, [here]))
    obstacles.raise_first(namesakes.clash(parent.id, wanted.name, but=replacing))
    unit = Unit(
        code=code_for(wanted.kind, wanted.code, level=level, parent_code=parent.code),
        name=wanted.name,
        short_name=short(wanted.name, wanted.short_name),
        other_names=list(wanted.other_names),
        nature=wanted.nature,
        kind=wanted.kind,
        level=level,
        sort=_after(room.hole.last_sort) if wanted.sort is None else wanted.sort,
        valid_from=now,
        phone=wanted.phone,
        address=wanted.address,
        note=wanted.note,
        origin=UnitOrigin.ENTERED,
    )
    try:
        return tree.insert_in(room, unit)
    except tree.CodeTaken as clash:
        raise taken(unit.code) from clash


def code_for(kind: UnitKind, code: str, *, level: int, parent_code: str) -> str:
    """The code as it is stored: checked where others give it, made up where it is ours."""
    given = code.strip().upper()
    if kind is UnitKind.ORGAN:
        fault = codes.credit_fault(given) if given else ""
        short_code = given or codes.temporary_code()
    elif is_coded_by_state(kind):
        short_code = codes.division_code(given)
        fault = codes.division_fault(short_code, level=level, parent_code=parent_code)
    else:
        return f"N{uuid.uuid4().hex[:15].upper()}"
    if fault:
        raise errors.BadUnitCode(unit_code=given, reason=fault)
    return short_code


def is_coded_by_state(kind: str) -> bool:
    """Statistics give the code, and may give another."""
    return kind in _CODED_BY_STATE


def taken(code: str) -> errors.UnitCodeTaken:
    """The refusal of a code that another unit has, with the name of that unit."""
    holder = queries.by_code(code)
    return errors.UnitCodeTaken(unit_code=code, holder=f"“{holder.name}”" if holder else "")


def short(name: str, short_name: str) -> str:
    """The short name; the name itself where none is given."""
    return (short_name or name)[: names.SHORT_NAME_AT_MOST]


def behind(parent_id: int, *, but: int | None = None) -> int:
    """The place behind all units below the parent, but for that one."""
    siblings = Unit.objects.filter(parent_id=parent_id)
    if but is not None:
        siblings = siblings.exclude(pk=but)
    last: int | None = siblings.aggregate(last=Max("sort"))["last"]
    return _after(last)


def _after(last: int | None) -> int:
    return SORT_STEP if last is None else last + SORT_STEP
