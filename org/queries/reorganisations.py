"""Reorganisations (机构改革): who sees which, how their steps read, and where they stand."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from core import paging
from core.actor import Actor
from org import errors, policies
from org import reorganisation_steps as shapes
from org.kinds import AdminRole, ReorganisationStatus, StepKind
from org.models import Person, Reorganisation, ReorganisationEvent, ReorganisationStep
from org.queries import units

_PAGES: Final = paging.Cursors("org.reorganisations", tuple[int])
_COLUMNS = (
    "n.id, n.title, n.basis, n.scope_id, u.name, n.status, n.revision, n.drafted_by_id, d.name,"
    " n.drafted_at, n.submitted_at, n.approved_by_id, a.name, n.approved_at, n.effective_at,"
    " n.reason, n.failed_step, n.outcome,"
    " (SELECT count(*) FROM org_reorganisationstep s WHERE s.reorganisation_id = n.id)"
)
_FROM = (
    "FROM org_reorganisation n JOIN org_unit u ON u.id = n.scope_id"
    " JOIN org_person d ON d.id = n.drafted_by_id"
    " LEFT JOIN org_person a ON a.id = n.approved_by_id"
)
# Whoever drafted it sees it still when he administers the scope no longer; drafts are otherwise
# the drafter's own until they are submitted.
_SEES = (
    "(n.drafted_by_id = %(administrator)s OR"
    f" (n.submitted_at IS NOT NULL AND {policies.ADMINISTERED}))"
)
AWAITS: Final = (
    f"n.status = 'submitted' AND n.drafted_by_id <> %(administrator)s AND {policies.ADMINISTERED}"
)
"""The reorganisations n over units u that wait for this administrator."""
OPEN: Final = (
    ReorganisationStatus.DRAFT,
    ReorganisationStatus.REJECTED,
    ReorganisationStatus.WITHDRAWN,
    ReorganisationStatus.FAILED,
)
"""Where the drafter may edit and submit."""


@dataclass(frozen=True, slots=True)
class ReorganisationCard:
    """A reorganisation with where it stands."""

    id: int
    title: str
    basis: str
    scope_id: int
    scope_name: str
    status: str
    revision: int
    drafter_id: int
    drafter_name: str
    drafted_at: datetime
    submitted_at: datetime | None
    approver_id: int | None
    approver_name: str | None
    approved_at: datetime | None
    effective_at: datetime | None
    reason: str
    failed_step: int | None
    outcome: dict[str, Any] | None
    step_count: int

    @property
    def status_name(self) -> str:
        """The status in words."""
        return str(ReorganisationStatus(self.status).label)

    @property
    def is_open(self) -> bool:
        """The drafter may edit and submit it."""
        return self.status in OPEN


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step as it is stored and as a person reads it."""

    id: int
    position: int
    kind: str
    kind_name: str
    step: shapes.Step
    sentence: str

    @property
    def payload(self) -> dict[str, Any]:
        """The step as it is stored."""
        return shapes.dump(self.step)


@dataclass(frozen=True, slots=True)
class EventRow:
    """Something that befell a reorganisation."""

    status: str
    status_name: str
    person_name: str
    remark: str
    at: datetime


def listing(
    actor: Actor,
    *,
    at: datetime,
    statuses: Collection[ReorganisationStatus] = (),
    cursor: str | None = None,
    limit: int = 30,
) -> paging.Page[ReorganisationCard]:
    """The reorganisations that the actor may see, the latest first."""
    before = (_PAGES.decode(cursor) or (2**62,))[0]
    rows = _fetch(
        f"SELECT {_COLUMNS} {_FROM} WHERE n.id < %(before)s AND {_SEES}"
        " AND (%(any)s OR n.status = ANY(%(statuses)s)) ORDER BY n.id DESC LIMIT %(limit)s",
        {
            "before": before,
            "at": at,
            "any": not statuses,
            "statuses": [status.value for status in statuses],
            "limit": limit + 1,
            **_administrator(actor),
        },
    )
    items = [_card(row) for row in rows[:limit]]
    return paging.Page(items, _PAGES.encode((items[-1].id,)) if len(rows) > limit else None)


def awaiting(actor: Actor, *, at: datetime, limit: int) -> list[ReorganisationCard]:
    """What waits for the actor's approval, the latest first."""
    rows = _fetch(
        f"SELECT {_COLUMNS} {_FROM} WHERE {AWAITS} ORDER BY n.submitted_at DESC LIMIT %(limit)s",
        {"at": at, "limit": limit, **_administrator(actor)},
    )
    return [_card(row) for row in rows]


def counts(actor: Actor, *, at: datetime) -> dict[str, int]:
    """How many the actor may see, by status."""
    rows = _fetch(
        f"SELECT n.status, count(*) {_FROM} WHERE {_SEES} GROUP BY n.status",
        {"at": at, **_administrator(actor)},
    )
    return dict(rows)


def card(actor: Actor, reorganisation_id: int, *, at: datetime) -> ReorganisationCard:
    """One that the actor may see; ReorganisationNotFound otherwise."""
    rows = _fetch(
        f"SELECT {_COLUMNS} {_FROM} WHERE n.id = %(id)s AND {_SEES}",
        {"id": reorganisation_id, "at": at, **_administrator(actor)},
    )
    if not rows:
        raise errors.ReorganisationNotFound
    return _card(rows[0])


def of_news(reorganisation_id: int) -> ReorganisationCard | None:
    """One by id, for what the platform itself tells about it."""
    rows = _fetch(f"SELECT {_COLUMNS} {_FROM} WHERE n.id = %(id)s", {"id": reorganisation_id})
    return _card(rows[0]) if rows else None


def steps(reorganisation_id: int) -> list[StepRow]:
    """The steps in their order, each with its sentence."""
    rows = list(
        ReorganisationStep.objects.filter(reorganisation_id=reorganisation_id)
        .order_by("position", "id")
        .values_list("id", "position", "kind", "payload")
    )
    parsed = {row[0]: shapes.parse(StepKind(row[2]), row[3]) for row in rows}
    name_of, person_name = namers(parsed)
    return [
        StepRow(
            id=step_id,
            position=position,
            kind=kind,
            kind_name=str(StepKind(kind).label),
            step=parsed[step_id],
            sentence=shapes.sentence(parsed[step_id], name_of, person_name),
        )
        for step_id, position, kind, _payload in rows
    ]


def namers(
    parsed: Mapping[int, shapes.Step],
) -> tuple[Callable[[shapes.Ref], str], Callable[[int], str]]:
    """How the steps' units and people are called; units that a step renames keep their old name.

    A township organ bears a department's name often enough, so departments carry their organ's.
    """
    spoken = [ref for step in parsed.values() for ref in shapes.refs(step)]
    named = units.names({ref.unit_id for ref in spoken if ref.unit_id is not None})
    above = units.names({unit.parent_id for unit in named.values() if unit.parent_id is not None})
    person_ids = [step.person_id for step in parsed.values() if isinstance(step, shapes.Transfer)]
    people = dict(Person.objects.filter(pk__in=person_ids).values_list("id", "name"))

    def name_of(ref: shapes.Ref) -> str:
        if ref.unit_id is not None:
            return _called(ref.unit_id, named, above)
        made = parsed.get(ref.step_id or 0)
        names = shapes.names_made(made) if made is not None else ()
        return names[ref.part] if ref.part < len(names) else "（已删除的步骤所设组织）"

    return name_of, lambda person_id: people.get(person_id, "（找不到的人员）")


def timeline(reorganisation_id: int) -> list[EventRow]:
    """What befell it, oldest first."""
    rows = (
        ReorganisationEvent.objects.filter(reorganisation_id=reorganisation_id)
        .order_by("id")
        .values_list("status", "person__name", "remark", "at")
    )
    return [
        EventRow(status, str(ReorganisationStatus(status).label), person or "系统", remark, at)
        for status, person, remark, at in rows
    ]


def approvers(reorganisation_id: int, *, at: datetime) -> list[int]:
    """The people who may decide about it: organisation administrators of its scope but one."""
    rows = _fetch(
        "SELECT DISTINCT g.person_id FROM org_reorganisation n JOIN org_unit u ON u.id = n.scope_id"
        " JOIN org_admingrant g ON g.role = 'org' AND g.revoked_at IS NULL"
        "  AND g.valid_from <= %(at)s AND (g.valid_until IS NULL OR g.valid_until > %(at)s)"
        " JOIN org_unit r ON r.id = g.root_id AND (u.id = r.id OR (g.subtree"
        "  AND u.tree_id = r.tree_id AND u.lft BETWEEN r.lft AND r.rght))"
        "  AND (g.highest_level IS NULL OR u.level >= g.highest_level)"
        "  AND (g.line_id IS NULL OR org_in_line(u.id, g.line_id, %(at)s))"
        " WHERE n.id = %(id)s AND g.person_id <> n.drafted_by_id ORDER BY g.person_id",
        {"id": reorganisation_id, "at": at},
    )
    return [row[0] for row in rows]


def exists(reorganisation_id: int) -> bool:
    """Whether there is one with this id, seen or not."""
    return Reorganisation.objects.filter(pk=reorganisation_id).exists()


def _administrator(actor: Actor) -> dict[str, int | str]:
    return policies.Administrator(actor.require_person(), AdminRole.ORG).values


def _called(
    unit_id: int, named: Mapping[int, units.UnitName], above: Mapping[int, units.UnitName]
) -> str:
    unit = named.get(unit_id)
    if unit is None:
        return "（找不到的组织）"
    parent = above.get(unit.parent_id or 0)
    if unit.kind == "department" and parent is not None:
        return f"{parent.name}{unit.name}"
    return unit.name


def _card(row: Sequence[Any]) -> ReorganisationCard:
    fields = dict(zip(ReorganisationCard.__slots__, row, strict=True))
    # Raw statements give JSON as the text that it is stored as.
    fields["outcome"] = json.loads(fields["outcome"]) if fields["outcome"] else None
    return ReorganisationCard(**fields)


def _fetch(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
