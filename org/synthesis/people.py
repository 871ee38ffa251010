"""Made-up people with likely names, staffed where a demonstration needs them first."""

import random
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from org import names
from org.kinds import PostFunction, UnitKind
from org.synthesis import naming
from org.synthesis.units import OTHERS_SORT, NewUnit

_HEAD_TITLES = (
    ("办公厅", "主任"), ("办公室", "主任"), ("委员会", "主任"), ("厅", "厅长"),
    ("局", "局长"), ("办事处", "主任"), ("镇人民政府", "镇长"), ("乡人民政府", "乡长"),
)  # fmt: skip
_RANK = {PostFunction.HEAD: 10, PostFunction.DEPUTY: 20, PostFunction.CLERK: 60}
_JOB_LEVELS = {
    (PostFunction.HEAD, 1): "一级巡视员",
    (PostFunction.DEPUTY, 1): "二级巡视员",
    (PostFunction.HEAD, 2): "一级调研员",
    (PostFunction.DEPUTY, 2): "二级调研员",
    (PostFunction.HEAD, 3): "三级调研员",
    (PostFunction.DEPUTY, 3): "四级调研员",
    (PostFunction.HEAD, 4): "一级主任科员",
    (PostFunction.DEPUTY, 4): "二级主任科员",
}


@dataclass(frozen=True, slots=True)
class NewPost:
    """A post to be loaded; `unit` is a position in the list of units."""

    index: int
    unit: int
    title: str
    function: PostFunction
    rank: int


@dataclass(frozen=True, slots=True)
class NewPerson:
    """A person to be loaded with one main appointment to a post."""

    index: int
    public_id: uuid.UUID
    name: str
    pinyin: str
    initials: str
    phone: str
    job_level: str
    post: int
    order: int


@dataclass(frozen=True, slots=True)
class Staff:
    """Posts and the people who hold them, as many as were asked for."""

    posts: list[NewPost]
    people: list[NewPerson]


@dataclass(frozen=True, slots=True)
class _Seat:
    unit: int
    level: int
    title: str
    function: PostFunction
    rank: int


def staff(units: Sequence[NewUnit], *, count: int, seed: int) -> Staff:
    """`count` people, the same for the same units and seed.

    First the province's organs, then the first city of each tree down to its counties, then the
    other cities, counties and townships; whoever is left joins as further staff, round by round.
    """
    dice = random.Random(seed)  # noqa: S311  # repeatable, not secret
    surnames, weights = naming.surnames()
    posts: dict[tuple[int, str], NewPost] = {}
    holders: dict[int, int] = {}
    people: list[NewPerson] = []
    for number, seat in enumerate(islice(_seats(units), count)):
        post = posts.get((seat.unit, seat.title))
        if post is None:
            post = NewPost(len(posts), seat.unit, seat.title, seat.function, seat.rank)
            posts[(seat.unit, seat.title)] = post
        holders[post.index] = holders.get(post.index, 0) + 1
        name = dice.choices(surnames, weights)[0] + naming.given(dice)
        pinyin, initials = names.reading(name)
        people.append(
            NewPerson(
                index=number,
                public_id=uuid.UUID(int=dice.getrandbits(128), version=4),
                name=name,
                pinyin=pinyin,
                initials=initials,
                # 100 is no network's prefix: nobody is called by mistake.
                phone=f"100{number % 100_000_000:08d}",
                job_level=_JOB_LEVELS.get((seat.function, seat.level), "四级主任科员"),
                post=post.index,
                order=holders[post.index],
            )
        )
    return Staff(posts=list(posts.values()), people=people)


def head_title(organ: str) -> str:
    """What the head of an organ of this name is called."""
    return next((title for end, title in _HEAD_TITLES if organ.endswith(end)), "负责人")


def _seats(units: Sequence[NewUnit]) -> Iterator[_Seat]:
    """Seats in the order in which they are filled; endless where there is an organ at all."""
    parts: dict[int, list[NewUnit]] = {}
    for unit in units:
        if unit.kind is UnitKind.DEPARTMENT and unit.parent is not None:
            parts.setdefault(unit.parent, []).append(unit)
    tiers = _tiers(units)
    for tier, staff_seats in tiers:
        for organ in tier:
            yield from _core_seats(organ, parts.get(organ.index, []), staff_seats)
    organs = [organ for tier, _ in tiers for organ in tier]
    while organs:
        for organ in organs:
            for part in parts.get(organ.index, [])[1:]:
                yield _Seat(part.index, part.level, "科员", PostFunction.STAFF, 80)


def _tiers(units: Sequence[NewUnit]) -> list[tuple[list[NewUnit], int]]:
    """Organs by how soon they are staffed, with how many of staff each gets at first."""
    showcase: set[int] = set()
    cities_seen: set[int | None] = set()
    for unit in units:
        if unit.kind is not UnitKind.REGION:
            continue
        is_first_city = unit.level == 2 and unit.parent not in cities_seen
        if is_first_city:
            cities_seen.add(unit.parent)
        if unit.parent is None or is_first_city or (unit.level > 2 and unit.parent in showcase):
            showcase.add(unit.index)
    everything = [unit for unit in units if unit.kind is UnitKind.ORGAN]
    organs = [organ for organ in everything if organ.sort < OTHERS_SORT]
    first = {
        level: [organ for organ in organs if organ.level == level and organ.parent in showcase]
        for level in (1, 2, 3)
    }
    chosen = {organ.index for tier in first.values() for organ in tier}
    others = {
        level: [organ for organ in organs if organ.level == level and organ.index not in chosen]
        for level in (1, 2, 3, 4)
    }
    return [
        (first[1], 2),
        (first[2], 4),
        (first[3], 3),
        (others[1], 1),
        (others[2], 0),
        (others[3], 2),
        (others[4], 3),
        ([organ for organ in everything if organ.sort >= OTHERS_SORT], 2),
    ]


def _core_seats(organ: NewUnit, parts: list[NewUnit], staff_seats: int) -> Iterator[_Seat]:
    title = head_title(organ.name)
    for function, seat_title in (
        (PostFunction.HEAD, title),
        (PostFunction.DEPUTY, f"副{title}"),
    ):
        yield _Seat(organ.index, organ.level, seat_title, function, _RANK[function])
    if not parts:
        return
    office = parts[0]
    yield _Seat(office.index, organ.level, "收发员", PostFunction.CLERK, _RANK[PostFunction.CLERK])
    inner = "处长" if organ.level < 3 else "科长"
    for number in range(staff_seats):
        part = parts[1 + number % (len(parts) - 1)] if len(parts) > 1 else office
        seat_title, rank = (inner, 70) if number < len(parts) - 1 else ("科员", 80)
        yield _Seat(part.index, organ.level, seat_title, PostFunction.STAFF, rank)
