"""Organs, inner departments and village groups for a tree of real divisions.

Names follow what such places really have; the codes are synthetic (with right check digits) and
every row says so by its origin.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from org import codes
from org.kinds import UnitKind, UnitOrigin
from org.loading.divisions import Division
from org.synthesis import organs

REGION_SORT = 1000
OTHERS_SORT = 100
"""Organs from here on are not of the government proper; they are staffed last."""

# County and higher: a serial per organ; townships follow, far from them.
_SERIALS = {1: 1_000, 2: 2_000, 3: 3_000, 4: 10_000}


@dataclass(frozen=True, slots=True)
class NewUnit:
    """A unit to be loaded; `index` and `parent` are positions in the whole list."""

    index: int
    parent: int | None
    code: str
    name: str
    short_name: str
    kind: UnitKind
    level: int
    sort: int
    origin: UnitOrigin
    searchable: bool


def whole_tree(divisions: Sequence[Division]) -> list[NewUnit]:
    """The divisions with organs, departments and groups below them; parents before children."""
    rows: list[NewUnit] = []
    position: dict[str, int] = {}
    for sort, division in enumerate(divisions):
        index = len(rows)
        position[division.code] = index
        rows.append(
            NewUnit(
                index=index,
                parent=position[division.parent_code] if division.parent_code else None,
                code=division.code,
                name=division.name,
                short_name=division.name,
                kind=UnitKind.REGION,
                level=division.level,
                sort=REGION_SORT + sort,
                origin=UnitOrigin.STATISTICS,
                searchable=True,
            )
        )
    named = {division.code: division.name for division in divisions}
    below: dict[str, list[Division]] = {}
    for division in divisions:
        below.setdefault(division.parent_code, []).append(division)
    for division in divisions:
        if division.level == 5:
            rows.extend(_groups(division, position[division.code], len(rows)))
        elif division.name not in {*organs.PLACEHOLDERS, named.get(division.parent_code)}:
            # 东莞市 stands in the statistics twice, as a city and as its own only county.
            parts = below.get(division.code, [])
            rows.extend(_organs(division, position[division.code], parts, len(rows)))
    return rows


def _organs(
    division: Division, region: int, below: Sequence[Division], start: int
) -> Iterator[NewUnit]:
    index = start
    for sort, (name, short) in _organ_names(division):
        code = codes.credit_code(division.code[:6].ljust(6, "0"), _serial(division, sort))
        organ = index
        level = division.level
        yield _synthetic(organ, region, code, name, short, UnitKind.ORGAN, level, sort)
        parts = [(f"{part:02d}", inner, UnitKind.DEPARTMENT) for part, inner in _parts(division)]
        parts += _field_offices(short, below)
        for part, (suffix, inner, kind) in enumerate(parts, start=1):
            yield _synthetic(
                organ + part, organ, f"{code}-{suffix}", inner, inner, kind, level, part
            )
        index += 1 + len(parts)


def _parts(division: Division) -> Iterator[tuple[int, str]]:
    stations = organs.STATIONS if division.level == 4 else ()
    return enumerate((*organs.DEPARTMENTS[division.level], *stations), start=1)


def _field_offices(organ: str, below: Sequence[Division]) -> list[tuple[str, str, UnitKind]]:
    """One in each township, of the organs that keep any; its code ends as the township's does."""
    office = next(
        (office for end, office in organs.FIELD_OFFICES.items() if organ.endswith(end)), ""
    )
    if not office:
        return []
    return [
        (f"P{place.code[6:]}", f"{_place(place.name)}{office}", UnitKind.FIELD_OFFICE)
        for place in below
        if place.level == 4
    ]


def _place(township: str) -> str:
    """闲林 of 闲林街道, as it stands in the names of its 派出所."""
    for end in ("街道", "镇", "乡"):
        if township.endswith(end) and len(township) > len(end) + 1:
            return township.removesuffix(end)
    return township


def _organ_names(division: Division) -> list[tuple[int, tuple[str, str]]]:
    """Each with its place in the order, the government's before the others."""
    if division.level == 4:
        office = next(
            (office for end, office in organs.TOWNSHIP_ENDS if division.name.endswith(end)),
            "管理委员会",
        )
        return [(0, (f"{division.name}{office}", f"{division.name}{office}"))]
    found = []
    for first, rows in ((0, organs.GOVERNMENT), (OTHERS_SORT, organs.OTHERS)):
        named = [name for row in rows if (name := row[division.level - 1]) is not None]
        if not division.name.endswith("区"):
            # Branch offices are what districts of a city have.
            named = [name.replace("分局", "局") for name in named]
        found += [(first + n, (f"{division.name}{name}", name)) for n, name in enumerate(named)]
    return found


def _serial(division: Division, sort: int) -> int:
    township = int(division.code[6:]) if division.level == 4 else 0
    return _SERIALS[division.level] + township + sort


def _groups(division: Division, village: int, start: int) -> Iterator[NewUnit]:
    """Three to eleven groups, by the village's code: 村民小组, in towns 居民小组."""
    kind = "居民小组" if division.name.endswith(("社区", "居委会")) else "村民小组"
    count = 3 + sum(map(int, division.code)) * 7 % 9
    for number in range(1, count + 1):
        name = f"第{number}{kind}"
        yield NewUnit(
            index=start + number - 1,
            parent=village,
            code=f"{division.code}{number:03d}",
            name=name,
            short_name=name,
            kind=UnitKind.GROUP,
            level=6,
            sort=number,
            origin=UnitOrigin.SYNTHETIC,
            searchable=False,
        )


def _synthetic(
    index: int,
    parent: int,
    code: str,
    name: str,
    short_name: str,
    kind: UnitKind,
    level: int,
    sort: int,
) -> NewUnit:
    return NewUnit(
        index=index,
        parent=parent,
        code=code,
        name=name,
        short_name=short_name,
        kind=kind,
        level=level,
        sort=sort,
        origin=UnitOrigin.SYNTHETIC,
        searchable=True,
    )
