"""What abolished units leave to their successors: people, rights, lines, and the way to them.

Rights of the actor are the services' matter; each function runs in their transaction, under their
locks on the units.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection

from core.actor import Actor
from org import policies
from org.kinds import AdminRole, AppointmentKind, PostFunction
from org.models import AdminGrant, Appointment, Unit, UnitSuccession
from org.policies import Wanted
from org.writing import tenures

# What a unit did in a line its successor does from then on, unless it does so already.
_JOIN_LINES: Final = """
INSERT INTO org_lineunit (line_id, unit_id, role, valid_from)
SELECT DISTINCT ON (s.line_id) s.line_id, %(into)s, s.role, %(at)s FROM org_lineunit s
 WHERE s.unit_id = ANY(%(ids)s) AND s.valid_from <= %(at)s
   AND (s.valid_to IS NULL OR s.valid_to > %(at)s)
   AND NOT EXISTS (SELECT 1 FROM org_lineunit o WHERE o.line_id = s.line_id
          AND o.unit_id = %(into)s AND (o.valid_to IS NULL OR o.valid_to > %(at)s))
 ORDER BY s.line_id, s.role <> 'lead', s.id"""
_JOIN_RELATIONS: Final = """
INSERT INTO org_linerelation (line_id, lower_id, upper_id, kind, valid_from)
SELECT DISTINCT ON (moved.line_id, moved.lower_id, moved.upper_id)
       moved.line_id, moved.lower_id, moved.upper_id, moved.kind, %(at)s
  FROM (SELECT r.id, r.line_id, r.kind,
               CASE WHEN r.lower_id = ANY(%(ids)s) THEN %(into)s ELSE r.lower_id END AS lower_id,
               CASE WHEN r.upper_id = ANY(%(ids)s) THEN %(into)s ELSE r.upper_id END AS upper_id
          FROM org_linerelation r
         WHERE (r.lower_id = ANY(%(ids)s) OR r.upper_id = ANY(%(ids)s)) AND r.valid_from <= %(at)s
           AND (r.valid_to IS NULL OR r.valid_to > %(at)s)) moved
 WHERE moved.lower_id <> moved.upper_id
   AND NOT EXISTS (SELECT 1 FROM org_linerelation o WHERE o.line_id = moved.line_id
          AND o.lower_id = moved.lower_id AND o.upper_id = moved.upper_id
          AND (o.valid_to IS NULL OR o.valid_to > %(at)s))
 ORDER BY moved.line_id, moved.lower_id, moved.upper_id, moved.id"""
_LEAVE: Final = """
WITH gone AS (DELETE FROM org_{table} WHERE {whose} AND valid_from >= %(at)s)
UPDATE org_{table} SET valid_to = %(at)s WHERE {whose} AND valid_from < %(at)s
   AND (valid_to IS NULL OR valid_to > %(at)s)"""
_IN_LINES: Final = (
    ("lineunit", "unit_id = ANY(%(ids)s)"),
    ("linerelation", "(lower_id = ANY(%(ids)s) OR upper_id = ANY(%(ids)s))"),
)


@dataclass(frozen=True, slots=True)
class Carried:
    """A person whose appointment ended in one unit and goes on in another."""

    person_id: int
    title: str
    kind: str
    unit_id: int
    appointment_id: int | None
    """The one that goes on; None where the person served in the other unit already."""


@dataclass(frozen=True, slots=True)
class Passed:
    """A right over an abolished unit, and the one over its successor; None: it just ended."""

    grant_id: int
    person_id: int
    role: str
    unit_id: int
    successor_grant_id: int | None


def close(unit_ids: Collection[int], *, successor_ids: Sequence[int], at: datetime) -> None:
    """The units stand no longer; their codes lead to the successors."""
    # A reorganisation may set a unit up and merge it at one instant: it stood for a moment.
    Unit.objects.filter(pk__in=unit_ids, valid_from__gte=at).update(
        valid_from=at - timedelta(microseconds=1)
    )
    Unit.objects.filter(pk__in=unit_ids).update(valid_to=at)
    follow(unit_ids, successor_ids, at=at)


def follow(predecessor_ids: Iterable[int], successor_ids: Sequence[int], *, at: datetime) -> None:
    """It is known from then on who goes on with what the units did.

    A unit that was split and is later merged into a part of itself has that successor already.
    """
    UnitSuccession.objects.bulk_create(
        (
            UnitSuccession(predecessor_id=unit_id, successor_id=successor_id, since=at)
            for unit_id in sorted(predecessor_ids)
            for successor_id in successor_ids
        ),
        ignore_conflicts=True,
    )


def locked_appointments(
    *, unit_ids: Collection[int] = (), appointment_ids: Collection[int] = (), at: datetime
) -> list[Appointment]:
    """The appointments that last or are to begin, in those units or among those ids.

    Their people are locked first, then they, each in order of id.
    """
    rows = Appointment.objects.all()
    rows = rows.filter(unit_id__in=unit_ids) if unit_ids else rows.filter(pk__in=appointment_ids)
    tenures.lock_people(rows.values_list("person_id", flat=True))
    locked = rows.select_for_update(no_key=True, of=("self",)).select_related("post")
    return [held for held in locked.order_by("pk") if held.valid_to is None or held.valid_to > at]


def carry(appointments: Iterable[Appointment], *, into_id: int, at: datetime) -> list[Carried]:
    """Each goes on in the other unit, with its title, kind, order, phone and end.

    One that has not begun begins there. Who serves there in the same kind already does not twice.
    """
    carried = []
    for held in appointments:
        post = held.post
        since = max(at, held.valid_from)
        until = held.valid_to
        tenures.stop(held, at=since, now=at)
        going_on = None
        if not _serves(held.person_id, into_id, held.kind, since, until):
            meant = PostFunction(post.function)
            going_on = tenures.begin(
                person_id=held.person_id,
                post=tenures.post(into_id, post.title, meant, post.rank),
                kind=AppointmentKind(held.kind),
                term=tenures.Term(since, until),
                now=at,
                order=held.order,
                office_phone=held.office_phone,
            ).pk
        carried.append(Carried(held.person_id, post.title, held.kind, held.unit_id, going_on))
    return carried


def pass_rights(
    actor: Actor, unit_ids: Collection[int], *, into_id: int, at: datetime
) -> list[Passed]:
    """Rights over the units end; those that the actor may grant over the successor go on there.

    So nobody comes by more than somebody entitled gives him, and nobody gives to himself. What
    hung from a right that passed hangs from its successor, else from what that right hung from.
    """
    held = list(
        AdminGrant.objects.select_for_update(no_key=True)
        .filter(root_id__in=unit_ids, revoked_at__isnull=True)
        .order_by("pk")
    )
    passed = []
    for grant in held:
        AdminGrant.objects.filter(pk=grant.pk).update(
            revoked_at=max(at, grant.valid_from), revoked_by_id=actor.person_id
        )
        goes_on = _successor_of(actor, grant, into_id, at=at)
        hangs_from = goes_on.pk if goes_on else grant.passed_on_from_id
        AdminGrant.objects.filter(passed_on_from_id=grant.pk, revoked_at__isnull=True).update(
            passed_on_from_id=hangs_from
        )
        successor_id = goes_on.pk if goes_on else None
        passed.append(Passed(grant.pk, grant.person_id, grant.role, grant.root_id, successor_id))
    return passed


def may_pass(actor: Actor, grant: AdminGrant, into_id: int, *, at: datetime) -> bool:
    """The actor may grant that right over the successor, and to somebody else than himself."""
    is_over = grant.valid_until is not None and grant.valid_until <= at
    return (
        not is_over
        and grant.person_id != actor.person_id
        and policies.may_grant(actor, _wanted(grant, into_id), at=at)
    )


def pass_lines(unit_ids: Collection[int], *, into_id: int, at: datetime) -> None:
    """The successor serves the lines of the units, and stands in their relations."""
    values: dict[str, Any] = {"ids": sorted(unit_ids), "into": into_id, "at": at}
    with connection.cursor() as cursor:
        cursor.execute(_JOIN_LINES, values)
        cursor.execute(_JOIN_RELATIONS, values)
    leave_lines(unit_ids, at=at)


def leave_lines(unit_ids: Collection[int], *, at: datetime) -> None:
    """The units serve no line any more and stand in no relation."""
    with connection.cursor() as cursor:
        for table, whose in _IN_LINES:
            statement = _LEAVE.format(table=table, whose=whose)
            cursor.execute(statement, {"ids": sorted(unit_ids), "at": at})


def _serves(
    person_id: int, unit_id: int, kind: str, since: datetime, until: datetime | None
) -> bool:
    there = Appointment.objects.filter(person_id=person_id, unit_id=unit_id, kind=kind)
    return any(
        (other.valid_to is None or other.valid_to > since)
        and (until is None or other.valid_from < until)
        for other in there
    )


def _successor_of(
    actor: Actor, grant: AdminGrant, into_id: int, *, at: datetime
) -> AdminGrant | None:
    if not may_pass(actor, grant, into_id, at=at):
        return None
    same = AdminGrant.objects.filter(
        person_id=grant.person_id,
        role=grant.role,
        root_id=into_id,
        line=grant.line,
        revoked_at__isnull=True,
    ).first()
    if same is not None:
        return same
    return AdminGrant.objects.create(
        person_id=grant.person_id,
        role=grant.role,
        root_id=into_id,
        subtree=grant.subtree,
        line_id=grant.line_id,
        highest_level=grant.highest_level,
        delegation_depth=grant.delegation_depth,
        granted_by_id=actor.person_id,
        passed_on_from_id=policies.passed_on_from(actor, _wanted(grant, into_id), at=at),
        reason=grant.reason,
        valid_from=max(at, grant.valid_from),
        valid_until=grant.valid_until,
    )


def _wanted(grant: AdminGrant, into_id: int) -> Wanted:
    return Wanted(
        role=AdminRole(grant.role),
        root_id=into_id,
        subtree=grant.subtree,
        line_id=grant.line_id,
        highest_level=grant.highest_level,
        depth=grant.delegation_depth,
        until=grant.valid_until,
    )
