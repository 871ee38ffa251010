"""What a person may administer, as the pages of 系统管理 need to know it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core import errors
from core.actor import Actor
from org.kinds import AdminRole
from org.queries import authority, units
from workbench import administration_menu

UNIT_ROLES: Final = (AdminRole.PEOPLE, AdminRole.ORG, AdminRole.HELPDESK)
"""Whoever holds one of them over a unit opens its page in 系统管理."""


@dataclass(frozen=True, slots=True)
class Office:
    """The grants of one person; `unit_roots` are the tops of the trees to show."""

    grants: list[authority.Grant]
    unit_roots: list[int]
    sees_audit: bool

    @property
    def unit_roles(self) -> list[AdminRole]:
        """The roles held that open pages of units, without those that reach nothing further."""
        roles, reached = [], set[tuple[object, ...]]()
        for role in UNIT_ROLES:
            reach = {
                (grant.root_id, grant.subtree, grant.line_id, grant.highest_level)
                for grant in self.grants
                if grant.role == role
            }
            if reach - reached:
                roles.append(role)
                reached |= reach
        return roles

    @property
    def menu(self) -> list[administration_menu.Group]:
        """The pages of 系统管理 that are open to the person."""
        roles = {grant.role for grant in self.grants}
        return administration_menu.open_to(
            roles | {administration_menu.AUDIT} if self.sees_audit else roles
        )


def of(actor: Actor, *, at: datetime) -> Office:
    """The actor's office; NotFound for whoever administers nothing: the screen isn't there."""
    grants = authority.of_person(actor.require_person(), at=at)
    if not grants:
        raise errors.NotFound
    return Office(
        grants=grants,
        unit_roots=authority.tops([g for g in grants if g.role in UNIT_ROLES], at=at),
        sees_audit=_holds_audit(grants),
    )


def reaches(actor: Actor, unit_id: int, *, at: datetime) -> bool:
    """The unit's page in 系统管理 opens to the actor."""
    person_id = actor.require_person()
    return any(
        grant.person_id == person_id and grant.role in UNIT_ROLES
        for grant in authority.of_unit(unit_id, at=at)
    )


def require_audit(actor: Actor, *, at: datetime) -> Office:
    """The actor's office if it is that of an auditor; NotFound otherwise."""
    office = of(actor, at=at)
    if not office.sees_audit:
        raise errors.NotFound
    return office


def _holds_audit(grants: list[authority.Grant]) -> bool:
    """The log is one for the whole tree: a grant below its top opens none of it."""
    roots = [grant.root_id for grant in grants if grant.role == "audit" and grant.subtree]
    return any(unit.parent_id is None for unit in units.names(roots).values())
