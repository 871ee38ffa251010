"""Administrative rights are granted and revoked."""

from datetime import datetime

from django.db import IntegrityError, transaction

from core import audit, db
from core.actor import Actor
from org import errors, policies
from org.kinds import AdminRole
from org.models import AdminGrant, Person, Unit


@db.service
def grant(
    *,
    actor: Actor,
    person_id: int,
    role: AdminRole,
    root_id: int,
    now: datetime,
    subtree: bool = True,
    may_delegate: bool = False,
    valid_until: datetime | None = None,
) -> int:
    """The person administers the unit (with all below it, if `subtree`); returns the grant's id.

    Nobody grants more than he has, above his root, or to himself. The platform itself may grant
    anything: somebody must be the first. GrantEnded for an end that has passed.
    """
    if actor.person_id == person_id or not policies.may_grant(
        actor, role, root_id, subtree=subtree, until=valid_until, at=now
    ):
        raise errors.GrantBeyondOwn
    if valid_until is not None and valid_until <= now:
        raise errors.GrantEnded
    _require_both(person_id, root_id)
    given = AdminGrant(
        person_id=person_id,
        role=role,
        root_id=root_id,
        subtree=subtree,
        may_delegate=may_delegate,
        granted_by_id=actor.person_id,
        valid_from=now,
        valid_until=valid_until,
    )
    try:
        with transaction.atomic():
            given.save(force_insert=True)
    except IntegrityError as clash:
        raise errors.OfficersExclude from clash
    _record(actor, "org.grant.given", given, now=now)
    return given.pk


@db.service
def revoke(*, actor: Actor, grant_id: int, now: datetime) -> None:
    """The grant is void from now on. Whoever may grant it may revoke it."""
    given = (
        AdminGrant.objects.select_for_update(no_key=True)
        .filter(pk=grant_id, revoked_at__isnull=True)
        .first()
    )
    if given is None:
        raise errors.GrantNotFound
    if not policies.may_grant(
        actor,
        AdminRole(given.role),
        given.root_id,
        subtree=given.subtree,
        until=given.valid_until,
        at=now,
    ):
        raise errors.GrantBeyondOwn
    AdminGrant.objects.filter(pk=grant_id).update(revoked_at=now)
    _record(actor, "org.grant.revoked", given, now=now)


def _require_both(person_id: int, root_id: int) -> None:
    if not Person.objects.filter(pk=person_id).exists():
        raise errors.PersonNotFound
    if not Unit.objects.filter(pk=root_id).exists():
        raise errors.UnitNotFound


def _record(actor: Actor, action: str, given: AdminGrant, *, now: datetime) -> None:
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
            "may_delegate": given.may_delegate,
        },
    )
