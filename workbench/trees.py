"""The branches of the unit tree that a page opens before anyone clicks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from org.queries import units
from org.queries.visibility import Viewer

BRANCH_LIMIT = 100


@dataclass(frozen=True, slots=True)
class TreeNode:
    """A unit in the tree; `below` is None while the branch is closed."""

    id: int
    name: str
    kind: str
    people_count: int
    has_below: bool
    depth: int
    below: "Branch | None" = None


@dataclass(frozen=True, slots=True)
class Branch:
    """The units directly below one unit, and where the rest of them begins."""

    parent_id: int | None
    depth: int
    nodes: tuple[TreeNode, ...]
    next_cursor: str | None = None


def branch(
    parent_id: int, *, depth: int, at: datetime, viewer: Viewer, cursor: str | None = None
) -> Branch:
    """The units directly below, all closed."""
    page = units.children(parent_id, at=at, viewer=viewer, limit=BRANCH_LIMIT, cursor=cursor)
    nodes = tuple(_closed(unit, depth) for unit in page.items)
    return Branch(parent_id, depth, nodes, page.next_cursor)


def opened(*, to_unit_id: int | None, at: datetime, viewer: Viewer) -> Branch:
    """The whole tree, opened along the way to the unit."""
    roots = units.roots(at=at, viewer=viewer)
    return opened_from([root.id for root in roots], to_unit_id=to_unit_id, at=at, viewer=viewer)


def opened_from(
    root_ids: Sequence[int], *, to_unit_id: int | None, at: datetime, viewer: Viewer
) -> Branch:
    """The trees below these units, opened along the way to the unit."""
    way = {unit.id for unit in units.path(to_unit_id)[:-1]} if to_unit_id else set()
    return Branch(None, 1, tuple(_top(root_id, way, at, viewer) for root_id in root_ids))


def _top(root_id: int, way: set[int], at: datetime, viewer: Viewer) -> TreeNode:
    card = units.card(root_id, at=at, viewer=viewer)
    below = _open(root_id, 2, way, at, viewer)
    return TreeNode(
        id=card.id,
        name=card.name,
        kind=card.kind,
        people_count=card.people_below_count,
        has_below=bool(below.nodes),
        depth=1,
        below=below if below.nodes else None,
    )


def _open(parent_id: int, depth: int, way: set[int], at: datetime, viewer: Viewer) -> Branch:
    page = units.children(parent_id, at=at, viewer=viewer, limit=BRANCH_LIMIT)
    nodes = tuple(
        _closed(unit, depth, _open(unit.id, depth + 1, way, at, viewer) if unit.id in way else None)
        for unit in page.items
    )
    return Branch(parent_id, depth, nodes, page.next_cursor)


def _closed(unit: units.UnitBranch, depth: int, below: Branch | None = None) -> TreeNode:
    return TreeNode(
        id=unit.id,
        name=unit.name,
        kind=unit.kind,
        people_count=unit.people_count,
        has_below=unit.child_count > 0,
        depth=depth,
        below=below,
    )
