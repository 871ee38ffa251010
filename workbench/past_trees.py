"""The unit tree as it stood at an instant, opened along the way to a unit."""

from datetime import datetime

from org.queries import history
from org.queries.visibility import Viewer
from workbench.trees import BRANCH_LIMIT, Branch, TreeNode


def branch(
    parent_id: int | None, *, depth: int, at: datetime, viewer: Viewer, cursor: str | None = None
) -> Branch:
    """The units that stood directly below, all closed; counts are of the units themselves."""
    return _branch(parent_id, depth, set(), at, viewer, cursor)


def opened(*, to_unit_id: int | None, at: datetime, viewer: Viewer) -> Branch:
    """The whole tree of then, opened along the way to the unit, the roots in any case."""
    roots = history.children_as_of(None, at=at, viewer=viewer, limit=BRANCH_LIMIT).items
    way = {unit.id for unit in roots}
    if to_unit_id is not None:
        above = history.path_as_of(to_unit_id, at=at, viewer=viewer)[:-1]
        way |= {unit.id for unit in above}
    return _branch(None, 1, way, at, viewer)


def _branch(
    parent_id: int | None,
    depth: int,
    way: set[int],
    at: datetime,
    viewer: Viewer,
    cursor: str | None = None,
) -> Branch:
    page = history.children_as_of(
        parent_id, at=at, viewer=viewer, limit=BRANCH_LIMIT, cursor=cursor
    )
    nodes = tuple(
        TreeNode(
            id=unit.id,
            name=unit.name,
            kind=unit.kind,
            people_count=unit.people_count,
            has_below=unit.child_count > 0,
            depth=depth,
            below=(
                _branch(unit.id, depth + 1, way, at, viewer)
                if unit.id in way and unit.child_count
                else None
            ),
        )
        for unit in page.items
    )
    return Branch(parent_id, depth, nodes, page.next_cursor)
