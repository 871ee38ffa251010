"""Who may do what to which unit or person; each answer is one query on live ranges."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Q

from core.actor import Actor, ActorKind
from org.kinds import AdminRole, UnitKind
from org.models import Appointment, Unit

# Rights are read from grants joined to the range that the tree holds in the same statement: a
# range remembered from an earlier statement may meanwhile belong to another unit.
_COVERS = """
  SELECT 1 FROM org_admingrant g
    JOIN org_unit r ON r.id = g.root_id
    JOIN org_unit u ON u.id = %(unit)s AND (u.id = r.id OR (
         g.subtree AND u.tree_id = r.tree_id AND u.lft BETWEEN r.lft AND r.rght))
   WHERE g.person_id = %(person)s AND g.role = %(role)s AND g.revoked_at IS NULL
     AND g.valid_from <= %(at)s AND (g.valid_until IS NULL OR g.valid_until > %(at)s)"""

# A grant without an end may pass on any; one with an end only what ends no later.
_MAY_PASS_ON = f"""
SELECT EXISTS ({_COVERS} AND g.may_delegate AND (NOT %(whole)s OR g.subtree)
  AND (g.valid_until IS NULL OR g.valid_until >= %(until)s::timestamptz))"""

_ADMINISTERS_PERSON = """
SELECT EXISTS (
  SELECT 1 FROM org_admingrant g
    JOIN org_unit r ON r.id = g.root_id
    JOIN org_appointment a ON a.person_id = %(subject)s AND a.valid_from <= %(at)s
         AND (a.valid_to IS NULL OR a.valid_to > %(at)s) AND (%(any_post)s OR a.kind = 'main')
    JOIN org_unit u ON u.id = a.unit_id AND (u.id = r.id OR (
         g.subtree AND u.tree_id = r.tree_id AND u.lft BETWEEN r.lft AND r.rght))
   WHERE g.person_id = %(person)s AND g.role = %(role)s AND g.revoked_at IS NULL
     AND g.valid_from <= %(at)s AND (g.valid_until IS NULL OR g.valid_until > %(at)s))"""


# A right of the subject that the administrator's own right over people does not cover. Officers'
# rights are never covered: whoever could set their password would be all three of them.
_ABOVE_ADMINISTRATOR = """
SELECT EXISTS (
  SELECT 1 FROM org_admingrant g JOIN org_unit u ON u.id = g.root_id
   WHERE g.person_id = %(subject)s AND g.revoked_at IS NULL
     AND (g.valid_until IS NULL OR g.valid_until > %(at)s)
     AND (g.role IN ('system', 'security', 'audit') OR NOT EXISTS (
       SELECT 1 FROM org_admingrant o JOIN org_unit r ON r.id = o.root_id
        WHERE o.person_id = %(person)s AND o.role = 'people' AND o.revoked_at IS NULL
          AND o.subtree AND o.valid_from <= %(at)s
          AND (o.valid_until IS NULL OR o.valid_until > %(at)s)
          AND u.tree_id = r.tree_id AND u.lft BETWEEN r.lft AND r.rght)))"""


ADMINISTERED = """EXISTS (
  SELECT 1 FROM org_admingrant g JOIN org_unit r ON r.id = g.root_id AND (u.id = r.id OR (
         g.subtree AND u.tree_id = r.tree_id AND u.lft BETWEEN r.lft AND r.rght))
   WHERE g.person_id = %(administrator)s AND g.role = %(role)s AND g.revoked_at IS NULL
     AND g.valid_from <= %(at)s AND (g.valid_until IS NULL OR g.valid_until > %(at)s))"""
"""A condition on a unit `u`, so that a search leaves out what is not the administrator's before
it stops at its limit. Its values are those of an Administrator and the instant."""


@dataclass(frozen=True, slots=True)
class Administrator:
    """A person in one administrative role: whose units a search keeps to."""

    person_id: int
    role: AdminRole

    @property
    def values(self) -> dict[str, int | str]:
        """What ADMINISTERED asks for besides the instant."""
        return {"administrator": self.person_id, "role": self.role.value}


@dataclass(frozen=True, slots=True)
class Place:
    """What decides which kinds of unit may stand here."""

    kind: str
    level: int


def holds(person_id: int, role: AdminRole, unit_id: int, *, at: datetime) -> bool:
    """The person has the role over the unit at that instant."""
    return _is_true(
        f"SELECT EXISTS ({_COVERS})",
        {"person": person_id, "role": role.value, "unit": unit_id, "at": at},
    )


def may_manage_units(actor: Actor, unit_id: int, *, at: datetime) -> bool:
    """The actor may add, rename, move and abolish units at and below the unit."""
    return _may(actor, AdminRole.ORG, unit_id, at=at)


def names_from(unit_id: int, *, kind: str, parent_id: int | None) -> int:
    """The unit over which a rename takes the right: the one above a region, else the unit."""
    return parent_id or unit_id if kind == UnitKind.REGION else unit_id


def may_manage_people(actor: Actor, unit_id: int, *, at: datetime) -> bool:
    """The actor may appoint people in the unit and end their appointments."""
    return _may(actor, AdminRole.PEOPLE, unit_id, at=at)


def may_reveal_phone(actor: Actor, person_id: int, *, at: datetime) -> bool:
    """The actor is the person, or administers people where that person holds a post."""
    if actor.person_id == person_id:
        return True
    return _administers_person(actor, person_id, any_post=True, at=at)


def may_manage_person(actor: Actor, person_id: int, *, at: datetime) -> bool:
    """The actor administers people where that person holds a post, main or not."""
    return _administers_person(actor, person_id, any_post=True, at=at)


def may_manage_account(actor: Actor, person_id: int | None, *, at: datetime) -> bool:
    """The actor administers people where that person holds the main post.

    A second post in some other county gives that county no hold on the account; and nobody has a
    hold on the account of an administrator who may do more than himself.
    """
    if actor.kind is ActorKind.SYSTEM:
        return True
    if person_id is None or not _administers_person(actor, person_id, any_post=False, at=at):
        return False
    values = {"subject": person_id, "person": actor.person_id, "at": at}
    return not _is_true(_ABOVE_ADMINISTRATOR, values)


def may_appoint(actor: Actor, person_id: int, *, at: datetime) -> bool:
    """The person serves nowhere yet, or where the actor administers people."""
    serves = Appointment.objects.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gt=at), person_id=person_id
    ).exists()
    return not serves or _administers_person(actor, person_id, any_post=True, at=at)


def may_grant(
    actor: Actor,
    role: AdminRole,
    root_id: int,
    *,
    subtree: bool,
    until: datetime | None,
    at: datetime,
) -> bool:
    """The actor holds the role over all that would be granted, for as long, and may pass it on."""
    if actor.kind is ActorKind.SYSTEM:
        return True
    if actor.person_id is None:
        return False
    return _is_true(
        _MAY_PASS_ON,
        {
            "unit": root_id,
            "person": actor.person_id,
            "role": role.value,
            "whole": subtree,
            "until": until,
            "at": at,
        },
    )


def may_contain(parent: Place, child: Place) -> bool:
    """Units of the child's kind and level may stand directly below the parent.

    A region holds regions of the next level (a level may be left out where the state has none:
    a prefecture city without counties), organs and virtual units; people's groups stand below
    villages.
    """
    if child.kind == UnitKind.REGION:
        return parent.kind == UnitKind.REGION and child.level > parent.level
    if child.kind == UnitKind.GROUP:
        return parent.kind == UnitKind.REGION and parent.level == 5 and child.level == 6
    allowed = ALLOWED_BELOW.get(UnitKind(parent.kind), frozenset())
    return child.kind in allowed and child.level == parent.level


ALLOWED_BELOW: dict[UnitKind, frozenset[UnitKind]] = {
    UnitKind.REGION: frozenset(
        {UnitKind.ORGAN, UnitKind.VIRTUAL, UnitKind.TEMPORARY, UnitKind.LINE_FOLDER}
    ),
    UnitKind.ORGAN: frozenset(
        {
            UnitKind.ORGAN,
            UnitKind.FIELD_OFFICE,
            UnitKind.DEPARTMENT,
            UnitKind.VIRTUAL,
            UnitKind.TEMPORARY,
        }
    ),
    UnitKind.FIELD_OFFICE: frozenset({UnitKind.DEPARTMENT, UnitKind.TEMPORARY}),
    UnitKind.DEPARTMENT: frozenset({UnitKind.DEPARTMENT}),
    UnitKind.GROUP: frozenset(),
    UnitKind.VIRTUAL: frozenset({UnitKind.VIRTUAL, UnitKind.TEMPORARY}),
    UnitKind.TEMPORARY: frozenset(),
    UnitKind.LINE_FOLDER: frozenset({UnitKind.ORGAN, UnitKind.LINE_FOLDER}),
}


def place_of(unit: Unit) -> Place:
    """The unit as `may_contain` sees it."""
    return Place(kind=unit.kind, level=unit.level)


def _may(actor: Actor, role: AdminRole, unit_id: int, *, at: datetime) -> bool:
    if actor.kind is ActorKind.SYSTEM:
        return True
    if actor.person_id is None:
        return False
    return holds(actor.person_id, role, unit_id, at=at)


def _administers_person(actor: Actor, person_id: int, *, any_post: bool, at: datetime) -> bool:
    if actor.kind is ActorKind.SYSTEM:
        return True
    if actor.person_id is None:
        return False
    return _is_true(
        _ADMINISTERS_PERSON,
        {
            "subject": person_id,
            "person": actor.person_id,
            "role": AdminRole.PEOPLE.value,
            "any_post": any_post,
            "at": at,
        },
    )


def _is_true(sql: str, values: dict[str, Any]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return bool(cursor.fetchone()[0])
