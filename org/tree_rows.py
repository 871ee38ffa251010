"""Locks that writes of the unit tree take, and the rows as they are under them.

The order is TREE, MOVES, rows; org.tree tells why.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection

from core import db
from org import errors
from org.queries.units import UnitName

TREE_LOCK: Final = 0x6F72_0001
MOVES_LOCK: Final = 0x6F72_0002

_NODE: Final = "id, parent_id, tree_id, lft, rght, depth"
# The advisory lock and the row in one go: whoever waits for either reads the row as it is then.
_ROW: Final = f"""
SELECT {_NODE}, code, name, short_name, kind, level, valid_to IS NOT NULL
  FROM (SELECT pg_advisory_xact_lock_shared({TREE_LOCK}) OFFSET 0) held, org_unit u
 WHERE u.id = %s FOR NO KEY UPDATE OF u"""
_MOVES: Final = (
    f"SELECT pg_advisory_xact_lock_shared({TREE_LOCK}), pg_advisory_xact_lock({MOVES_LOCK})"
)

_HELD: Final = """
WITH RECURSIVE below AS (
  SELECT id FROM org_unit WHERE id = ANY(%(tops)s)
  UNION
  SELECT c.id FROM org_unit c JOIN below b ON c.parent_id = b.id
), held AS (
  SELECT id FROM below
  UNION SELECT parent_id FROM org_unit WHERE id = ANY(%(tops)s) AND parent_id IS NOT NULL
  UNION SELECT id FROM org_unit WHERE id = ANY(%(named)s))"""
_LOCK: Final = f"""
{_HELD} SELECT {_NODE} FROM org_unit WHERE id = ANY(ARRAY(SELECT id FROM held))
 ORDER BY id FOR NO KEY UPDATE"""
EVERY: Final = f"SELECT {_NODE} FROM org_unit ORDER BY sort, id"


@dataclass(frozen=True, slots=True)
class Node:
    """The structure columns of one unit as the database holds them."""

    id: int
    parent_id: int | None
    tree_id: int
    lft: int
    rght: int
    depth: int


@dataclass(frozen=True, slots=True)
class Parent:
    """A unit whose row is locked, as what may stand below it depends on it."""

    node: Node
    unit: UnitName
    is_abolished: bool


def lock_alone() -> None:
    """No other writer of the tree runs until the transaction ends."""
    db.advisory_lock_exclusive(TREE_LOCK)


def lock_moves() -> None:
    """Nobody else locks more than one row of the tree until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(_MOVES)


def lock(unit_id: int) -> Parent:
    """The row of the unit is locked; UnitNotFound."""
    with connection.cursor() as cursor:
        cursor.execute(_ROW, [unit_id])
        row = cursor.fetchone()
    if row is None:
        raise errors.UnitNotFound
    *columns, code, name, short_name, kind, level, is_abolished = row
    node = Node(*columns)
    unit = UnitName(node.id, code, name, short_name, kind, level, node.parent_id)
    return Parent(node, unit, is_abolished)


def lock_children(unit_id: int | None) -> None:
    """The rows of all units directly below this one (None: all roots) are locked."""
    below, values = ("parent_id IS NULL", []) if unit_id is None else ("parent_id = %s", [unit_id])
    read(f"SELECT {_NODE} FROM org_unit WHERE {below} ORDER BY id FOR NO KEY UPDATE", values)


def lock_all(*, subtrees: Collection[int], units: Collection[int] = ()) -> dict[int, Node]:
    """The units at and below the subtrees, those right above and `units`, every row locked.

    Repeats until the rows that are locked are the rows that are there: until a parent's row is
    locked, a new unit may still come in. UnitNotFound if one of the named is gone. MOVES is held.
    """
    named = {*subtrees, *units}
    values = {"tops": list(subtrees), "named": list(named)}
    while True:
        locked = {node.id: node for node in read(_LOCK, values)}
        if not named <= locked.keys():
            raise errors.UnitNotFound
        with connection.cursor() as cursor:
            cursor.execute(f"{_HELD} SELECT id FROM held", values)
            if {row[0] for row in cursor.fetchall()} == locked.keys():
                return locked


def read(sql: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> list[Node]:
    """The nodes that the statement finds."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [Node(*row) for row in cursor.fetchall()]
