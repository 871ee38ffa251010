"""Lines of work (条线): founded, joined by units, and held together by relations."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, connection, transaction

from core import audit, db
from core.actor import Actor, ActorKind
from org import errors, policies
from org.kinds import AdminRole, LineRelationKind, LineRole
from org.models import Line, LineRelation, LineUnit, Unit
from org.queries import authority, line_proposals, units
from org.queries import lines as queries
from org.usual_lines import UsualLine

# Whether `upper` already stands below `lower`, by any chain of relations that hold.
_STANDS_BELOW = """
WITH RECURSIVE below AS (
  SELECT r.lower_id FROM org_linerelation r
   WHERE r.line_id = %(line)s AND r.upper_id = %(lower)s AND r.valid_to IS NULL
  UNION
  SELECT r.lower_id FROM org_linerelation r JOIN below b ON b.lower_id = r.upper_id
   WHERE r.line_id = %(line)s AND r.valid_to IS NULL
) SELECT EXISTS (SELECT 1 FROM below WHERE lower_id = %(upper)s)"""


@dataclass(frozen=True, slots=True)
class Seeded:
    """What founding the usual lines added."""

    lines: int
    units: int


@db.service
def define(
    *,
    actor: Actor,
    root_id: int,
    name: str,
    code: str,
    now: datetime,
    name_endings: Sequence[str] = (),
    sort: int = 0,
) -> int:
    """A line runs through the units below the root; returns its id.

    LineTaken where the root keeps one of this name or code already.
    """
    _permit(actor, [root_id], at=now)
    _standing(root_id, at=now)
    line = Line(root_id=root_id, name=name, code=code, sort=sort, name_endings=list(name_endings))
    try:
        with transaction.atomic():
            line.save(force_insert=True)
    except IntegrityError as clash:
        raise errors.LineTaken(name=name) from clash
    _record(actor, "org.line.defined", line, now, unit_id=root_id, detail={"name": name})
    return line.pk


@db.service
def update(
    *, actor: Actor, line_id: int, name: str, name_endings: Sequence[str], now: datetime
) -> None:
    """The line carries the name, and the endings by which units are proposed for it."""
    line = _locked(line_id)
    _permit(actor, [line.root_id], at=now)
    try:
        with transaction.atomic():
            Line.objects.filter(pk=line_id).update(name=name, name_endings=list(name_endings))
    except IntegrityError as clash:
        raise errors.LineTaken(name=name) from clash
    detail = {"before": line.name, "after": name}
    _record(actor, "org.line.updated", line, now, unit_id=line.root_id, detail=detail)


@db.service
def end(*, actor: Actor, line_id: int, now: datetime) -> None:
    """The line runs no longer, nor does anything in it; its history stays."""
    line = _locked(line_id)
    _permit(actor, [line.root_id], at=now)
    for model in (LineUnit, LineRelation):
        model.objects.filter(line_id=line_id, valid_to__isnull=True).update(valid_to=now)
    Line.objects.filter(pk=line_id).update(ended_at=now)
    _record(actor, "org.line.ended", line, now, unit_id=line.root_id, detail={"name": line.name})


@db.service
def place(
    *,
    actor: Actor,
    line_id: int,
    unit_ids: Collection[int],
    now: datetime,
    role: LineRole = LineRole.LEAD,
) -> int:
    """The units serve the line from now on; returns how many were not in it before.

    Takes the right over each of the units; OutsideLine for one that is not below the line's root.
    """
    line = _locked(line_id)
    wanted = sorted(set(unit_ids))
    _permit(actor, wanted, at=now)
    standing = units.standing(wanted, at=now)
    if len(standing) != len(wanted):
        raise errors.UnitNotFound
    _require_below_root(line, wanted)
    held = set(
        LineUnit.objects.filter(
            line_id=line_id, unit_id__in=wanted, valid_to__isnull=True
        ).values_list("unit_id", flat=True)
    )
    added = [unit_id for unit_id in wanted if unit_id not in held]
    LineUnit.objects.bulk_create(
        LineUnit(line_id=line_id, unit_id=unit_id, role=role, valid_from=now) for unit_id in added
    )
    if added:
        detail = {"name": line.name, "role": role.value, "unit_ids": added}
        _record(actor, "org.line.units_added", line, now, unit_id=line.root_id, detail=detail)
    return len(added)


@db.service
def set_role(*, actor: Actor, line_id: int, unit_id: int, role: LineRole, now: datetime) -> None:
    """The unit serves the line in this role from now on; what it did before stays in history."""
    line = _locked(line_id)
    _permit(actor, [unit_id], at=now)
    held = _held(line, unit_id)
    if held.role == role:
        return
    LineUnit.objects.filter(pk=held.pk).update(valid_to=now)
    LineUnit.objects.create(line_id=line_id, unit_id=unit_id, role=role, valid_from=now)
    detail = {"name": line.name, "before": held.role, "after": role.value}
    _record(actor, "org.line.role_set", line, now, unit_id=unit_id, detail=detail)


@db.service
def withdraw(*, actor: Actor, line_id: int, unit_id: int, now: datetime) -> None:
    """The unit serves the line no longer, and stands in none of its relations."""
    line = _locked(line_id)
    if not policies.may_manage_units(actor, line.root_id, at=now):
        _permit(actor, [unit_id], at=now)
    held = _held(line, unit_id)
    LineUnit.objects.filter(pk=held.pk).update(valid_to=now)
    for side in ("lower_id", "upper_id"):
        LineRelation.objects.filter(
            line_id=line_id, valid_to__isnull=True, **{side: unit_id}
        ).update(valid_to=now)
    _record(actor, "org.line.unit_removed", line, now, unit_id=unit_id, detail={"name": line.name})


@db.service
def relate(
    *,
    actor: Actor,
    line_id: int,
    lower_id: int,
    upper_id: int,
    kind: LineRelationKind,
    now: datetime,
) -> int:
    """Within the line the lower unit answers to the upper one; returns the relation's id.

    Takes the right over both. LineRelationCircle where the upper one stands below the lower.
    """
    # The line's row is the lock under which nobody else closes a circle.
    line = _locked(line_id)
    _permit(actor, [lower_id, upper_id], at=now)
    for unit_id in (lower_id, upper_id):
        _held(line, unit_id)
    if lower_id == upper_id or _stands_below(line_id, upper_id=upper_id, lower_id=lower_id):
        names = units.names([lower_id, upper_id])
        raise errors.LineRelationCircle(upper=names[upper_id].name, lower=names[lower_id].name)
    given = LineRelation(
        line_id=line_id, lower_id=lower_id, upper_id=upper_id, kind=kind, valid_from=now
    )
    try:
        with transaction.atomic():
            given.save(force_insert=True)
    except IntegrityError as clash:
        raise errors.LineRelationGiven from clash
    detail = {"name": line.name, "unit_ids": [upper_id], "kind": kind.value}
    _record(actor, "org.line.related", line, now, unit_id=lower_id, detail=detail)
    return given.pk


@db.service
def unrelate(*, actor: Actor, relation_id: int, now: datetime) -> None:
    """The relation holds no longer. Whoever keeps the line or manages the lower unit may end it."""
    held = (
        LineRelation.objects.select_for_update(no_key=True)
        .filter(pk=relation_id, valid_to__isnull=True)
        .first()
    )
    if held is None:
        raise errors.LineRelationNotFound
    line = _locked(held.line_id)
    if not policies.may_manage_units(actor, line.root_id, at=now):
        _permit(actor, [held.lower_id], at=now)
    LineRelation.objects.filter(pk=relation_id).update(valid_to=now)
    detail = {"name": line.name, "unit_ids": [held.upper_id], "kind": held.kind}
    _record(actor, "org.line.unrelated", line, now, unit_id=held.lower_id, detail=detail)


@db.service
def seed(*, actor: Actor, root_id: int, usual: Sequence[UsualLine], now: datetime) -> Seeded:
    """The usual lines run below the root, with every unit in them whose name says so.

    A second run adds only what has come since.
    """
    known = {line.code: line.id for line in queries.lines_of_root(root_id)}
    founded = placed = 0
    for sort, line in enumerate(usual, start=1):
        line_id = known.get(line.code)
        if line_id is None:
            line_id = define(
                actor=actor,
                root_id=root_id,
                name=line.name,
                code=line.code,
                name_endings=line.endings,
                sort=sort,
                now=now,
            )
            founded += 1
        proposed = line_proposals.proposal(line_id, line.endings, root_id=root_id, at=now)
        if proposed:
            unit_ids = [unit.id for unit in proposed]
            placed += place(actor=actor, line_id=line_id, unit_ids=unit_ids, now=now)
    return Seeded(lines=founded, units=placed)


def _permit(actor: Actor, unit_ids: Sequence[int], *, at: datetime) -> None:
    if actor.kind is ActorKind.SYSTEM:
        return
    administrator = policies.Administrator(actor.require_person(), AdminRole.ORG)
    if authority.administered(administrator, unit_ids, at=at) != set(unit_ids):
        raise errors.OutOfScope


def _locked(line_id: int) -> Line:
    line = (
        Line.objects.select_for_update(no_key=True)
        .filter(pk=line_id, ended_at__isnull=True)
        .first()
    )
    if line is None:
        raise errors.LineNotFound
    return line


def _standing(unit_id: int, *, at: datetime) -> None:
    if unit_id not in units.standing([unit_id], at=at):
        raise errors.UnitNotFound


def _held(line: Line, unit_id: int) -> LineUnit:
    held = LineUnit.objects.filter(line_id=line.pk, unit_id=unit_id, valid_to__isnull=True).first()
    if held is None:
        unit = Unit.objects.filter(pk=unit_id).first()
        raise errors.NotInLine(unit=unit.name if unit else "")
    return held


def _require_below_root(line: Line, unit_ids: Sequence[int]) -> None:
    strangers = line_proposals.outside(line.root_id, unit_ids)
    if strangers:
        names = units.names([strangers[0], line.root_id])
        raise errors.OutsideLine(unit=names[strangers[0]].name, root=names[line.root_id].name)


def _stands_below(line_id: int, *, upper_id: int, lower_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_STANDS_BELOW, {"line": line_id, "upper": upper_id, "lower": lower_id})
        return bool(cursor.fetchone()[0])


def _record(
    actor: Actor,
    action: str,
    line: Line,
    now: datetime,
    *,
    unit_id: int,
    detail: Mapping[str, object],
) -> None:
    audit.record(
        actor=actor,
        action=action,
        object_kind="org.line",
        object_id=line.pk,
        unit_id=unit_id,
        now=now,
        detail=detail,
    )
