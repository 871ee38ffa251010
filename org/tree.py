"""Gapped writes of the unit tree: the only code that writes its structure.

`parent_id` is the truth. `lft`, `rght`, `tree_id` and `depth` are an index over it with slack
between the numbers, so that an insert takes a hole (one row), a move renumbers what moves, and a
full neighbourhood is widened locally. Every function works in the caller's transaction.

Locks, always in this order: TREE (shared; alone for renumbering), then MOVES (alone, for whoever
must lock more than one row), then FOR NO KEY UPDATE on rows. An insert or a rename locks one row,
so nobody waits in a circle. Whoever takes a hole of a unit holds that unit's row.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from django.db import connection, models, transaction

from org import errors, layout, names, tree_rows
from org.models import Unit
from org.tree_rows import Node, Parent

_UPDATE = """
UPDATE org_unit u SET lft = v.lft, rght = v.rght, depth = v.depth, tree_id = %(tree_id)s,
       parent_id = CASE WHEN u.id = %(top)s THEN %(parent_id)s ELSE u.parent_id END
  FROM unnest(%(ids)s::bigint[], %(lft)s::bigint[], %(rght)s::bigint[], %(depth)s::smallint[])
       v(id, lft, rght, depth)
 WHERE u.id = v.id"""
_HOLE = """
WITH edge AS (
  SELECT rght AS low, lead(lft, 1, %(rght)s) OVER (ORDER BY lft) AS high, sort
    FROM org_unit WHERE parent_id = %(id)s
  UNION ALL
  SELECT %(lft)s, coalesce((SELECT min(lft) FROM org_unit WHERE parent_id = %(id)s), %(rght)s), NULL
)
SELECT low, high - low - 1, max(sort) OVER () FROM edge ORDER BY high - low DESC, low LIMIT 1"""

_COLUMNS = [field for field in Unit._meta.concrete_fields if not field.primary_key]
_INSERT = f"""
INSERT INTO org_unit ({", ".join(field.attname for field in _COLUMNS)})
VALUES ({", ".join("%s" for _ in _COLUMNS)}) ON CONFLICT (code) DO NOTHING RETURNING id"""


@dataclass(frozen=True, slots=True)
class Hole:
    """`free` unused numbers right after `low`; the last unit there has `last_sort`."""

    low: int
    free: int
    last_sort: int | None


@dataclass(frozen=True, slots=True)
class Room:
    """A free hole below a unit, whose row is locked. It is used up before anything else moves."""

    parent: Parent
    hole: Hole


@dataclass(frozen=True, slots=True)
class Moved:
    """How many units moved, and from below which one, whose row is locked."""

    units: int
    old_parent_id: int | None


class CodeTaken(Exception):
    """Another unit has the code; nothing was written."""


class _Full(Exception):
    """No hole is left below the unit; its row lock is given back by the savepoint."""


def hold(unit_id: int) -> None:
    """The row of the unit is locked, as for an insert below it; UnitNotFound if there is none."""
    _require_transaction()
    tree_rows.lock(unit_id)


def hold_moves() -> None:
    """Nobody else moves anything until the transaction ends.

    For a transaction that does several things to the tree: one that held a row already and then
    asked for this would wait in a circle.
    """
    _require_transaction()
    tree_rows.lock_moves()


def hold_all(*, subtrees: Collection[int], units: Collection[int] = ()) -> None:
    """Everything that an operation on whole subtrees writes is locked before it judges.

    These are the rows of all units at and below `subtrees`, of those right above them, and of
    `units`; UnitNotFound if one of the named is gone. Nobody else moves anything meanwhile.
    """
    hold_moves()
    tree_rows.lock_all(subtrees=subtrees, units=units)


def hold_children(unit_id: int | None) -> None:
    """The rows of the unit and of all directly below it are locked; None: of all roots."""
    hold_moves()
    if unit_id is not None:
        # Its row first: no further child comes in once it is locked.
        tree_rows.lock(unit_id)
    tree_rows.lock_children(unit_id)


def room_below(parent_id: int) -> Room:
    """The row of the unit is locked, and one more unit fits below it; UnitNotFound.

    Where it was full its neighbourhood is widened.
    """
    _require_transaction()
    try:
        # The savepoint gives the row back before MOVES is asked for, in the order of locks.
        with transaction.atomic():
            return _room(parent_id)
    except _Full:
        hold_moves()
        _widen(parent_id, room=layout.LEAF * layout.SPARE)
        return _room(parent_id)


def insert(unit: Unit, *, parent_id: int | None) -> Unit:
    """The new unit stands below its parent, in a hole of the parent's range; one row is written.

    Locks the parent's row. A root (no parent) locks the whole tree. CodeTaken.
    """
    _require_transaction()
    return _insert_root(unit) if parent_id is None else insert_in(room_below(parent_id), unit)


def insert_in(room: Room, unit: Unit) -> Unit:
    """The new unit stands in the room that `room_below` found in this transaction; CodeTaken."""
    low, node = room.hole.low, room.parent.node
    unit.parent_id, unit.tree_id, unit.depth = node.id, node.tree_id, node.depth + 1
    unit.lft, unit.rght = low + 1, low + layout.leaf_width(room.hole.free)
    return _create(unit)


def rename(*, unit_id: int, name: str, short_name: str) -> None:
    """The unit carries the names; its place is untouched."""
    _require_transaction()
    tree_rows.lock(unit_id)
    others = Unit.objects.values_list("other_names", flat=True).get(pk=unit_id)
    Unit.objects.filter(pk=unit_id).update(
        name=name, short_name=short_name, **names.unit_search(name, short_name, others)
    )


def move(*, unit_id: int, parent_id: int) -> Moved:
    """The unit and all below it stand below `parent_id`.

    Locks every moved row, the old parent and the new one. UnitBelowItself leaves all as it was.
    """
    hold_moves()
    nodes = tree_rows.lock_all(subtrees=[unit_id], units=[parent_id])
    plan = layout.plan(unit_id, _children(nodes.values()))
    if parent_id in plan.places:
        raise errors.UnitBelowItself
    parent = nodes[parent_id]
    hole = _hole(parent)
    if hole.free < plan.width:
        _widen(parent_id, room=plan.width + layout.LEAF)
        parent = tree_rows.lock(parent_id).node
        hole = _hole(parent)
    _place(unit_id, plan, below=parent, low=hole.low)
    return Moved(units=len(plan.places), old_parent_id=nodes[unit_id].parent_id)


def delete(*, unit_id: int) -> None:
    """The unit is gone for good; UnitInUse while anything refers to it.

    Only for a unit entered by mistake: one that existed is abolished, not deleted.
    """
    _require_transaction()
    tree_rows.lock(unit_id)
    unit = Unit.objects.select_for_update().get(pk=unit_id)
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
    nodes = tree_rows.read(tree_rows.EVERY)
    with connection.cursor() as cursor:
        children = _below(nodes)
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
    tree_rows.lock_alone()


class TreeHasCycle(RuntimeError):
    """Units whose chain of parents never ends at a root: somebody wrote parent_id by hand."""


def _insert_root(unit: Unit) -> Unit:
    lock_alone()
    last = Unit.objects.aggregate(last=models.Max("tree_id"))["last"] or 0
    unit.parent_id, unit.tree_id, unit.depth = None, last + 1, 0
    unit.lft, unit.rght = 1, 1 + layout.LEAF * layout.SPARE
    return _create(unit)


def _room(parent_id: int) -> Room:
    parent = tree_rows.lock(parent_id)
    hole = _hole(parent.node)
    if hole.free < 2:
        raise _Full
    return Room(parent, hole)


def _create(unit: Unit) -> Unit:
    for column, value in names.unit_search(unit.name, unit.short_name, unit.other_names).items():
        setattr(unit, column, value)
    values = [
        field.get_db_prep_save(getattr(unit, field.attname), connection) for field in _COLUMNS
    ]
    with connection.cursor() as cursor:
        # A code that is taken is no error of the database, which would take a savepoint to survive.
        cursor.execute(_INSERT, values)
        created = cursor.fetchone()
    if created is None:
        raise CodeTaken
    (unit.pk,) = created
    unit._state.adding, unit._state.db = False, connection.alias
    unit._loaded_parent_id = unit.parent_id
    return unit


def _widen(unit_id: int, *, room: int) -> None:
    """A hole of `room` numbers is free below the unit. MOVES is held.

    The unit moves with all below it to a wider range of its parent; where the parent has none,
    the parent is widened in turn. A root just grows: nothing stands beside it.
    """
    spared = {unit_id: room}
    while True:
        nodes = tree_rows.lock_all(subtrees=[unit_id])
        node = nodes[unit_id]
        if node.parent_id is None:
            _grow_root(node, room=max(room, node.rght - node.lft))
            return
        plan = layout.plan(unit_id, _children(nodes.values()), spared=spared)
        parent = nodes[node.parent_id]
        hole = _hole(parent)
        if hole.free >= plan.width:
            _place(unit_id, plan, below=parent, low=hole.low)
            return
        if parent.parent_id is None:
            _grow_root(parent, room=max(2 * plan.width, parent.rght - parent.lft))
        else:
            # Widening the parent lays out all below it anew, this unit and its room included.
            unit_id = parent.id


def _grow_root(root: Node, *, room: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE org_unit SET rght = rght + %s WHERE id = %s", [room, root.id])


def _place(top: int, plan: layout.Plan, *, below: Node, low: int) -> None:
    """What is planned stands below the unit, from the number after `low` on."""
    places = plan.places
    with connection.cursor() as cursor:
        cursor.execute(
            _UPDATE,
            {
                "tree_id": below.tree_id,
                "top": top,
                "parent_id": below.id,
                "ids": list(places),
                "lft": [low + 1 + place.lft for place in places.values()],
                "rght": [low + 1 + place.rght for place in places.values()],
                "depth": [below.depth + 1 + place.depth for place in places.values()],
            },
        )


def _hole(parent: Node) -> Hole:
    """The widest hole below the unit, whose row the caller holds."""
    with connection.cursor() as cursor:
        cursor.execute(_HOLE, {"id": parent.id, "lft": parent.lft, "rght": parent.rght})
        return Hole(*cursor.fetchone())


def _children(nodes: Iterable[Node]) -> Mapping[int, list[int]]:
    """The units right below each in the order of their places."""
    return _below(sorted(nodes, key=lambda node: (node.lft, node.id)))


def _below(nodes: Iterable[Node]) -> Mapping[int, list[int]]:
    below: dict[int, list[int]] = {}
    for node in nodes:
        if node.parent_id is not None:
            below.setdefault(node.parent_id, []).append(node.id)
    return below


def _require_transaction() -> None:
    if not connection.in_atomic_block:
        raise RuntimeError("the tree is written inside a transaction only")
