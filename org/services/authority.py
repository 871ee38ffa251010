"""Administrative rights are granted, passed on and revoked."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from core import audit, db
from core.actor import Actor, ActorKind
from org import errors, policies
from org.kinds import LEVEL_NAMES, AdminRole, PersonStatus, RequestKind
from org.models import AdminGrant, Line, Person, Unit
from org.policies import Wanted
from org.queries import authority as queries
from org.services import requests
from org.writing import guards

MOST_DEPTH: Final = 5
"""省, 市, 县, 乡, 村: a right is passed on at most once per level."""


@dataclass(frozen=True, slots=True)
class _Place:
    name: str
    level: int


@db.service
def grant(
    *,
    actor: Actor,
    person_id: int,
    wanted: Wanted,
    now: datetime,
    reason: str = "",
    approved_by: int | None = None,
) -> requests.Done | requests.Asked:
    """The person administers what is wanted, or a second person is asked.

    Nobody grants more than he has, above his root, or to himself. The platform itself may grant
    anything: somebody must be the first. GrantEnded for an end that has passed.
    """
    source = _source(actor, person_id, wanted, now=now)
    if wanted.until is not None and wanted.until <= now:
        raise errors.GrantEnded
    guards.require_known(actor, person_id, errors.PersonNotFound, at=now)
    person_name = _active_name(person_id)
    root = _checked_place(wanted, now=now)
    if approved_by is None and policies.needs_second_person(
        actor, RequestKind.GRANT, role=wanted.role, level=root.level
    ):
        return _ask(actor, person_id, person_name, wanted, root, reason, now=now)
    _lock_source(source)
    _close_expired(person_id, now=now)
    given = _insert(actor, person_id, wanted, source, reason, now=now)
    _record(actor, "org.grant.given", given, now=now, reason=reason, approved_by=approved_by)
    return requests.Done(given.pk)


@db.service
def revoke(*, actor: Actor, grant_id: int, now: datetime, reason: str = "") -> int:
    """The grant is void from now on, with all that was passed on from it; returns how many.

    Whoever may grant it may revoke it, and so may its grantor and, for himself, its holder.
    """
    locked = _lock_chain(grant_id)
    given = locked.get(grant_id)
    if given is None or not policies.may_revoke(
        actor, _wanted(given), holder_id=given.person_id, grantor_id=given.granted_by_id, at=now
    ):
        raise errors.GrantBeyondOwn
    if given.revoked_at is not None:
        raise errors.GrantNotFound
    ended = [one for one in locked.values() if one.revoked_at is None]
    for one in ended:
        _end(one, actor, now=now, reason=reason)
    return len(ended)


@db.service
def end_of_person(*, actor: Actor, person_id: int, now: datetime, reason: str = "") -> int:
    """A person who leaves administers nothing any more; returns how many grants ended.

    Leaving is no distrust: what the person passed on stays and hangs from what his own hung from.
    Whether the person may be sent away is the caller's policy.
    """
    held = list(
        AdminGrant.objects.select_for_update(no_key=True)
        .filter(person_id=person_id, revoked_at__isnull=True)
        .order_by("pk")
    )
    for one in held:
        AdminGrant.objects.filter(passed_on_from_id=one.pk, revoked_at__isnull=True).update(
            passed_on_from_id=one.passed_on_from_id
        )
        _end(one, actor, now=now, reason=reason)
    return len(held)


def _source(actor: Actor, person_id: int, wanted: Wanted, *, now: datetime) -> int | None:
    """The grant that is passed on from; None where the platform grants. GrantBeyondOwn."""
    source = policies.passed_on_from(actor, wanted, at=now)
    is_own = actor.person_id == person_id
    if is_own or (source is None and actor.kind is not ActorKind.SYSTEM):
        raise errors.GrantBeyondOwn
    return source


def _insert(
    actor: Actor,
    person_id: int,
    wanted: Wanted,
    source: int | None,
    reason: str,
    *,
    now: datetime,
) -> AdminGrant:
    given = AdminGrant(
        person_id=person_id,
        role=wanted.role,
        root_id=wanted.root_id,
        subtree=wanted.subtree,
        line_id=wanted.line_id,
        highest_level=wanted.highest_level,
        delegation_depth=wanted.depth,
        granted_by_id=actor.person_id,
        passed_on_from_id=source,
        reason=reason,
        valid_from=now,
        valid_until=wanted.until,
    )
    try:
        with transaction.atomic():
            given.save(force_insert=True)
    except IntegrityError as clash:
        raise _clash(clash) from clash
    return given


def _checked_place(wanted: Wanted, *, now: datetime) -> _Place:
    """The root with its name and level; limits that cannot be are refused."""
    root = Unit.objects.filter(pk=wanted.root_id).only("name", "level", "valid_to").first()
    if root is None:
        raise errors.UnitNotFound
    if root.valid_to is not None and root.valid_to <= now:
        raise errors.UnitAbolished
    if not 0 <= wanted.depth <= MOST_DEPTH:
        raise errors.GrantTooDeep(most=MOST_DEPTH)
    if wanted.highest_level is not None and not root.level <= wanted.highest_level <= 6:
        raise errors.GrantLevelImpossible
    line = wanted.line_id
    if line is not None and not Line.objects.filter(pk=line, ended_at__isnull=True).exists():
        raise errors.GrantLineUnknown
    return _Place(root.name, root.level)


def _active_name(person_id: int) -> str:
    name = (
        Person.objects.filter(pk=person_id, status=PersonStatus.ACTIVE)
        .values_list("name", flat=True)
        .first()
    )
    if name is None:
        raise errors.PersonNotFound
    return name


def _ask(
    actor: Actor,
    person_id: int,
    name: str,
    wanted: Wanted,
    root: _Place,
    reason: str,
    now: datetime,
) -> requests.Asked:
    until = wanted.until.isoformat() if wanted.until else None
    payload = {"person_id": person_id, "reason": reason, **asdict(wanted), "until": until}
    return requests.ask(
        actor=actor,
        kind=RequestKind.GRANT,
        unit_id=wanted.root_id,
        role=wanted.role,
        payload={**payload, "role": wanted.role.value},
        summary=f"授予{name}“{root.name}”的{wanted.role.label}权限",
        effects=_effects(wanted, reason),
        now=now,
    )


def _effects(wanted: Wanted, reason: str) -> list[str]:
    lines = ["管理范围含全部下级" if wanted.subtree else "仅管理本级，不含下级"]
    if wanted.line_id is not None:
        line = Line.objects.only("name").get(pk=wanted.line_id)
        lines.append(f"仅限{line.name}条线的组织")
    if wanted.highest_level is not None:
        lines.append(f"仅限{LEVEL_NAMES[wanted.highest_level]}及以下的组织")
    lines.append(f"可再授权 {wanted.depth} 层" if wanted.depth else "不可再授权")
    end = timezone.localtime(wanted.until) if wanted.until else None
    lines.append(f"有效期至 {end:%Y-%m-%d %H:%M}" if end else "长期有效")
    if reason:
        lines.append(f"理由：{reason}")
    return lines


def _close_expired(person_id: int, *, now: datetime) -> None:
    """What has run out stands no longer in the way of a new right: no index can read a clock."""
    AdminGrant.objects.filter(
        person_id=person_id, revoked_at__isnull=True, valid_until__lte=now
    ).update(revoked_at=F("valid_until"))


def _lock_source(source_id: int | None) -> None:
    """The grant that is passed on from stands until this transaction ends."""
    if source_id is None:
        return
    source = AdminGrant.objects.select_for_update(no_key=True).filter(
        pk=source_id, revoked_at__isnull=True
    )
    if not source.exists():
        raise errors.GrantBeyondOwn


def _lock_chain(grant_id: int) -> dict[int, AdminGrant]:
    """The grant and all that hangs from it, locked: nothing can be hung from them any more."""
    locked: dict[int, AdminGrant] = {}
    while fresh := set(queries.chain(grant_id)) - locked.keys():
        rows = AdminGrant.objects.select_for_update(no_key=True).filter(pk__in=fresh)
        locked |= {row.pk: row for row in rows.order_by("pk")}
    return locked


def _end(given: AdminGrant, actor: Actor, *, now: datetime, reason: str) -> None:
    AdminGrant.objects.filter(pk=given.pk).update(revoked_at=now, revoked_by_id=actor.person_id)
    _record(actor, "org.grant.revoked", given, now=now, reason=reason)


def _wanted(given: AdminGrant) -> Wanted:
    return Wanted(
        role=AdminRole(given.role),
        root_id=given.root_id,
        subtree=given.subtree,
        line_id=given.line_id,
        highest_level=given.highest_level,
        depth=given.delegation_depth,
        until=given.valid_until,
    )


def _clash(clash: IntegrityError) -> errors.OfficersExclude | errors.GrantStands:
    constraint = getattr(getattr(clash.__cause__, "diag", None), "constraint_name", "")
    if constraint == "org_grant_three_officers":
        return errors.OfficersExclude()
    return errors.GrantStands()


def _record(
    actor: Actor,
    action: str,
    given: AdminGrant,
    *,
    now: datetime,
    reason: str,
    approved_by: int | None = None,
) -> None:
    until = given.valid_until.isoformat() if given.valid_until else None
    audit.record(
        actor=actor,
        action=action,
        object_kind="org.grant",
        object_id=given.pk,
        unit_id=given.root_id,
        now=now,
        detail={
            "person_id": given.person_id,
            "role": given.role,
            "subtree": given.subtree,
            "line_id": given.line_id,
            "highest_level": given.highest_level,
            "delegation_depth": given.delegation_depth,
            "valid_until": until,
            "passed_on_from": given.passed_on_from_id,
            "approved_by": approved_by,
            "reason": reason,
        },
    )
