"""What stands in the way of an operation on units: why not, the weightiest reason first.

Previews show it before anyone confirms, services judge by the same once they hold the locks.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from core.actor import Actor, ActorKind
from core.errors import DomainError
from org import codes, errors, placing
from org.kinds import AdminRole, UnitKind
from org.queries import units
from org.queries.units import UnitName

_LASTS: Final = "(a.valid_to IS NULL OR a.valid_to > %(at)s)"
_NESTED: Final = """
WITH RECURSIVE below AS (
  SELECT id, 1 AS deep FROM org_unit WHERE id = %(id)s AND kind = 'department'
  UNION ALL
  SELECT c.id, b.deep + 1 FROM org_unit c JOIN below b ON c.parent_id = b.id
   WHERE c.kind = 'department'
) SELECT coalesce(max(deep), 0) FROM below"""
NAMED_AT_MOST: Final = 5


@dataclass(frozen=True, slots=True)
class Holder:
    """A right over one of the units asked for, and what it is in words."""

    grant_id: int
    root_id: int
    words: str


@dataclass(frozen=True, slots=True)
class Part:
    """A unit given off by a split: its names, and what goes with it."""

    name: str
    kind: UnitKind
    department_ids: tuple[int, ...] = ()
    appointment_ids: tuple[int, ...] = ()
    short_name: str = ""
    code: str = ""


def raise_first(found: Sequence[DomainError]) -> None:
    """Nothing stands in the way; otherwise the weightiest reason is raised."""
    if found:
        raise found[0]


def to_move(unit_id: int, parent_id: int, *, at: datetime) -> list[DomainError]:
    """Why the unit can't stand below that parent, the weightiest first; empty where it can."""
    named = units.names([unit_id, parent_id])
    if unit_id not in named or parent_id not in named:
        return [errors.UnitNotFound()]
    unit, parent = named[unit_id], named[parent_id]
    if units.is_within(parent_id, unit_id):
        return [errors.UnitBelowItself()]
    if _standing([unit_id, parent_id]) < 2:
        return [errors.UnitAbolished()]
    if unit.parent_id == parent_id:
        return [errors.UnitStandsThere(parent=parent.name)]
    return misplaced(parent, [unit])


def to_reorder(unit_id: int, before_id: int | None, *, at: datetime) -> list[DomainError]:
    """Why the unit can't stand before that one (None: last)."""
    asked = [unit_id] if before_id is None else [unit_id, before_id]
    named = units.names(asked)
    if len(named) < len(set(asked)):
        return [errors.UnitNotFound()]
    if _standing(asked) < len(set(asked)):
        return [errors.UnitAbolished()]
    if len({named[one].parent_id for one in asked}) > 1 or before_id == unit_id:
        return [errors.NotSiblings()]
    return []


def to_abolish(unit_id: int, *, at: datetime, successor_id: int | None = None) -> list[DomainError]:
    """Why the unit must stand on: parts, people, rights over it."""
    asked = [unit_id] if successor_id is None else [unit_id, successor_id]
    if len(units.names(asked)) < len(asked):
        return [errors.UnitNotFound()]
    if _standing(asked) < len(set(asked)):
        return [errors.UnitAbolished()]
    found: list[DomainError] = []
    if parts_of([unit_id]) or appointments_in([unit_id], at=at):
        found.append(errors.UnitInUse())
    if successor_id is not None and units.is_within(successor_id, unit_id):
        found.append(errors.UnitBelowItself())
    rights = rights_rooted_at([unit_id], at=at)
    if rights:
        holders = listed([right.words for right in rights])
        found.append(errors.UnitAdministered(grants=len(rights), holders=holders))
    return found


def to_merge(unit_ids: Sequence[int], into_id: int | None, *, at: datetime) -> list[DomainError]:
    """Why these units can't become one; rights over them are no obstacle, they pass or end."""
    merged = set(unit_ids)
    if len(merged) < len(unit_ids) or into_id in merged or len(merged) < (1 if into_id else 2):
        return [errors.NothingToMerge()]
    asked = [*unit_ids, *([into_id] if into_id else [])]
    named = units.names(asked)
    if len(named) < len(asked):
        return [errors.UnitNotFound()]
    if _standing(asked) < len(asked):
        return [errors.UnitAbolished()]
    if into_id is not None and any(units.is_within(into_id, one) for one in unit_ids):
        return [errors.UnitBelowItself()]
    nested = _nested(unit_ids, named)
    if nested:
        return nested
    into = named[into_id] if into_id else named[unit_ids[0]]
    strangers = [named[one] for one in unit_ids if not _merges(named[one], into)]
    if strangers:
        return [errors.KindsDoNotMerge(merged=strangers[0].name, into=into.name)]
    return misplaced(into, parts_of(unit_ids))


def to_split(unit_id: int, parts: Sequence[Part], *, at: datetime) -> list[DomainError]:
    """Why the unit can't give off these parts."""
    if not parts:
        return [errors.NothingToSplit()]
    unit = units.names([unit_id]).get(unit_id)
    if unit is None:
        return [errors.UnitNotFound()]
    if not _standing([unit_id]):
        return [errors.UnitAbolished()]
    above = units.names([unit.parent_id]).get(unit.parent_id) if unit.parent_id else None
    if above is None:
        return [errors.KindNotAllowedHere(parent="—", child=UnitKind(unit.kind).label)]
    departments = [child for part in parts for child in part.department_ids]
    appointments = [held for part in parts for held in part.appointment_ids]
    inner = {child.id: child for child in parts_of([unit_id])}
    held = {row[0] for row in appointments_in([unit_id], at=at)}
    if (
        len(set(departments)) < len(departments)
        or len(set(appointments)) < len(appointments)
        or not inner.keys() >= set(departments)
        or not held >= set(appointments)
    ):
        return [errors.NotPartOfUnit()]
    for part in parts:
        level = unit.level if part.kind == unit.kind else level_below(above, part.kind)
        new = UnitName(0, "", part.name, "", part.kind, level, unit.parent_id)
        found = misplaced(above, [new]) or misplaced(
            new, [inner[child] for child in part.department_ids]
        )
        if found:
            return found
    return codes_unfit(unit, above, parts)


def codes_unfit(unit: UnitName, above: UnitName, parts: Sequence[Part]) -> list[DomainError]:
    """Why the new units can't have the codes they were given; those without one get theirs."""
    seen: set[str] = set()
    for part in parts:
        code = part.code.strip().upper()
        if part.kind == UnitKind.ORGAN:
            fault = codes.credit_fault(code) if code else ""
        elif part.kind in (UnitKind.REGION, UnitKind.GROUP):
            level = unit.level if part.kind == unit.kind else level_below(above, part.kind)
            short = codes.division_code(code)
            fault = codes.division_fault(short, level=level, parent_code=above.code)
            code = code if fault else short
        else:
            continue
        if fault:
            return [errors.BadUnitCode(unit_code=code, reason=fault)]
        holder = units.by_code(code) if code else None
        if holder or code in seen:
            name = f"“{holder.name}”" if holder else "另一个新组织"
            return [errors.UnitCodeTaken(unit_code=code, holder=name)]
        seen.update({code} if code else ())
    return []


def misplaced(parent: UnitName, children: Iterable[UnitName]) -> list[DomainError]:
    """Why one of these may not stand directly below the parent; empty where all may."""
    nested = _departments_up(parent)
    for child in children:
        level = child.level if placing.keeps_level(child.kind) else parent.level
        below = _departments_down(child)
        above_place = placing.Place(parent.kind, parent.level, nested)
        place = placing.Place(child.kind, level, below)
        if placing.may_contain(above_place, place):
            continue
        if placing.too_deep(above_place, place):
            return [errors.DepartmentsTooDeep(most=placing.MOST_NESTED)]
        return [
            errors.KindNotAllowedHere(
                parent=UnitKind(parent.kind).label, child=UnitKind(child.kind).label
            )
        ]
    return []


def parts_of(unit_ids: Collection[int]) -> list[UnitName]:
    """The units directly below these that stand, in order."""
    rows = _fetch(
        "SELECT u.id, u.code, u.name, u.short_name, u.kind, u.level, u.parent_id FROM org_unit u"
        " WHERE u.parent_id = ANY(%(ids)s) AND u.valid_to IS NULL"
        " ORDER BY array_position(%(ids)s, u.parent_id), u.sort, u.id",
        {"ids": list(unit_ids)},
    )
    return [UnitName(*row) for row in rows]


def appointments_in(unit_ids: Collection[int], *, at: datetime) -> list[tuple[int, int]]:
    """Ids and people of the appointments in the units themselves that last or are to begin."""
    rows = _fetch(
        f"SELECT a.id, a.person_id FROM org_appointment a WHERE a.unit_id = ANY(%(ids)s) AND"
        f" {_LASTS} ORDER BY a.id",
        {"ids": list(unit_ids), "at": at},
    )
    return [(row[0], row[1]) for row in rows]


def rights_rooted_at(unit_ids: Collection[int], *, at: datetime) -> list[Holder]:
    """The rights granted over these units themselves, now or from a later day on."""
    rows = _fetch(
        "SELECT g.id, g.root_id, p.name, g.role FROM org_admingrant g"
        " JOIN org_person p ON p.id = g.person_id WHERE g.root_id = ANY(%(ids)s)"
        " AND g.revoked_at IS NULL AND (g.valid_until IS NULL OR g.valid_until > %(at)s)"
        " ORDER BY g.id",
        {"ids": list(unit_ids), "at": at},
    )
    return [Holder(row[0], row[1], f"{row[2]}（{AdminRole(row[3]).label}）") for row in rows]


def has_history(unit_id: int, *, actor: Actor) -> bool:
    """Somebody served in the unit, or something stood below it.

    For a provisioning system a unit that one founded has no history by its members: they came and
    went as it said, and it takes away again what it brought. For a person it has.
    """
    rows = _fetch(
        "SELECT EXISTS (SELECT 1 FROM org_unit WHERE parent_id = %(id)s)"
        " OR EXISTS (SELECT 1 FROM org_appointment WHERE unit_id = %(id)s)"
        " AND NOT (%(by_machine)s AND EXISTS (SELECT 1 FROM org_scimgroup s"
        " WHERE s.unit_id = %(id)s AND s.was_provisioned))",
        {"id": unit_id, "by_machine": actor.kind is ActorKind.APP},
    )
    return bool(rows[0][0])


def listed(words: Sequence[str]) -> str:
    """Some of them by name, and how many there are."""
    shown = "、".join(words[:NAMED_AT_MOST])
    return shown if len(words) <= NAMED_AT_MOST else f"{shown} 等 {len(words)} 项"


def level_below(above: UnitName, kind: str) -> int:
    """The level of a new unit of the kind right below that one."""
    return min(6, above.level + 1) if placing.keeps_level(kind) else above.level


def _nested(unit_ids: Sequence[int], named: Mapping[int, UnitName]) -> list[DomainError]:
    above = units.paths(unit_ids)
    for lower in unit_ids:
        for upper in above[lower][:-1]:
            if upper.id in unit_ids:
                return [errors.MergedAboveEachOther(lower=named[lower].name, upper=upper.name)]
    return []


def _merges(unit: UnitName, into: UnitName) -> bool:
    """Like goes into like; whatever may stand within an organ may also be dissolved into it."""
    if unit.kind == into.kind:
        return unit.level == into.level or not placing.keeps_level(unit.kind)
    return unit.kind in placing.ALLOWED_BELOW[UnitKind(into.kind)] and into.kind in (
        UnitKind.ORGAN,
        UnitKind.FIELD_OFFICE,
    )


def _standing(unit_ids: Collection[int]) -> int:
    """How many of the units stand. Nobody abolishes ahead of time, and whoever waited for a lock
    has an older clock than whoever held it: an end is an end, whatever the instant."""
    rows = _fetch(
        "SELECT count(*) FROM org_unit WHERE id = ANY(%(ids)s) AND valid_to IS NULL",
        {"ids": list(unit_ids)},
    )
    count: int = rows[0][0]
    return count


def _departments_up(unit: UnitName) -> int:
    if unit.kind != UnitKind.DEPARTMENT or not unit.id:
        return int(unit.kind == UnitKind.DEPARTMENT)
    count = 0
    for above in reversed(units.path(unit.id)):
        if above.kind != UnitKind.DEPARTMENT:
            break
        count += 1
    return count


def _departments_down(unit: UnitName) -> int:
    if unit.kind != UnitKind.DEPARTMENT or not unit.id:
        return int(unit.kind == UnitKind.DEPARTMENT)
    deep: int = _fetch(_NESTED, {"id": unit.id})[0][0]
    return deep


def _fetch(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
