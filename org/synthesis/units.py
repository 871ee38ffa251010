"""Organs, inner departments and village groups for a tree of real divisions.

Names follow what such places really have; the codes are synthetic (with right check digits) and
every row says so by its origin.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from org import codes
from org.divisions import Division
from org.kinds import UnitKind, UnitOrigin

REGION_SORT = 1000

# Organs of a province, a city and a county: (province, city, county), None where it has none.
_ORGANS: tuple[tuple[str | None, str | None, str | None], ...] = (
    ("人民政府办公厅", "人民政府办公室", "人民政府办公室"),
    ("发展和改革委员会", "发展和改革委员会", "发展和改革局"),
    ("经济和信息化厅", "经济和信息化局", "经济和信息化局"),
    ("教育厅", "教育局", "教育局"),
    ("科学技术厅", "科学技术局", "科学技术局"),
    ("公安厅", "公安局", "公安分局"),
    ("民政厅", "民政局", "民政局"),
    ("司法厅", "司法局", "司法局"),
    ("财政厅", "财政局", "财政局"),
    ("人力资源和社会保障厅", "人力资源和社会保障局", "人力资源和社会保障局"),
    ("自然资源厅", "规划和自然资源局", "规划和自然资源分局"),
    ("生态环境厅", "生态环境局", "生态环境分局"),
    ("住房和城乡建设厅", "城乡建设委员会", "住房和城乡建设局"),
    ("交通运输厅", "交通运输局", "交通运输局"),
    ("水利厅", "林业水利局", "农业农村局"),
    ("农业农村厅", "农业农村局", None),
    ("商务厅", "商务局", "商务局"),
    ("文化广电和旅游厅", "文化广电旅游局", "文化和广电旅游体育局"),
    ("卫生健康委员会", "卫生健康委员会", "卫生健康局"),
    ("退役军人事务厅", "退役军人事务局", "退役军人事务局"),
    ("应急管理厅", "应急管理局", "应急管理局"),
    ("审计厅", "审计局", "审计局"),
    ("市场监督管理局", "市场监督管理局", "市场监督管理局"),
    ("统计局", "统计局", "统计局"),
    ("医疗保障局", "医疗保障局", "医疗保障局"),
    ("数据局", "数据资源管理局", "数据局"),
    ("信访局", "信访局", "信访局"),
    ("综合行政执法指导办公室", "综合行政执法局", "综合行政执法局"),
)
_DEPARTMENTS = {
    1: ("办公室", "综合处", "政策法规处", "业务一处", "业务二处", "人事处"),
    2: ("办公室", "综合处", "法规处", "业务处", "组织人事处"),
    3: ("办公室", "综合科", "业务科", "法制科"),
    4: ("党政综合办公室", "经济发展办公室", "社会事务办公室", "平安法治办公室", "综合信息指挥室"),
}
_TOWNSHIP_OFFICES = (("街道", "办事处"), ("镇", "人民政府"), ("乡", "人民政府"), ("会", ""))
# Rows of the statistics that stand for no government of their own.
_PLACEHOLDERS = {"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"}
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
    for division in divisions:
        if division.level == 5:
            rows.extend(_groups(division, position[division.code], len(rows)))
        elif division.name not in {*_PLACEHOLDERS, named.get(division.parent_code)}:
            # 东莞市 stands in the statistics twice, as a city and as its own only county.
            rows.extend(_organs(division, position[division.code], len(rows)))
    return rows


def _organs(division: Division, region: int, start: int) -> Iterator[NewUnit]:
    index = start
    for sort, (name, short) in enumerate(_organ_names(division)):
        code = codes.credit_code(division.code[:6].ljust(6, "0"), _serial(division, sort))
        organ = index
        yield _synthetic(organ, region, code, name, short, UnitKind.ORGAN, division.level, sort)
        for part, inner in enumerate(_DEPARTMENTS[division.level], start=1):
            yield _synthetic(
                organ + part,
                organ,
                f"{code}-{part:02d}",
                inner,
                inner,
                UnitKind.DEPARTMENT,
                division.level,
                part,
            )
        index += 1 + len(_DEPARTMENTS[division.level])


def _organ_names(division: Division) -> list[tuple[str, str]]:
    if division.level == 4:
        office = next(
            (office for end, office in _TOWNSHIP_OFFICES if division.name.endswith(end)),
            "管理委员会",
        )
        return [(f"{division.name}{office}", f"{division.name}{office}")]
    column = division.level - 1
    found = [name for name in (row[column] for row in _ORGANS) if name is not None]
    if not division.name.endswith("区"):
        # Branch offices are what districts of a city have.
        found = [name.replace("分局", "局") for name in found]
    return [(f"{division.name}{name}", name) for name in found]


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
