"""Tokens of provisioning systems: whose they are, and what they are still worth."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from core import crypto
from org import policies
from org.kinds import AdminRole

_SELECT: Final = """
SELECT k.id, k.name, k.root_id, u.name, k.created_by_id, coalesce(p.name, ''), k.created_at,
       k.expires_at, k.revoked_at, k.last_used_at
  FROM org_scimtoken k JOIN org_unit u ON u.id = k.root_id
  LEFT JOIN org_person p ON p.id = k.created_by_id"""
MAKERS: Final = (AdminRole.SYSTEM, AdminRole.ORG)
"""Who may make a token for a unit he has the role over, and revoke any that reaches it."""


@dataclass(frozen=True, slots=True)
class TokenLine:
    """A token as its administrators see it; the secret is nowhere."""

    id: int
    name: str
    root_id: int
    root_name: str
    created_by_id: int | None
    created_by_name: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None

    def stands(self, at: datetime) -> bool:
        """Whether the token is neither revoked nor expired."""
        return self.revoked_at is None and self.expires_at > at


@dataclass(frozen=True, slots=True)
class Bearer:
    """What a token that stands is worth now.

    It writes people and units as far as its maker may. Only one that no person made, but a command
    of the platform, is the platform's own.
    """

    token_id: int
    name: str
    root_id: int
    maker_id: int | None
    is_of_platform: bool
    writes_people: bool
    writes_units: bool


def bearer(secret: str, *, at: datetime) -> Bearer | None:
    """What the secret is worth; None for none, one that ended, one whose maker lost his right.

    The maker must still serve, be able to sign in and hold a role that makes tokens.
    """
    found = _lines("k.digest = %(digest)s", {"digest": crypto.blind_index(secret)})
    if not found or not found[0].stands(at):
        return None
    line = found[0]
    if line.created_by_id is None:
        return _of_platform(line)
    if not _may_sign_in(line.created_by_id):
        return None
    roles = {
        role
        for role in (AdminRole.SYSTEM, AdminRole.ORG, AdminRole.PEOPLE)
        if policies.holds(line.created_by_id, role, line.root_id, at=at)
    }
    if roles.isdisjoint(MAKERS):
        return None
    return Bearer(
        token_id=line.id,
        name=line.name,
        root_id=line.root_id,
        maker_id=line.created_by_id,
        is_of_platform=False,
        writes_people=AdminRole.PEOPLE in roles,
        writes_units=AdminRole.ORG in roles,
    )


def in_scope(person_id: int, *, at: datetime) -> list[TokenLine]:
    """The tokens over units that the person may make tokens for, newest first."""
    conditions: list[str] = []
    values: dict[str, Any] = {"at": at}
    for role in MAKERS:
        administrator = policies.Administrator(person_id, role)
        sql = policies.ADMINISTERED.replace("%(role)s", f"%({role.value})s")
        conditions.append(sql)
        values |= {"administrator": person_id, role.value: administrator.values["role"]}
    return _lines(f"({' OR '.join(conditions)})", values)


def by_id(token_id: int) -> TokenLine | None:
    """The token, if there is one."""
    found = _lines("k.id = %(id)s", {"id": token_id})
    return found[0] if found else None


def _of_platform(line: TokenLine) -> Bearer:
    return Bearer(line.id, line.name, line.root_id, None, True, True, True)


def _may_sign_in(person_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM org_person p JOIN org_account c ON c.person_id = p.id"
            " WHERE p.id = %s AND p.status = 'active' AND c.is_active)",
            [person_id],
        )
        return bool(cursor.fetchone()[0])


def _lines(where: str, values: dict[str, Any]) -> list[TokenLine]:
    with connection.cursor() as cursor:
        cursor.execute(f"{_SELECT} WHERE {where} ORDER BY k.id DESC LIMIT 200", values)
        return [TokenLine(*row) for row in cursor.fetchall()]
