"""What an operation on units would touch, and what stands in its way.

The pages show it before anyone confirms; the services judge by the same obstacles once they hold
the locks, so what was shown is what happens.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from core.actor import Actor
from core.errors import DomainError
from org import errors, placing, policies
from org.kinds import Scene
from org.queries import (
    appointments,
    authority,
    namesakes,
    obstacles,
    people,
    units,
    visibility,
)
from org.queries.obstacles import Part
from org.queries.units import UnitName

_LIVE: Final = (
    "g.revoked_at IS NULL AND g.valid_from <= %(at)s"
    " AND (g.valid_until IS NULL OR g.valid_until > %(at)s)"
)
_STANDS: Final = "u.valid_from <= %(at)s AND (u.valid_to IS NULL OR u.valid_to > %(at)s)"
_LASTS: Final = "(a.valid_to IS NULL OR a.valid_to > %(at)s)"


@dataclass(frozen=True, slots=True)
class Impact:
    """What an operation touches; `notes` are lines for the page, `blocking` reasons why not.

    `people` hold posts in the units touched, now or later; `accounts` are the active ones of
    these; `grants` are rights over the units touched.
    """

    units: int
    people: int
    grants: int
    accounts: int
    notes: tuple[str, ...] = ()
    blocking: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Touched:
    """The counts of an Impact."""

    units: int
    people: int
    grants: int
    accounts: int


def permit_foresight(
    actor: Actor,
    unit_ids: Iterable[int],
    *,
    at: datetime,
    beside: Collection[int | None] = (),
) -> None:
    """The actor administers the units and may know what hangs from them; UnitNotFound.

    Those `beside` (a new parent, a successor) must be there for whoever looks at the tree.
    """
    for unit_id in unit_ids:
        if not policies.may_manage_units(actor, unit_id, at=at):
            raise errors.UnitNotFound
    named = {unit_id for unit_id in beside if unit_id is not None}
    if not named:
        return
    viewer = visibility.viewer_of(actor, at=at)
    if visibility.shown_units(named, viewer=viewer, scene=Scene.TREE) != named:
        raise errors.UnitNotFound


def impact_of_move(actor: Actor, unit_id: int, *, parent_id: int, at: datetime) -> Impact:
    """The unit, all below it and the people there go; rights over them go with them.

    Who administers a place is told as far as it is the actor's business.
    """
    named = units.names([unit_id, parent_id])
    counts = touched([unit_id], at=at)
    notes = [_counted(counts, "随同移动")]
    unit, parent = named.get(unit_id), named.get(parent_id)
    if unit and parent:
        notes.insert(0, _way(unit, parent))
        notes += _change_of_administrators(actor, unit, parent, at=at)
        if not placing.keeps_level(unit.kind) and unit.level != parent.level:
            notes.append(f"级别由 {unit.level} 级变为 {parent.level} 级")
    found = list(obstacles.to_move(unit_id, parent_id, at=at))
    if unit and parent:
        found += namesakes.clash(parent_id, unit.name, but=[unit_id])
    return _impact(counts, notes, found)


def impact_of_reorder(unit_id: int, *, before_id: int | None, at: datetime) -> Impact:
    """The unit stands elsewhere among its siblings; nothing else changes."""
    before = units.names([before_id]).get(before_id) if before_id else None
    notes = [f"排到“{before.name}”之前" if before else "排到最后"]
    found = obstacles.to_reorder(unit_id, before_id, at=at)
    return _impact(Touched(units=1, people=0, grants=0, accounts=0), notes, found)


def impact_of_abolish(unit_id: int, *, at: datetime, successor_id: int | None = None) -> Impact:
    """The unit alone: what has parts, people or rights of its own is not abolished."""
    found = list(obstacles.to_abolish(unit_id, at=at, successor_id=successor_id))
    notes = ["历史保留，编码不再分配给其他组织"]
    successor = units.names([successor_id]).get(successor_id) if successor_id else None
    if successor:
        notes.append(f"原编码以后指向“{successor.name}”")
    notes += _lines_that_end([unit_id], at=at)
    return _impact(touched([unit_id], at=at), notes, found)


def impact_of_merge(
    unit_ids: Sequence[int], *, at: datetime, into_id: int | None = None, new_name: str = ""
) -> Impact:
    """The merged, all below them and the people there go over; the merged stand no longer."""
    named = units.names([*unit_ids, *([into_id] if into_id else [])])
    into = named.get(into_id) if into_id else None
    name = into.name if into else new_name
    counts = touched(unit_ids, at=at)
    merged = [named[unit_id].name for unit_id in unit_ids if unit_id in named]
    notes = [
        f"撤销：{obstacles.listed(merged)}，原编码以后指向“{name}”",
        _counted(counts, f"并入“{name}”"),
        *_rights_over(unit_ids, at=at),
        *_same_names(unit_ids, into_id),
        *_heads(unit_ids, into_id, at=at),
        *_lines_that_end(unit_ids, at=at),
    ]
    found = list(obstacles.to_merge(unit_ids, into_id, at=at))
    if new_name and not into and unit_ids and unit_ids[0] in named:
        found += namesakes.clash(named[unit_ids[0]].parent_id, new_name, but=unit_ids)
    return _impact(counts, notes, found)


def impact_of_split(unit_id: int, *, parts: Sequence[Part], at: datetime) -> Impact:
    """New units beside the unit, with the departments and people that are given off."""
    departments = [child for part in parts for child in part.department_ids]
    appointments = [held for part in parts for held in part.appointment_ids]
    counts = touched(departments, at=at, appointment_ids=appointments)
    notes = [
        f"新设“{part.name}”：下级组织 {len(part.department_ids)} 个，本级人员"
        f" {len(part.appointment_ids)} 人次"
        for part in parts
    ]
    unit = units.names([unit_id]).get(unit_id)
    if unit:
        notes.append(f"“{unit.name}”保留，其余组织和人员不变")
    new = Touched(counts.units + len(parts), counts.people, counts.grants, counts.accounts)
    found = list(obstacles.to_split(unit_id, parts, at=at))
    if unit:
        for part in parts:
            found += namesakes.clash(unit.parent_id, part.name)
    return _impact(new, notes, found)


def touched(
    unit_ids: Sequence[int], *, at: datetime, appointment_ids: Sequence[int] = ()
) -> Touched:
    """How many units, people, rights and accounts are at and below these units.

    The holders of the further appointments are counted too, each person once.
    """
    # Unit by unit: the planner does not know how few a range holds, and would read all people; an
    # array it takes for a few.
    row = _fetch(
        f"""
        WITH below AS MATERIALIZED (
          SELECT DISTINCT u.id FROM org_unit r JOIN org_unit u ON u.tree_id = r.tree_id
             AND u.lft BETWEEN r.lft AND r.rght WHERE r.id = ANY(%(ids)s) AND {_STANDS}
        ), held AS MATERIALIZED (
          SELECT a.person_id FROM below CROSS JOIN LATERAL (
            SELECT a.person_id FROM org_appointment a
             WHERE a.unit_id = below.id AND {_LASTS} OFFSET 0) a
          UNION
          SELECT a.person_id FROM org_appointment a
           WHERE a.id = ANY(%(appointments)s) AND {_LASTS}
        )
        SELECT (SELECT count(*) FROM below), (SELECT count(*) FROM held),
               (SELECT count(*) FROM org_admingrant g
                 WHERE g.root_id IN (SELECT id FROM below) AND {_LIVE}),
               (SELECT count(*) FROM org_account c WHERE c.is_active
                   AND c.person_id = ANY(ARRAY(SELECT person_id FROM held)))""",
        {"ids": list(unit_ids), "appointments": list(appointment_ids), "at": at},
    )[0]
    return Touched(*row)


def _way(unit: UnitName, parent: UnitName) -> str:
    """From where to where, each told by all that is above it."""
    ids = [parent.id, *([unit.parent_id] if unit.parent_id else [])]
    paths = {one: " / ".join(up.name for up in way) for one, way in units.paths(ids).items()}
    old = f"从“{paths[unit.parent_id]}”" if unit.parent_id else ""
    return f"“{unit.name}”{old}移到“{paths[parent.id]}”之下"


def _counted(counts: Touched, verb: str) -> str:
    return f"{counts.units} 个组织、{counts.people} 人、{counts.grants} 项管理权限{verb}"


def _change_of_administrators(
    actor: Actor, unit: UnitName, parent: UnitName, *, at: datetime
) -> list[str]:
    """Who administers the unit from above before the move and after it, where that differs."""
    before = _above(unit.parent_id, at=at) if unit.parent_id else set()
    after = _above(parent.id, at=at)
    lost, won = sorted(before - after), sorted(after - before)
    if actor.person_id is not None:
        known = authority.shown_to(actor.person_id, [unit.id, parent.id], at=at)
        lost = lost if unit.id in known else []
        won = won if parent.id in known else []
    lines = [f"不再由{obstacles.listed(lost)}管理"] if lost else []
    return [*lines, f"改由{obstacles.listed(won)}管理"] if won else lines


def _above(unit_id: int, *, at: datetime) -> set[str]:
    return {
        f"{grant.person_name}（{grant.role_name}）"
        for grant in authority.of_unit(unit_id, at=at)
        if grant.subtree
    }


def _rights_over(unit_ids: Sequence[int], *, at: datetime) -> list[str]:
    rights = obstacles.rights_rooted_at(unit_ids, at=at)
    if not rights:
        return []
    words = obstacles.listed([right.words for right in rights])
    return [f"授予在被合并组织上的权限：{words}。您有权授予的转到合并后的组织，其余收回"]


def _same_names(unit_ids: Sequence[int], into_id: int | None) -> list[str]:
    named = namesakes.told_apart(unit_ids, into_id)
    if not named:
        return []
    given = obstacles.listed([f"“{name}”" for name in named.values()])
    return [f"合并后有同名的下级组织，{len(named)} 个将加原组织名称以示区别：{given}"]


def _heads(unit_ids: Sequence[int], into_id: int | None, *, at: datetime) -> list[str]:
    whole = [*unit_ids, *([into_id] if into_id else [])]
    heads = [head for unit_id in whole if (head := appointments.head_of(unit_id, at=at))]
    if len(set(heads)) < 2:
        return []
    named = people.names(heads, at=at)
    return [f"合并后有多位主要负责人：{obstacles.listed([named[head].name for head in heads])}"]


def _lines_that_end(unit_ids: Sequence[int], *, at: datetime) -> list[str]:
    rows = _fetch(
        "SELECT DISTINCT l.name FROM org_line l JOIN org_lineunit s ON s.line_id = l.id"
        " WHERE s.unit_id = ANY(%(ids)s) AND (s.valid_to IS NULL OR s.valid_to > %(at)s)"
        " ORDER BY 1",
        {"ids": list(unit_ids), "at": at},
    )
    named = [row[0] for row in rows]
    return [f"退出条线：{obstacles.listed(named)}"] if named else []


def _impact(counts: Touched, notes: Iterable[str], found: Iterable[DomainError]) -> Impact:
    return Impact(
        units=counts.units,
        people=counts.people,
        grants=counts.grants,
        accounts=counts.accounts,
        notes=tuple(notes),
        blocking=tuple(obstacle.text for obstacle in found),
    )


def _fetch(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
