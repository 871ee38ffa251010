"""Who administers units, as SQL that other apps join with and as a list of people."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import connection

from org import policies
from org.kinds import AdminRole


def over(unit_ids: str, roles: str) -> str:
    """A query of (person_id): whoever holds one of the roles over one of the units or below it.

    Both are SQL expressions of arrays, the instant is the value `at`. A right from further above
    counts, and a right whose level or line leaves none of these units to it does not.
    """
    return f"""
        SELECT DISTINCT g.person_id
          FROM org_admingrant g
          JOIN org_unit r ON r.id = g.root_id
          JOIN org_unit t ON t.id = ANY({unit_ids}) AND t.tree_id = r.tree_id
         WHERE g.role = ANY({roles}) AND {policies.LIVE} AND EXISTS (
           SELECT 1 FROM org_unit u
            WHERE u.tree_id = t.tree_id
              AND u.lft BETWEEN greatest(t.lft, r.lft) AND least(t.rght, r.rght)
              AND {policies.REACHES})"""


def people_over(
    unit_id: int, roles: Collection[AdminRole | str], *, at: datetime
) -> frozenset[int]:
    """Whoever administers the unit, or one below it, in one of the roles."""
    values: dict[str, Any] = {"unit": [unit_id], "roles": [str(role) for role in roles], "at": at}
    with connection.cursor() as cursor:
        cursor.execute(over("%(unit)s::bigint[]", "%(roles)s::varchar[]"), values)
        return frozenset(row[0] for row in cursor.fetchall())
