"""Gapped writes of the unit tree: the only code that writes its structure.

`parent_id` is the truth. `lft`, `rght`, `tree_id` and `depth` are an index over it with slack
between the numbers, so that an insert takes a hole (one row), a move renumbers what moves, and a
full neighbourhood is widened locally. Every function works in the caller's transaction.

Locks, always in this order: TREE (shared; alone for renumbering), then MOVES (alone, for whoever
must lock more than one row), then FOR NO KEY UPDATE on rows. An insert or a rename locks one row,
so nobody waits in a circle. Whoever takes a hole of a unit holds that unit's row.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, models, transaction

from core import db
from org import errors, layout, names
from org.models import Unit

TREE_LOCK = 0x6F72_0001
MOVES_LOCK = 0x6F72_0002

_NODE = "id, parent_id, tree_id, lft, rght, depth"
_UPDATE = """
UPDATE org_unit u SET lft = v.lft, rght = v.rght, depth = v.depth, tree_id = %s
  FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::smallint[]) v(id, lft, rght, depth)
 WHERE u.id = v.id"""
_HOLE = """
WITH edge AS (
  SELECT rght AS low, lead(lft, 1, %(rght)s) OVER (ORDER BY lft) AS high
    FROM org_unit WHERE parent_id = %(id)s
  UNION ALL
  SELECT %(lft)s, coalesce((SELECT min(lft) FROM org_unit WHERE parent_id = %(id)s), %(rght)s)
)
SELECT low, high - low - 1 FROM edge ORDER BY high - low DESC, low LIMIT 1"""
_SUBTREE = """
WITH RECURSIVE below AS (
  SELECT id FROM org_unit WHERE id = %s
  UNION ALL
  SELECT c.id FROM org_unit c JOIN below b ON c.parent_id = b.id
) SELECT id FROM below"""

_HELD = """
WITH RECURSIVE below AS (
  SELECT id FROM org_unit WHERE id = ANY(%(tops)s)
  UNION
  SELECT c.id FROM org_unit c JOIN below b ON c.parent_id = b.id
)
SELECT id FROM below
UNION SELECT parent_id FROM org_unit WHERE id = ANY(%(tops)s) AND parent_id IS NOT NULL
UNION SELECT id FROM org_unit WHERE id = ANY(%(named)s)"""
_LOCK = f"SELECT {_NODE} FROM org_unit WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"


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
class Hole:
    """`free` unused numbers right after `low`."""

    low: int
    free: int


@dataclass(frozen=True, slots=True)
class Moved:
    """How many units moved, and from below which one, whose row is locked."""

    units: int
    old_parent_id: int | None


class _Full(Exception):
    """No hole is left below the unit; its row lock is given back by the savepoint."""


def hold(unit_id: int) -> None:
    """The row of the unit is locked, as for an insert below it; UnitNotFound if there is none."""
    _require_transaction()
    db.advisory_lock_shared(TREE_LOCK)
    _locked(unit_id)


def hold_all(*, subtrees: Collection[int], units: Collection[int] = ()) -> None:
    """Everything that an operation on whole subtrees writes is locked before it judges.

    These are the rows of all units at and below `subtrees`, of those right above them, and of
    `units`; UnitNotFound if one of the named is gone. Nobody else moves anything meanwhile.
    """
    _require_transaction()
    db.advisory_lock_shared(TREE_LOCK)
    db.advisory_lock_exclusive(MOVES_LOCK)
    named = {*subtrees, *units}
    known: set[int] = set()
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_HELD, {"tops": list(subtrees), "named": list(named)})
            there = {row[0] for row in cursor.fetchall()}
        if not named <= there:
            raise errors.UnitNotFound
        _rows(_LOCK, [sorted(there)])
        if there == known:
            return
        known = there


def hold_children(unit_id: int | None) -> None:
    """The rows of the unit and of all directly below it are locked; None: of all roots."""
    _require_transaction()
    db.advisory_lock_shared(TREE_LOCK)
    db.advisory_lock_exclusive(MOVES_LOCK)
    if unit_id is not None:
        # Its row first: no further child comes in once it is locked.
        _locked(unit_id)
    below = "parent_id IS NULL" if unit_id is None else "parent_id = %s"
    _rows(
        f"SELECT {_NODE} FROM org_unit WHERE {below} ORDER BY id FOR NO KEY UPDATE",
        [] if unit_id is None else [unit_id],
    )


def insert(unit: Unit, *, parent_id: int | None) -> Unit:
    """The new unit stands below its parent, in a hole of the parent's range; one row is written.

    Locks the parent's row. A root (no parent) locks the whole tree.
    """
    _require_transaction()
    if parent_id is None:
        return _insert_root(unit)
    db.advisory_lock_shared(TREE_LOCK)
    try:
        # The savepoint gives the row back before MOVES is asked for, in the order of locks.
        with transaction.atomic():
            return _insert_in_hole(unit, parent_id)
    except _Full:
        db.advisory_lock_exclusive(MOVES_LOCK)
        _widen(parent_id, room=layout.LEAF * layout.SPARE)
        return _insert_in_hole(unit, parent_id)


def rename(*, unit_id: int, name: str, short_name: str) -> None:
    """The unit carries the names; its place is untouched."""
    _require_transaction()
    db.advisory_lock_shared(TREE_LOCK)
    _locked(unit_id)
    others = Unit.objects.values_list("other_names", flat=True).get(pk=unit_id)
    Unit.objects.filter(pk=unit_id).update(
        name=name, short_name=short_name, **names.unit_search(name, short_name, others)
    )


def move(*, unit_id: int, parent_id: int) -> Moved:
    """The unit and all below it stand below `parent_id`.

    Locks every moved row, the old parent and the new one. UnitBelowItself leaves all as it was.
    """
    _require_transaction()
    db.advisory_lock_shared(TREE_LOCK)
    db.advisory_lock_exclusive(MOVES_LOCK)
    moved = _locked_subtree(unit_id)
    if parent_id in moved:
        raise errors.UnitBelowItself
    old_parent_id = moved[unit_id].parent_id
    parent = _locked(parent_id)
    if old_parent_id is not None:
        _locked(old_parent_id)
    plan = layout.plan(unit_id, _children(_by_place(moved.values())))
    hole = _hole(parent)
    if hole.free < plan.width:
        _widen(parent_id, room=plan.width + layout.LEAF)
        parent = _node(parent_id)
        hole = _hole(parent)
    _place(plan, low=hole.low, tree_id=parent.tree_id, depth=parent.depth + 1)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE org_unit SET parent_id = %s WHERE id = %s", [parent_id, unit_id])
    return Moved(units=len(moved), old_parent_id=old_parent_id)


def delete(*, unit_id: int) -> None:
    """The unit is gone for good; UnitInUse while anything refers to it.

    Only for a unit entered by mistake: one that existed is abolished, not deleted.
    """
    _require_transaction()
    db.advisory_lock_shared(TREE_LOCK)
    unit = Unit.objects.select_for_update().filter(pk=unit_id).first()
    if unit is None:
        raise errors.UnitNotFound
    try:
        # Past mptt's delete(), which would close the gap by moving half the tree.
        models.Model.delete(unit)
    except (models.ProtectedError, models.RestrictedError) as refusal:
        raise errors.UnitInUse from refusal


def renumber() -> int:
    """Every number is rewritten from `parent_id` with fresh slack; returns how many changed.

    Siblings stand in their order (`sort`) again, which inserts into holes don't keep up.
    Waits until no local change is under way and holds off new ones.
    """
    _require_transaction()
    lock_alone()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {_NODE} FROM org_unit ORDER BY sort, id")
        nodes = [Node(*row) for row in cursor.fetchall()]
        children = _children(nodes)
        numbers: list[tuple[int, int, int, int, int]] = []
        roots = sorted((n.tree_id, n.id) for n in nodes if n.parent_id is None)
        for tree_id, (_, root) in enumerate(roots, start=1):
            plan = layout.plan(root, children)
            numbers += [
                (unit_id, 1 + place.lft, 1 + place.rght, place.depth, tree_id)
                for unit_id, place in plan.places.items()
            ]
        if len(numbers) != len(nodes):
            raise TreeHasCycle(sorted({n.id for n in nodes} - {n[0] for n in numbers})[:20])
        cursor.execute(
            "CREATE TEMP TABLE org_renumbered (id bigint, lft bigint, rght bigint,"
            " depth smallint, tree_id int) ON COMMIT DROP"
        )
        with cursor.copy("COPY org_renumbered FROM STDIN") as copy:
            for row in numbers:
                copy.write_row(row)
        cursor.execute(
            "UPDATE org_unit u SET lft = r.lft, rght = r.rght, depth = r.depth,"
            " tree_id = r.tree_id FROM org_renumbered r WHERE r.id = u.id AND (u.lft, u.rght,"
            " u.depth, u.tree_id) IS DISTINCT FROM (r.lft, r.rght, r.depth, r.tree_id)"
        )
        changed: int = cursor.rowcount
        cursor.execute("DROP TABLE org_renumbered")
    return changed


def lock_alone() -> None:
    """No other writer of the tree runs until the transaction ends."""
    _require_transaction()
    db.advisory_lock_exclusive(TREE_LOCK)


class TreeHasCycle(RuntimeError):
    """Units whose chain of parents never ends at a root: somebody wrote parent_id by hand."""


def _insert_root(unit: Unit) -> Unit:
    lock_alone()
    last = Unit.objects.aggregate(last=models.Max("tree_id"))["last"] or 0
    unit.parent_id, unit.tree_id, unit.depth = None, last + 1, 0
    unit.lft, unit.rght = 1, 1 + layout.LEAF * layout.SPARE
    return _create(unit)


def _insert_in_hole(unit: Unit, parent_id: int) -> Unit:
    parent = _locked(parent_id)
    hole = _hole(parent)
    if hole.free < 2:
        raise _Full
    width = layout.leaf_width(hole.free)
    unit.parent_id, unit.tree_id, unit.depth = parent_id, parent.tree_id, parent.depth + 1
    unit.lft, unit.rght = hole.low + 1, hole.low + width
    return _create(unit)


def _create(unit: Unit) -> Unit:
    for column, value in names.unit_search(unit.name, unit.short_name, unit.other_names).items():
        setattr(unit, column, value)
    # Past Unit.save(), which refuses new units, and mptt's, which knows no gaps.
    models.Model.save(unit, force_insert=True)
    unit._loaded_parent_id = unit.parent_id
    return unit


def _widen(unit_id: int, *, room: int) -> None:
    """A hole of `room` numbers is free below the unit. MOVES is held.

    The unit moves with all below it to a wider range of its parent; where the parent has none,
    the parent is widened in turn. A root just grows: nothing stands beside it.
    """
    spared = {unit_id: room}
    while True:
        nodes = _locked_subtree(unit_id)
        node = nodes[unit_id]
        if node.parent_id is None:
            _grow_root(node, room=max(room, node.rght - node.lft))
            return
        plan = layout.plan(unit_id, _children(_by_place(nodes.values())), spared=spared)
        parent = _locked(node.parent_id)
        hole = _hole(parent)
        if hole.free >= plan.width:
            _place(plan, low=hole.low, tree_id=parent.tree_id, depth=parent.depth + 1)
            return
        if parent.parent_id is None:
            _grow_root(parent, room=max(2 * plan.width, parent.rght - parent.lft))
        else:
            # Widening the parent lays out all below it anew, this unit and its room included.
            unit_id = parent.id


def _grow_root(root: Node, *, room: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE org_unit SET rght = rght + %s WHERE id = %s", [room, root.id])


def _place(plan: layout.Plan, *, low: int, tree_id: int, depth: int) -> None:
    places = plan.places
    with connection.cursor() as cursor:
        cursor.execute(
            _UPDATE,
            [
                tree_id,
                list(places),
                [low + 1 + place.lft for place in places.values()],
                [low + 1 + place.rght for place in places.values()],
                [depth + place.depth for place in places.values()],
            ],
        )


def _hole(parent: Node) -> Hole:
    """The widest hole below the unit, whose row the caller holds."""
    with connection.cursor() as cursor:
        cursor.execute(_HOLE, {"id": parent.id, "lft": parent.lft, "rght": parent.rght})
        low, free = cursor.fetchone()
    return Hole(low=low, free=free)


def _locked(unit_id: int) -> Node:
    found = _rows(f"SELECT {_NODE} FROM org_unit WHERE id = %s FOR NO KEY UPDATE", [unit_id])
    if not found:
        raise errors.UnitNotFound
    return found[0]


def _node(unit_id: int) -> Node:
    return _rows(f"SELECT {_NODE} FROM org_unit WHERE id = %s", [unit_id])[0]


def _locked_subtree(unit_id: int) -> dict[int, Node]:
    """The unit and all below it, every row locked; UnitNotFound if it is gone.

    Repeats until the rows that are locked are the rows that are there: until its parent's row is
    locked, a new unit may still come in.
    """
    known: set[int] = set()
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_SUBTREE, [unit_id])
            there = {row[0] for row in cursor.fetchall()}
        if not there:
            raise errors.UnitNotFound
        locked = _rows(_LOCK, [sorted(there)])
        if there == known:
            return {node.id: node for node in locked}
        known = there


def _rows(sql: str, values: Sequence[Any]) -> list[Node]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [Node(*row) for row in cursor.fetchall()]


def _by_place(nodes: Iterable[Node]) -> list[Node]:
    return sorted(nodes, key=lambda node: (node.lft, node.id))


def _children(nodes: Iterable[Node]) -> Mapping[int, list[int]]:
    below: dict[int, list[int]] = {}
    for node in nodes:
        if node.parent_id is not None:
            below.setdefault(node.parent_id, []).append(node.id)
    return below


def _require_transaction() -> None:
    if not connection.in_atomic_block:
        raise RuntimeError("the tree is written inside a transaction only")
