"""The tree that a file of units speaks of, as far as the administrator manages it."""

from collections.abc import Collection
from typing import Any, Final

from django.db import connection

from org import errors, policies
from org.exchange import neutral
from org.exchange.places import Place, Places
from org.exchange.units_plan import KnownUnit, UnitsState
from org.queries import units
from org.queries.import_people import Scope

UNITS_AT_MOST: Final = 60_000
_TREE: Final = f"""
SELECT u.id, u.code, u.name, u.kind, u.level, u.parent_id, u.short_name, u.sort, u.phone,
       u.address, EXISTS (SELECT 1 FROM org_appointment a WHERE a.unit_id = u.id
                           AND (a.valid_to IS NULL OR a.valid_to > %(at)s))
  FROM org_unit u JOIN org_unit top ON top.id = %(root)s AND u.tree_id = top.tree_id
   AND u.lft BETWEEN top.lft AND top.rght
 WHERE u.valid_from <= %(at)s AND (u.valid_to IS NULL OR u.valid_to > %(at)s)
   AND {policies.ADMINISTERED} ORDER BY u.lft LIMIT %(limit)s"""


def state(codes: Collection[str], scope: Scope) -> UnitsState:
    """All that a plan is made from; FileTooLarge for a tree too large to be compared."""
    with connection.cursor() as cursor:
        cursor.execute(_TREE, {**scope.values, "limit": UNITS_AT_MOST + 1})
        rows = cursor.fetchall()
        if len(rows) > UNITS_AT_MOST:
            raise errors.FileTooLarge(reason=f"范围内组织超过 {UNITS_AT_MOST} 个，请选择下级范围")
        cursor.execute(
            "SELECT upper(code) FROM org_unit WHERE upper(code) = ANY(%s) AND id <> ALL(%s)",
            [list(codes), [row[0] for row in rows]],
        )
        foreign = frozenset(row[0] for row in cursor.fetchall())
    return UnitsState(
        root_id=scope.root_id,
        places=Places(_placed(rows, scope.root_id)),
        known={row[0]: _known(row) for row in rows},
        foreign_codes=foreign,
    )


def _placed(rows: list[tuple[Any, ...]], root_id: int) -> list[Place]:
    """Those above come first, so that each path is its parent's and its own name."""
    above = tuple(neutral.plain(unit.name) for unit in units.path(root_id)[:-1])
    paths: dict[int, tuple[str, ...]] = {}
    found = []
    for unit_id, code, name, kind, level, parent_id, *_ in rows:
        plain = neutral.plain(name)
        paths[unit_id] = (*paths.get(parent_id, above), plain)
        found.append(Place(unit_id, code, plain, kind, level, parent_id, paths[unit_id]))
    return found


def _known(row: tuple[Any, ...]) -> KnownUnit:
    return KnownUnit(
        short_name=neutral.plain(row[6]),
        sort=row[7],
        phone=neutral.plain(row[8]),
        address=neutral.plain(row[9]),
        has_people=row[10],
    )
