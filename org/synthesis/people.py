"""Made-up people with likely names, staffed where a demonstration needs them first."""

import random
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from org import names
from org.kinds import PostFunction, UnitKind
from org.synthesis.units import NewUnit

# Surnames with their share among a thousand, rare ones with uncommon readings included.
_SURNAMES = (
    "王71 李70 张65 刘50 陈54 杨29 黄22 赵20 吴25 周24 徐23 孙14 马10 朱17 胡16 郭10 何12 林15 高9"
    " 罗9 郑12 梁7 谢8 宋7 唐7 许9 韩6 冯8 邓6 曹6 彭6 曾6 肖6 田5 董6 潘8 袁6 蔡7 蒋8 余7 于5"
    " 杜5 叶9 程6 魏5 苏5 吕6 丁7 任5 沈13 姚7 卢6 姜5 钟5 谭4 陆7 汪7 范6 金10 石4 廖4 贾4 夏5"
    " 韦3 付4 方7 白3 邹4 孟4 熊4 秦4 邱5 江5 尹3 薛3 阎2 段3 雷3 侯3 龙3 史3 陶5 黎2 贺3 顾5 毛6"
    " 郝3 龚4 邵6 万3 钱8 严5 覃2 武2 戴6 莫2 孔3 向2 汤4 俞9 骆4 楼5 章6 祝3 应4 屠3 诸2 单3 仇2"
    " 区1 解2 查2 乐1 缪2 翟2 葛3 欧阳2 诸葛1 上官1 尉迟1"
)
_GIVEN_ONE = "伟芳娜敏静丽强磊军洋勇艳杰涛明超霞平刚辉鹏华红健斌琳宁波峰燕玲欣颖晨浩宇轩琪蕾凯琴"
_GIVEN_FIRST = "建国志文晓小海春玉秀永德庆世光家俊思雨子嘉佳梦雅美天振泽明国立卫学宏新金一亦若书诗"
_GIVEN_SECOND = (
    "华军平明辉强伟峰林杰芳英梅兰萍燕玲琴娟云龙飞波涛浩宇轩然怡涵琪雯瑶婷敏洁悦宁安庆荣生"
)

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
    surnames, weights = _surnames()
    posts: dict[tuple[int, str], NewPost] = {}
    holders: dict[int, int] = {}
    people: list[NewPerson] = []
    for number, seat in enumerate(islice(_seats(units), count)):
        post = posts.get((seat.unit, seat.title))
        if post is None:
            post = NewPost(len(posts), seat.unit, seat.title, seat.function, seat.rank)
            posts[(seat.unit, seat.title)] = post
        holders[post.index] = holders.get(post.index, 0) + 1
        name = dice.choices(surnames, weights)[0] + _given(dice)
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


def _surnames() -> tuple[list[str], list[int]]:
    pairs = [(entry.rstrip("0123456789"), entry) for entry in _SURNAMES.split()]
    return [name for name, _ in pairs], [int(entry[len(name) :]) for name, entry in pairs]


def _given(dice: random.Random) -> str:
    if dice.random() < 0.22:
        return dice.choice(_GIVEN_ONE)
    return dice.choice(_GIVEN_FIRST) + dice.choice(_GIVEN_SECOND)


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
    organs = [unit for unit in units if unit.kind is UnitKind.ORGAN]
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
    ]


def _core_seats(organ: NewUnit, parts: list[NewUnit], staff_seats: int) -> Iterator[_Seat]:
    title = next((t for end, t in _HEAD_TITLES if organ.name.endswith(end)), "负责人")
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
