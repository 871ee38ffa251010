"""Where the demonstration plays: two neighbouring counties of whatever province is loaded."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from core import errors
from org.queries import appointments, units, visibility

HOME, NEXT = "西湖区", "上城区"
COUNTY_LEVEL = 3
_WIDEST = 500
_ORGANS = 4


class NoPlace(errors.Invalid):
    """The tree holds no two staffed neighbours to play in."""

    code = "WORKBENCH_NO_DEMO_PLACE"
    message = (
        "组织树中没有两个相邻且有人员的区县，请先用 load_divisions 导入（--people 不少于 600）"
    )


@dataclass(frozen=True, slots=True)
class Places:
    """The units that the demo's people work in."""

    top: units.UnitName
    home: units.UnitBranch
    next: units.UnitBranch


def find(*, at: datetime) -> Places:
    """西湖区 and 上城区 where they are loaded, else the first two staffed neighbours."""
    all_neighbours = [
        (root, counties)
        for root in units.roots(at=at, viewer=visibility.EVERYTHING)
        for counties in _neighbours(root, at)
    ]
    all_neighbours.sort(
        key=lambda pair: {HOME, NEXT} - {county.name for county in pair[1]} != set()
    )
    for root, counties in all_neighbours:
        # Those two come first where they are, and only as many as needed are looked into.
        likely = sorted(counties, key=lambda county: (county.name != HOME, county.name != NEXT))
        staffed = islice((c for c in likely if len(organs(c.id, at=at)) > _ORGANS), 2)
        if len(pair := list(staffed)) == 2:
            return Places(_top(root), *pair)
    raise NoPlace


def organs(region_id: int, *, at: datetime) -> list[units.UnitName]:
    """The region's organs that have a head, a deputy, a clerk and two of staff."""
    return [organ for organ in units.organs_in(region_id, at=at) if is_staffed(organ.id, at=at)]


def is_staffed(organ_id: int, *, at: datetime) -> bool:
    """Whether the organ's four kinds of post are held, the last by two people."""
    least = {"head": 1, "deputy": 1, "clerk": 1, "staff": 2}
    return all(
        len(appointments.function_holders(organ_id, function, at=at)) >= count
        for function, count in least.items()
    )


def named(candidates: Sequence[units.UnitName], ending: str, *, taken: set[int]) -> units.UnitName:
    """The organ whose name ends so, else the first that is not taken yet; it is taken now."""
    free = [organ for organ in candidates if organ.id not in taken]
    if not free:
        raise NoPlace
    chosen = next((organ for organ in free if organ.name.endswith(ending)), free[0])
    taken.add(chosen.id)
    return chosen


def _neighbours(top: units.UnitBranch, at: datetime) -> Iterator[list[units.UnitBranch]]:
    """Regions of county level with people that stand side by side, parent by parent."""
    below = [
        unit
        for unit in units.children(top.id, at=at, viewer=visibility.EVERYTHING, limit=_WIDEST).items
        if unit.kind == "region" and unit.people_count
    ]
    counties = [unit for unit in below if unit.level == COUNTY_LEVEL]
    if counties:
        yield counties
    for unit in below:
        if unit.level < COUNTY_LEVEL:
            yield from _neighbours(unit, at)


def _top(root: units.UnitBranch) -> units.UnitName:
    return units.names([root.id])[root.id]
