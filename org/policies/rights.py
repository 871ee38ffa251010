"""What a grant reaches, as SQL that queries join with, and the rights over units themselves."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from core.actor import Actor, ActorKind
from org.kinds import AdminRole, UnitKind

# Rights are read from grants joined to the tree in the same statement, by range or by parents: a
# range remembered from an earlier statement may meanwhile belong to another unit.
LIVE = """g.revoked_at IS NULL AND g.valid_from <= %(at)s
  AND (g.valid_until IS NULL OR g.valid_until > %(at)s)"""
"""A condition on a grant `g`: it holds at the instant."""

WITHIN = """(u.id = r.id OR (
  g.subtree AND u.tree_id = r.tree_id AND u.lft BETWEEN r.lft AND r.rght))"""
"""A condition on a unit `u`: it stands where the grant `g` with the root `r` reaches, whatever
its limits."""

LIMITS = """(g.highest_level IS NULL OR u.level >= g.highest_level)
  AND (g.line_id IS NULL OR org_in_line(u.id, g.line_id, %(at)s))"""

REACHES = f"""{WITHIN} AND {LIMITS}"""
"""A condition on a unit `u`: the grant `g` with the root `r` covers it."""

ABOVE = """
WITH RECURSIVE above AS (
  SELECT id, parent_id FROM org_unit WHERE id = %(unit)s
  UNION ALL SELECT p.id, p.parent_id FROM org_unit p JOIN above c ON p.id = c.parent_id)"""
"""The unit and all above it: from there grants are found by their roots, a handful of look-ups
where a province has thousands of grants."""

# From the unit upwards: whoever asks may hold hundreds of grants.
_COVERS = f"""{ABOVE}
SELECT EXISTS (SELECT 1 FROM above r JOIN org_unit u ON u.id = %(unit)s
  JOIN org_admingrant g ON g.root_id = r.id AND (g.subtree OR r.id = u.id) AND {LIMITS}
   AND g.person_id = %(person)s AND g.role = %(role)s AND {LIVE})"""

ADMINISTERED = f"""EXISTS (
  SELECT 1 FROM org_admingrant g JOIN org_unit r ON r.id = g.root_id AND {REACHES}
   WHERE g.person_id = %(administrator)s AND g.role = %(role)s AND {LIVE})"""
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


def holds(person_id: int, role: AdminRole, unit_id: int, *, at: datetime) -> bool:
    """The person has the role over the unit at that instant."""
    return is_true(
        _COVERS,
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


def _may(actor: Actor, role: AdminRole, unit_id: int, *, at: datetime) -> bool:
    if actor.kind is ActorKind.SYSTEM:
        return True
    if actor.person_id is None:
        return False
    return holds(actor.person_id, role, unit_id, at=at)


def is_true(sql: str, values: dict[str, Any]) -> bool:
    """What a statement of one row and one column says."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return bool(cursor.fetchone()[0])
