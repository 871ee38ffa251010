"""Who serves where in a whole province: posts, ranks and numbers of people for every unit."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from org.kinds import PostFunction, UnitKind
from org.synthesis.people import head_title

HEAD_TITLE: Final = "{head}"
"""Stands for the title of the unit's head, which follows from the unit's name."""


@dataclass(frozen=True, slots=True)
class Place:
    """A unit to be staffed."""

    unit_id: int
    kind: str
    level: int
    name: str
    anchors: str
    """City, county, township, organ and level: columns of a search row in COPY's text form."""


@dataclass(frozen=True, slots=True)
class Rung:
    """A post and how many hold it."""

    title: str
    function: PostFunction
    rank: int
    seats: int


@dataclass(frozen=True, slots=True)
class Team:
    """The posts of one unit from the top, with `people` on them in all."""

    place: Place
    rungs: tuple[Rung, ...]
    people: int


@dataclass(frozen=True, slots=True)
class _Shape:
    """How large a unit is compared with others, its fixed posts, and who the rest of it are."""

    size: float
    fixed: tuple[tuple[str, PostFunction, int, int], ...]
    rest: tuple[tuple[str, int], ...]


_HEAD, _DEPUTY, _CLERK = PostFunction.HEAD, PostFunction.DEPUTY, PostFunction.CLERK
_STAFF: Final = PostFunction.STAFF
_ORGAN: Final = (
    (HEAD_TITLE, _HEAD, 10, 1),
    (f"副{HEAD_TITLE}", _DEPUTY, 20, 4),
    ("党组成员", _STAFF, 30, 2),
    ("二级巡视员", _STAFF, 40, 1),
)
_SHAPES: Final[dict[tuple[str, int], _Shape]] = {
    ("organ", 1): _Shape(10, _ORGAN, (("机关党委专职副书记", 50), ("工作人员", 85))),
    ("organ", 2): _Shape(9, _ORGAN, (("调研员", 50), ("工作人员", 85))),
    ("organ", 3): _Shape(8, _ORGAN, (("四级调研员", 50), ("工作人员", 85))),
    ("organ", 4): _Shape(9, _ORGAN, (("一级主任科员", 50), ("工作人员", 85))),
    ("department", 1): _Shape(
        18,
        (("处长", _STAFF, 70, 1), ("副处长", _STAFF, 72, 2), ("三级调研员", _STAFF, 74, 2)),
        (("一级主任科员", 76), ("四级主任科员", 80), ("工作人员", 85)),
    ),
    ("department", 2): _Shape(
        16,
        (("处长", _STAFF, 70, 1), ("副处长", _STAFF, 72, 2)),
        (("一级主任科员", 76), ("科员", 80), ("工作人员", 85)),
    ),
    ("department", 3): _Shape(
        14,
        (("科长", _STAFF, 70, 1), ("副科长", _STAFF, 72, 1)),
        (("一级科员", 78), ("科员", 80), ("工作人员", 85)),
    ),
    ("department", 4): _Shape(
        14, (("主任", _STAFF, 70, 1), ("副主任", _STAFF, 72, 2)), (("科员", 80), ("工作人员", 85))
    ),
    ("field_office", 3): _Shape(
        12,
        (("所长", _HEAD, 10, 1), ("副所长", _DEPUTY, 20, 2), ("内勤", _CLERK, 60, 1)),
        (("科员", 80), ("辅助人员", 85)),
    ),
    ("region", 5): _Shape(
        8,
        (
            ("党组织书记", _HEAD, 10, 1),
            ("主任", _DEPUTY, 20, 1),
            ("委员", _STAFF, 40, 3),
            ("文书", _CLERK, 60, 1),
        ),
        (("专职网格员", 80), ("兼职网格员", 85)),
    ),
    ("group", 6): _Shape(1.2, (("组长", _HEAD, 10, 1),), (("网格员", 80),)),
}
_OFFICE_CLERK: Final = ("收发员", _CLERK, 60, 1)


def teams(places: Sequence[Place], *, people: int) -> Iterator[Team]:
    """The units with somebody on them, `people` in all: each gets its share, to the person.

    Of kinds that have no people of their own (regions above villages, virtual units) none.
    """
    total = sum(shape.size for place in places if (shape := _shape(place)))
    due = 0.0
    placed = 0
    for place in places:
        shape = _shape(place)
        if shape is None:
            continue
        due += shape.size * people / total
        count = round(due) - placed
        placed += count
        if count:
            office = place.kind == UnitKind.DEPARTMENT and place.name.endswith("办公室")
            yield Team(place, _rungs(shape, head_title(place.name), office, count), count)


def _shape(place: Place) -> _Shape | None:
    return _SHAPES.get((place.kind, place.level))


# Most villages are staffed alike, and so are most departments: a few hundred ways in all.
@lru_cache(maxsize=1 << 14)
def _rungs(shape: _Shape, head: str, has_clerk: bool, count: int) -> tuple[Rung, ...]:
    found = []
    for title, function, rank, seats in (*shape.fixed, *((_OFFICE_CLERK,) if has_clerk else ())):
        taken = min(seats, count)
        if taken:
            found.append(Rung(title.replace(HEAD_TITLE, head), function, rank, taken))
        count -= taken
    kinds = len(shape.rest)
    for number, (title, rank) in enumerate(shape.rest):
        seats = (count + kinds - 1 - number) // kinds
        if seats:
            found.append(Rung(title, _STAFF, rank, seats))
    return tuple(found)
