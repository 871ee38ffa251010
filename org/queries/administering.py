"""Who administers units, as SQL that other apps join with and as a list of people."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from django.db import connection

from org import policies
from org.kinds import AdminRole

# OFFSET 0: looked up for each right; joined, the planner would hash every unit of a province.
_ROOT: Final = "SELECT x.tree_id, x.lft, x.rght FROM org_unit x WHERE x.id = g.root_id OFFSET 0"

_FIRST: Final = "greatest(t.lft, r.lft)"
_LAST: Final = "least(t.rght, CASE WHEN g.subtree THEN r.rght ELSE r.lft END)"
_SHARED: Final = f"""
             SELECT {_FIRST}, {_LAST} WHERE g.line_id IS NULL
             UNION ALL
             SELECT greatest({_FIRST}, p.lft), least({_LAST}, p.rght) FROM line_part p
              WHERE p.line_id = g.line_id AND p.tree_id = t.tree_id"""
"""Ranges that a unit `t`, the right `g` with the root `r` and, for a right that is limited to a
line, a unit of the line have in common; empty where the first lies behind the last."""


def over(unit_ids: str, roles: str) -> str:
    """A query of (person_id): whoever holds one of the roles over one of the units or below it.

    Both are SQL expressions of arrays, the instant is the value `at`. A right from further above
    counts, and a right whose level or line leaves none of these units to it does not.

    It says what policies.REACHES says, the other way round. Asked unit by unit, a right that is
    limited to a line looks at a whole province before it finds its first bureau. Here both are
    ranges of the tree: what a right and a unit share, and of that what stands below the line's own.
    """
    return f"""
        WITH live AS MATERIALIZED (
          SELECT g.person_id, g.root_id, g.subtree, g.highest_level, g.line_id
            FROM org_admingrant g WHERE g.role = ANY({roles}) AND {policies.LIVE}
        ), line_part AS MATERIALIZED (
          SELECT s.line_id, v.tree_id, v.lft, v.rght
            FROM org_lineunit s JOIN org_unit v ON v.id = s.unit_id
           WHERE s.line_id IN (SELECT line_id FROM live)
             AND s.valid_from <= %(at)s AND (s.valid_to IS NULL OR s.valid_to > %(at)s)
        )
        SELECT DISTINCT g.person_id
          FROM live g CROSS JOIN LATERAL ({_ROOT}) r
          JOIN org_unit t ON t.id = ANY({unit_ids}) AND t.tree_id = r.tree_id
         WHERE EXISTS (
           SELECT 1 FROM ({_SHARED}) part(first, last)
            WHERE part.first <= part.last AND (g.highest_level IS NULL OR EXISTS (
              SELECT 1 FROM org_unit u
               WHERE u.tree_id = t.tree_id AND u.lft BETWEEN part.first AND part.last
                 AND u.level >= g.highest_level)))"""


def people_over(
    unit_id: int, roles: Collection[AdminRole | str], *, at: datetime
) -> frozenset[int]:
    """Whoever administers the unit, or one below it, in one of the roles."""
    values: dict[str, Any] = {"unit": [unit_id], "roles": [str(role) for role in roles], "at": at}
    with connection.cursor() as cursor:
        cursor.execute(over("%(unit)s::bigint[]", "%(roles)s::varchar[]"), values)
        return frozenset(row[0] for row in cursor.fetchall())
