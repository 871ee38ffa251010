"""Which units may join a line of work: proposed by their names, and judged by their place."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import connection

from org.kinds import LineRole
from org.queries.lines import LineUnitRow

_STANDS: Final = "u.valid_from <= %(at)s AND (u.valid_to IS NULL OR u.valid_to > %(at)s)"
_IN_LINE: Final = (
    "l.line_id = %(line)s AND l.valid_from <= %(at)s"
    " AND (l.valid_to IS NULL OR l.valid_to > %(at)s)"
)


def proposal(
    line_id: int, endings: Sequence[str], *, root_id: int, at: datetime
) -> list[LineUnitRow]:
    """The organs and field offices at or below the root whose names end so, not in the line yet."""
    if not endings:
        return []
    rows = _fetch(
        f"""
        SELECT u.id, u.code, u.name, u.kind, u.level FROM org_unit u
          JOIN org_unit r ON r.id = %(root)s AND u.tree_id = r.tree_id
           AND u.lft BETWEEN r.lft AND r.rght
         WHERE u.kind IN ('organ', 'field_office') AND {_STANDS} AND u.name LIKE ANY(%(like)s)
           AND NOT EXISTS (SELECT 1 FROM org_lineunit l WHERE l.unit_id = u.id AND {_IN_LINE})
         ORDER BY u.level, u.code LIMIT 2000""",
        {"line": line_id, "root": root_id, "at": at,
         "like": [f"%{_literal(ending)}" for ending in endings]},
    )  # fmt: skip
    lead = LineRole.LEAD
    return [
        LineUnitRow(unit_id, code, name, kind, level, lead.value, str(lead.label), 0)
        for unit_id, code, name, kind, level in rows
    ]


def outside(root_id: int, unit_ids: Collection[int]) -> list[int]:
    """Those of the units that stand neither at nor below the root."""
    rows = _fetch(
        "SELECT u.id FROM org_unit u JOIN org_unit r ON r.id = %(root)s WHERE u.id = ANY(%(ids)s)"
        " AND NOT (u.tree_id = r.tree_id AND u.lft BETWEEN r.lft AND r.rght) ORDER BY u.id",
        {"root": root_id, "ids": list(unit_ids)},
    )
    return [row[0] for row in rows]


def _literal(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _fetch(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
