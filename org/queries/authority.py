"""What a person may administer, and who may administer a unit."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from org import policies
from org.kinds import AdminRole

_STANDS = (
    "g.revoked_at IS NULL AND g.valid_from <= %(at)s"
    " AND (g.valid_until IS NULL OR g.valid_until > %(at)s)"
)
_SELECT = (
    "SELECT g.id, g.person_id, p.name, g.role, g.root_id, r.name, g.subtree, g.may_delegate,"
    " g.valid_until FROM org_admingrant g JOIN org_unit r ON r.id = g.root_id"
    " JOIN org_person p ON p.id = g.person_id"
)


@dataclass(frozen=True, slots=True)
class Grant:
    """One administrative right of one person."""

    id: int
    person_id: int
    person_name: str
    role: str
    role_name: str
    root_id: int
    root_name: str
    subtree: bool
    may_delegate: bool
    valid_until: datetime | None


def administers(person_id: int, role: AdminRole | str, unit_id: int, *, at: datetime) -> bool:
    """The person holds the role over the unit at that instant."""
    return policies.holds(person_id, AdminRole(role), unit_id, at=at)


def administered(
    administrator: policies.Administrator, unit_ids: Collection[int], *, at: datetime
) -> set[int]:
    """Those of the units that the administrator's grants cover."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT u.id FROM org_unit u WHERE u.id = ANY(%(ids)s) AND {policies.ADMINISTERED}",
            {"ids": list(unit_ids), "at": at, **administrator.values},
        )
        return {row[0] for row in cursor.fetchall()}


def of_person(person_id: int, *, at: datetime) -> list[Grant]:
    """What the person may administer."""
    return _grants(
        f"{_SELECT} WHERE g.person_id = %(id)s AND {_STANDS} ORDER BY g.id", person_id, at
    )


def of_unit(unit_id: int, *, at: datetime) -> list[Grant]:
    """Who may administer the unit, by grants at or above it."""
    return _grants(
        f"{_SELECT} JOIN org_unit u ON u.id = %(id)s AND (u.id = r.id OR (g.subtree"
        f" AND u.tree_id = r.tree_id AND u.lft BETWEEN r.lft AND r.rght)) WHERE {_STANDS}"
        " ORDER BY r.depth DESC, g.id",
        unit_id,
        at,
    )


def _grants(sql: str, subject_id: int, at: datetime) -> list[Grant]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"id": subject_id, "at": at})
        return [
            Grant(
                id=row[0],
                person_id=row[1],
                person_name=row[2],
                role=row[3],
                role_name=AdminRole(row[3]).label,
                root_id=row[4],
                root_name=row[5],
                subtree=row[6],
                may_delegate=row[7],
                valid_until=row[8],
            )
            for row in cursor.fetchall()
        ]
