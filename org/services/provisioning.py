"""Users and units come, change and go as provisioning systems say (org.scim).

Every act goes through the services that people use, so that the same rights are judged, the same
history is written and the same news goes out; here stands what a provisioning system's words mean
to the directory, and how far a token reaches.
"""

from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction

from core import audit, db
from core.actor import Actor
from org import errors, placing, policies, provisioned, tree
from org.credentials import passwords
from org.kinds import AdminRole, AppointmentKind, DepartureReason, PostFunction, UnitKind
from org.models import Account, Appointment, ScimGroup, ScimUser
from org.queries import authority, obstacles, provisioning, units
from org.queries.provisioning import Reach, Spoken, UserRow
from org.services import (
    _credentials,
    _token_limits,
    accounts,
    appointments,
    departures,
    people,
    requests,
    transfers,
)
from org.services import units as unit_services
from org.writing import tenures

TITLE: Final = "工作人员"
"""The post of whoever comes without a title, and of members of further units."""

_OFFICERS: Final = frozenset({AdminRole.SYSTEM, AdminRole.SECURITY, AdminRole.AUDIT})
_FOUNDED: Final = (UnitKind.DEPARTMENT, UnitKind.VIRTUAL, UnitKind.TEMPORARY)
_STEM_AT_MOST: Final = 40


@db.service
def create_user(
    *, actor: Actor, root_id: int, spoken: Spoken, phone: str | None, now: datetime
) -> int:
    """Somebody new has a main post and an account; returns the person's id.

    The post is in the unit that organization and department mean, else in the root itself. The
    account has a password that nobody knows: its owner signs in upstream, or is given one.
    """
    provisioned.check(spoken)
    reach = Reach(root_id, now)
    unit_id = _place(reach, spoken) or root_id
    admitted = people.admit(
        actor=actor,
        name=provisioned.whole_name(spoken) or spoken.user_name,
        unit_id=unit_id,
        title=spoken.title or TITLE,
        function=PostFunction.STAFF,
        phone=phone or "",
        staff_number=spoken.employee_number or "",
        now=now,
    )
    account_id = accounts.open_account(
        actor=actor,
        person_id=admitted.person_id,
        username=provisioned.username(spoken),
        password=passwords.fresh(),
        now=now,
    )
    if spoken.active is False:
        accounts.disable(actor=actor, account_id=account_id, now=now)
    _keep(reach, admitted.person_id, spoken, now=now)
    return admitted.person_id


@db.service
def change_user(
    *,
    actor: Actor,
    root_id: int,
    person_id: int,
    spoken: Spoken,
    phone: str | None,
    now: datetime,
) -> None:
    """The user is as said; what is not said stays as it is, but is not repeated either.

    Another organization or department moves the main post where the words mean one unit; words
    that mean none move nobody.
    """
    provisioned.check(spoken)
    _token_limits.begin(actor)
    reach = Reach(root_id, now)
    to = _place(reach, spoken)
    tenures.lock_careers([person_id], unit_ids=[] if to is None else [to])
    row = _user(reach, person_id)
    _require_within(actor, reach, person_id)
    before = provisioning.spoken(row)
    people.update(
        actor=actor,
        person_id=person_id,
        name=provisioned.whole_name(spoken) or row.name,
        staff_number=spoken.employee_number or "",
        phone=phone,
        now=now,
    )
    _move(actor, reach, row, before, spoken, now=now)
    _retitle(actor, reach, person_id, spoken.title, now=now)
    _rename_account(actor, row, provisioned.username(spoken), now=now)
    if spoken.active is not None and spoken.active != row.is_active:
        _switch(actor, row, spoken.active, now=now)
    _keep(reach, person_id, spoken, now=now)


@db.service
def withdraw_user(*, actor: Actor, root_id: int, person_id: int, now: datetime) -> None:
    """The person has left, and the username is free: a newcomer of that name is somebody else."""
    _token_limits.begin(actor)
    tenures.lock_careers([person_id])
    row = _user(Reach(root_id, now), person_id)
    _require_within(actor, Reach(root_id, now), person_id)
    _token_limits.count(actor, person_id, now=now)
    departures.leave(actor=actor, person_id=person_id, reason=DepartureReason.SYNCHRONISED, now=now)
    freed = f"{row.username[:_STEM_AT_MOST]}~{row.account_id}"
    Account.objects.filter(pk=row.account_id).update(username=freed)
    ScimUser.objects.filter(person_id=person_id).update(external_id="")


@db.service
def create_group(
    *,
    actor: Actor,
    root_id: int,
    name: str,
    short_name: str,
    external_id: str,
    person_ids: Collection[int],
    now: datetime,
) -> int:
    """A new department (or virtual unit) stands right below the root, with the members."""
    provisioned.check_names(name, short_name)
    _token_limits.begin(actor)
    # Before the members' rows, and before the audit log's.
    tree.hold_moves()
    tenures.lock_careers(person_ids, unit_ids=[root_id])
    unit_id = unit_services.add(
        actor=actor,
        parent_id=root_id,
        name=name,
        short_name=short_name,
        kind=_kind_below(root_id),
        now=now,
    )
    ScimGroup.objects.create(
        unit_id=unit_id, external_id=external_id, was_provisioned=True, modified_at=now
    )
    _set_members(actor, Reach(root_id, now), unit_id, person_ids, now=now)
    return unit_id


@db.service
def change_group(
    *,
    actor: Actor,
    root_id: int,
    unit_id: int,
    name: str,
    short_name: str,
    external_id: str,
    person_ids: Collection[int],
    now: datetime,
) -> None:
    """The unit has the name and the members."""
    provisioned.check_names(name, short_name)
    _token_limits.begin(actor)
    reach = Reach(root_id, now)
    group = _group(reach, unit_id)
    held = {person_id for _held, person_id in obstacles.appointments_in([unit_id], at=now)}
    tenures.lock_careers({*held, *person_ids}, unit_ids=[root_id, unit_id])
    present = "" if group.has_plain_short_name else group.short_name
    if (name, short_name) != (group.name, present):
        unit_services.rename(
            actor=actor, unit_id=unit_id, name=name, short_name=short_name, now=now
        )
    _set_members(actor, reach, unit_id, person_ids, now=now)
    ScimGroup.objects.update_or_create(
        unit_id=unit_id, defaults={"external_id": external_id, "modified_at": now}
    )


@db.service
def withdraw_group(*, actor: Actor, root_id: int, unit_id: int, now: datetime) -> None:
    """The unit is abolished. GroupInUse while anybody holds a post in it or units stand below it.

    Members are taken out first, each by a change that says where they go: a machine that drops a
    group does not move people by the way. Only units that were provisioned, and only where the
    directory's rules take no second person.
    """
    if not _group(Reach(root_id, now), unit_id).was_provisioned:
        raise errors.NotProvisioned
    people = {person_id for _held, person_id in obstacles.appointments_in([unit_id], at=now)}
    parts = obstacles.parts_of([unit_id])
    if people or parts:
        raise errors.GroupInUse(people=len(people), parts=len(parts))
    outcome = unit_services.abolish(actor=actor, unit_id=unit_id, now=now)
    if isinstance(outcome, requests.Asked):
        raise errors.TakesSecondPerson


def _place(reach: Reach, spoken: Spoken) -> int | None:
    return provisioning.place(
        reach,
        organization=(spoken.organization or "").strip(),
        department=(spoken.department or "").strip(),
    )


def _user(reach: Reach, person_id: int) -> UserRow:
    """The user, locked; PersonNotFound outside the token's subtree."""
    tenures.lock_people([person_id])
    row = provisioning.user_of_person(reach, person_id)
    if row is None:
        raise errors.PersonNotFound
    return row


def _group(reach: Reach, unit_id: int) -> provisioning.GroupRow:
    row = provisioning.group(reach, unit_id, with_members=False)
    if row is None:
        raise errors.UnitNotFound
    return row


def _require_within(actor: Actor, reach: Reach, person_id: int) -> None:
    """HoldsGreaterRights for the token's own maker, officers, and rights beyond its subtree."""
    if actor.person_id == person_id:
        raise errors.HoldsGreaterRights
    grants = authority.of_person(person_id, at=reach.at)
    if any(AdminRole(grant.role) in _OFFICERS for grant in grants):
        raise errors.HoldsGreaterRights
    if not all(units.is_within(grant.root_id, reach.root_id) for grant in grants):
        raise errors.HoldsGreaterRights


def _move(
    actor: Actor, reach: Reach, row: UserRow, before: Spoken, spoken: Spoken, *, now: datetime
) -> None:
    if (before.organization, before.department) == (spoken.organization, spoken.department):
        return
    unit_id = _place(reach, spoken)
    if unit_id is not None and unit_id != row.unit_id:
        _token_limits.count(actor, row.person_id, now=now)
        _transfer(actor, row.person_id, unit_id, spoken.title or row.title, now=now)


def _transfer(actor: Actor, person_id: int, unit_id: int, title: str, *, now: datetime) -> None:
    to = transfers.Destination(unit_id=unit_id, title=title, function=PostFunction.STAFF)
    outcome = transfers.transfer(actor=actor, person_id=person_id, to=to, now=now)
    if isinstance(outcome, requests.Asked):
        raise errors.TakesSecondPerson


def _retitle(
    actor: Actor, reach: Reach, person_id: int, title: str | None, *, now: datetime
) -> None:
    row = _user(reach, person_id)
    if title and title != row.title:
        _token_limits.count(actor, person_id, now=now)
        appointments.change(actor=actor, appointment_id=row.appointment_id, title=title, now=now)


def _rename_account(actor: Actor, row: UserRow, username: str, *, now: datetime) -> None:
    if username == row.username:
        return
    if not policies.may_manage_account(actor, row.person_id, at=now):
        raise errors.OutOfScope
    _credentials.permit_naming(actor, row.person_id, now=now)
    try:
        with transaction.atomic():
            Account.objects.filter(pk=row.account_id).update(username=username)
    except IntegrityError as clash:
        raise errors.UsernameTaken from clash
    audit.record(
        actor=actor,
        action="org.account.renamed",
        object_kind="org.account",
        object_id=row.account_id,
        unit_id=row.unit_id,
        now=now,
        detail={"before": row.username, "after": username, "person_id": row.person_id},
    )


def _switch(actor: Actor, row: UserRow, active: bool, *, now: datetime) -> None:
    if active:
        accounts.enable(actor=actor, account_id=row.account_id, now=now)
        return
    _token_limits.count(actor, row.person_id, now=now)
    accounts.disable(actor=actor, account_id=row.account_id, now=now)


def _keep(reach: Reach, person_id: int, spoken: Spoken, *, now: datetime) -> None:
    """What was said is remembered beside what became of it."""
    row = _user(reach, person_id)
    said: dict[str, Any] = {
        key: value for key, value in asdict(spoken).items() if value not in (None, "", ())
    }
    kept = {
        "name": row.name,
        "title": row.title,
        "active": row.is_active,
        "unit_id": row.unit_id,
    }
    told = {
        "external_id": spoken.external_id or "",
        "attributes": {"said": said, "kept": kept},
        "modified_at": now,
    }
    ScimUser.objects.update_or_create(
        person_id=person_id, defaults=told, create_defaults={**told, "created_at": now}
    )


def _kind_below(root_id: int) -> UnitKind:
    root = units.names([root_id])[root_id]
    above = placing.Place(root.kind, root.level)
    for kind in _FOUNDED:
        if placing.may_contain(above, placing.Place(kind.value, root.level)):
            return kind
    raise errors.AttributeUnfit(attribute="displayName", reason="令牌的根组织之下不能设立组织")


def _set_members(
    actor: Actor, reach: Reach, unit_id: int, person_ids: Collection[int], *, now: datetime
) -> None:
    present = provisioning.group(reach, unit_id)
    held = {member.person_id for member in present.members} if present else set()
    wanted = set(person_ids)
    for person_id in sorted(held - wanted):
        _take_out(actor, reach, unit_id, person_id, now=now)
    for person_id in sorted(wanted - held):
        _put_in(actor, reach, unit_id, person_id, now=now)


def _put_in(actor: Actor, reach: Reach, unit_id: int, person_id: int, *, now: datetime) -> None:
    """The main post of whoever stands in the root's own list; a further post of anybody else."""
    row = _user(reach, person_id)
    _require_within(actor, reach, person_id)
    if row.unit_id != reach.root_id or not _token_limits.is_newcomer(row):
        _token_limits.count(actor, person_id, now=now)
    if row.unit_id == reach.root_id:
        _transfer(actor, person_id, unit_id, row.title, now=now)
        return
    appointments.appoint(
        actor=actor,
        person_id=person_id,
        unit_id=unit_id,
        title=TITLE,
        function=PostFunction.STAFF,
        kind=AppointmentKind.CONCURRENT,
        now=now,
    )


def _take_out(actor: Actor, reach: Reach, unit_id: int, person_id: int, *, now: datetime) -> None:
    row = _user(reach, person_id)
    _require_within(actor, reach, person_id)
    _token_limits.count(actor, person_id, now=now)
    for held in Appointment.objects.filter(person_id=person_id, unit_id=unit_id).order_by("pk"):
        stands = held.valid_from <= now and (held.valid_to is None or held.valid_to > now)
        if stands and held.kind != AppointmentKind.MAIN:
            appointments.end(actor=actor, appointment_id=held.pk, now=now)
    if row.unit_id != unit_id:
        return
    _transfer(actor, person_id, reach.root_id, row.title, now=now)
