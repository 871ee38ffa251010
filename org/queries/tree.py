"""Whether the tree is sound: the derived numbers against `parent_id`, kinds under kinds.

If every unit's range lies strictly within its parent's and no two siblings' ranges touch, then
by induction a range holds exactly the descendants, and there is no cycle: containment has none.
"""

from dataclasses import dataclass
from typing import Any

from django.db import connection

from org import placing

_MISPLACED = """
SELECT c.id, c.code, c.name,
       CASE WHEN c.tree_id <> p.tree_id THEN 'stands in another tree than its parent'
            WHEN c.depth <> p.depth + 1 THEN 'its depth is not one more than its parent''s'
            ELSE 'its range is not within its parent''s' END
  FROM org_unit c JOIN org_unit p ON p.id = c.parent_id
 WHERE c.tree_id <> p.tree_id OR c.depth <> p.depth + 1
    OR NOT (p.lft < c.lft AND c.rght < p.rght)"""
_OVERLAPPING = """
SELECT id, code, name, 'its range overlaps a sibling''s' FROM (
  SELECT id, code, name, lft, lag(rght) OVER (PARTITION BY parent_id ORDER BY lft) AS before
    FROM org_unit WHERE parent_id IS NOT NULL) s
 WHERE before >= lft"""
_ROOTS = """
SELECT id, code, name, 'is a root with a depth or with another root''s tree' FROM (
  SELECT id, code, name, depth, count(*) OVER (PARTITION BY tree_id) AS roots
    FROM org_unit WHERE parent_id IS NULL) r
 WHERE depth <> 0 OR roots > 1"""
_KINDS = """
SELECT p.kind, p.level, c.kind, c.level, count(*), min(c.id), min(c.code), min(c.name)
  FROM org_unit c JOIN org_unit p ON p.id = c.parent_id GROUP BY 1, 2, 3, 4"""
_BELOW_ABOLISHED = """
SELECT c.id, c.code, c.name, 'stands below an abolished unit'
  FROM org_unit c JOIN org_unit p ON p.id = c.parent_id
 WHERE p.valid_to IS NOT NULL AND (c.valid_to IS NULL OR c.valid_to > p.valid_to)"""

# Nine tenths of a range taken is short of slack: a fresh one has two thirds at most.
_UNTIDY = """
SELECT EXISTS (
  SELECT FROM (SELECT sort, id, lag(sort) OVER siblings AS sort_before, lag(id) OVER siblings
      AS id_before FROM org_unit WINDOW siblings AS (PARTITION BY parent_id, tree_id ORDER BY lft)
  ) s WHERE (sort_before, id_before) > (sort, id)
) OR EXISTS (
  SELECT FROM org_unit p JOIN (SELECT parent_id, sum(rght - lft + 1) AS taken FROM org_unit
      WHERE parent_id IS NOT NULL GROUP BY parent_id) c ON c.parent_id = p.id
   WHERE c.taken * 10 > (p.rght - p.lft) * 9)"""

_TOO_DEEP = f"""
SELECT d.id, d.code, d.name, 'is the fourth department in a row: {placing.MOST_NESTED} may be'
  FROM org_unit d JOIN org_unit c ON c.id = d.parent_id AND c.kind = 'department'
  JOIN org_unit b ON b.id = c.parent_id AND b.kind = 'department'
  JOIN org_unit a ON a.id = b.parent_id AND a.kind = 'department'
 WHERE d.kind = 'department'"""


@dataclass(frozen=True, slots=True)
class TreeFault:
    """One unit that stands wrongly, and why."""

    unit_id: int
    code: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class TreeReport:
    """How many units there are and which of them stand wrongly."""

    units: int
    roots: int
    depth: int
    faults: tuple[TreeFault, ...]


def check() -> TreeReport:
    """Every unit compared with its parent and its siblings, in a few statements."""
    faults = [
        TreeFault(*row)
        for sql in (_MISPLACED, _OVERLAPPING, _ROOTS, _BELOW_ABOLISHED, _TOO_DEEP)
        for row in _fetch(f"{sql} ORDER BY 1")
    ]
    for parent_kind, parent_level, kind, level, count, unit_id, code, name in _fetch(_KINDS):
        parent = placing.Place(kind=parent_kind, level=parent_level)
        if not placing.may_contain(parent, placing.Place(kind=kind, level=level)):
            reason = (
                f"a {kind} of level {level} may not stand below a {parent_kind} of level"
                f" {parent_level} ({count} such)"
            )
            faults.append(TreeFault(unit_id, code, name, reason))
    counted = _fetch(
        "SELECT count(*), count(*) FILTER (WHERE parent_id IS NULL), coalesce(max(depth), 0)"
        " FROM org_unit"
    )[0]
    return TreeReport(units=counted[0], roots=counted[1], depth=counted[2], faults=tuple(faults))


def is_untidy() -> bool:
    """Siblings stand out of order, or a unit is short of room for more below it."""
    return bool(_fetch(_UNTIDY)[0][0])


def _fetch(sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())
