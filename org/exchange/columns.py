"""The columns of the files: what each means, what it is called elsewhere, which cell is which."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from org.exchange import neutral
from org.kinds import AppointmentKind, ExchangeSubject, PostFunction, UnitKind

JOB_LEVELS: Final = (
    "一级巡视员", "二级巡视员", "一级调研员", "二级调研员", "三级调研员",
    "四级调研员", "一级主任科员", "二级主任科员", "三级主任科员", "四级主任科员",
    "一级科员", "二级科员", "管理岗三级", "管理岗四级", "管理岗五级",
    "管理岗六级", "管理岗七级", "管理岗八级", "管理岗九级", "管理岗十级",
    "正高级", "副高级", "中级", "初级", "高级技师",
    "技师", "高级工", "中级工", "初级工",
)  # fmt: skip
HEADER_WITHIN: Final = 15
HEADING_AT_MOST: Final = 120


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that a file may say of a person or a unit."""

    key: str
    label: str
    hint: str = ""
    also: tuple[str, ...] = ()
    """What other systems call it."""
    required: bool = False
    choices: tuple[str, ...] = ()
    width: int = 14


PEOPLE: Final = (
    Field(
        "number",
        "系统编号",
        "系统生成，更新已有人员时用；新增留空",
        ("人员编号", "人员ID", "ID"),
        width=38,
    ),
    Field(
        "name",
        "姓名",
        "必填，不超过 60 字",
        ("名字", "人员姓名", "员工姓名", "名称"),
        required=True,
        width=12,
    ),
    Field(
        "phone",
        "手机号",
        "11 位；含 * 的表示不改",
        ("手机", "手机号码", "移动电话", "电话", "联系电话", "联系方式"),
        width=15,
    ),
    Field(
        "staff_number",
        "工号",
        "单位内部编号，可不填",
        ("职工号", "员工编号", "职工编号", "工作证号"),
    ),
    Field(
        "unit_code",
        "单位编码",
        "单位编码与单位至少填一项",
        ("组织编码", "部门编码", "机构编码", "所在单位编码", "统一社会信用代码"),
        width=22,
    ),
    Field(
        "unit",
        "单位",
        "名称或路径，如“西湖区民政局/办公室”",
        (
            "所在单位",
            "部门",
            "所属部门",
            "所在部门",
            "组织",
            "所在组织",
            "组织路径",
            "单位路径",
            "单位名称",
            "工作单位",
        ),
        width=40,
    ),
    Field(
        "title",
        "职务",
        "必填，如“科长”",
        ("岗位", "职位", "岗位名称", "职务名称"),
        required=True,
        width=16,
    ),
    Field(
        "function",
        "岗位类别",
        "留空为工作人员，或同名职务原有的类别",
        ("岗位类型", "职务类别"),
        choices=tuple(str(label) for label in PostFunction.labels),
    ),
    Field(
        "kind",
        "任职方式",
        "留空为主任职",
        ("任职类型", "任职性质"),
        choices=tuple(str(label) for label in AppointmentKind.labels),
    ),
    Field("job_level", "职级", "见代码表", ("级别", "职务职级"), choices=JOB_LEVELS),
    Field("order", "排序", "0–10000，小的在前", ("排序号", "顺序", "显示顺序"), width=8),
    Field(
        "office_phone", "办公电话", "如 0571-88888888 转 801", ("座机", "办公室电话", "固定电话")
    ),
    Field(
        "since",
        "任职日期",
        "如 2026-03-01；留空为导入当日",
        ("任职时间", "起始日期", "到岗日期", "入职日期"),
        width=13,
    ),
)
UNITS: Final = (
    Field(
        "code",
        "组织编码",
        "单位填 18 位统一社会信用代码，未赋码留空；行政区划填统计用区划代码；内设机构新增留空",
        ("单位编码", "机构编码", "部门编码", "统一社会信用代码", "编码"),
        width=22,
    ),
    Field(
        "name",
        "名称",
        "必填，不超过 120 字",
        ("组织名称", "单位名称", "机构名称", "部门名称", "全称"),
        required=True,
        width=30,
    ),
    Field("short_name", "简称", "留空与名称相同", ("单位简称", "短名"), width=18),
    Field(
        "kind",
        "类型",
        "必填，见代码表",
        ("组织类型", "单位类型", "机构类型"),
        required=True,
        choices=tuple(str(label) for label in UnitKind.labels),
    ),
    Field(
        "parent_code",
        "上级编码",
        "上级编码与上级至少填一项",
        ("上级组织编码", "上级单位编码", "上级机构编码", "父级编码"),
        width=22,
    ),
    Field(
        "parent",
        "上级",
        "名称或路径；可以是本表中新增的组织",
        ("上级组织", "上级单位", "上级机构", "上级部门", "父级", "隶属"),
        width=40,
    ),
    Field("sort", "排序", "0–1000000，小的在前", ("排序号", "顺序", "显示顺序"), width=8),
    Field("phone", "联系电话", "", ("电话", "单位电话"), width=16),
    Field("address", "地址", "", ("单位地址", "办公地址"), width=30),
)
FIELDS: Final[Mapping[ExchangeSubject, tuple[Field, ...]]] = {
    ExchangeSubject.PEOPLE: PEOPLE,
    ExchangeSubject.UNITS: UNITS,
}
# One of each group is needed, whichever it is.
PLACES: Final[Mapping[ExchangeSubject, tuple[str, str]]] = {
    ExchangeSubject.PEOPLE: ("unit_code", "unit"),
    ExchangeSubject.UNITS: ("parent_code", "parent"),
}


def header_row(rows: Sequence[Sequence[str]], subject: ExchangeSubject) -> int:
    """The index of the row that names most fields, the first row with text if none does."""
    best, most = 0, 0
    for index, row in enumerate(rows[:HEADER_WITHIN]):
        known = len(guess(row, subject))
        if known > most:
            best, most = index, known
    if most >= 2:
        return best
    return next((index for index, row in enumerate(rows) if any(row)), 0)


def guess(
    headings: Sequence[str],
    subject: ExchangeSubject,
    remembered: Mapping[str, str] | None = None,
) -> dict[str, int]:
    """Field → column, by what the headings meant last time, then by label, then by synonym."""
    fields = FIELDS[subject]
    keys = {field.key for field in fields}
    cells = [_bare(heading) for heading in headings]
    found: dict[str, int] = {}
    taken: set[int] = set()

    def take(key: str, index: int) -> None:
        if key in keys and key not in found and index not in taken:
            found[key] = index
            taken.add(index)

    for index, heading in enumerate(headings):
        if remembered and heading in remembered:
            take(remembered[heading], index)
    for field in fields:
        for name in (field.label, *field.also):
            if field.key not in found and _bare(name) in cells:
                take(field.key, cells.index(_bare(name)))
    return found


def fault_of(columns: Mapping[str, int], subject: ExchangeSubject, width: int) -> str:
    """What keeps rows from being read with these columns, in one sentence; empty for nothing."""
    fields = {field.key: field for field in FIELDS[subject]}
    if set(columns) - set(fields) or any(not 0 <= at < width for at in columns.values()):
        return "列的对应关系不正确"
    twice = [key for key, at in columns.items() if list(columns.values()).count(at) > 1]
    if twice:
        return f"同一列不能同时对应{'、'.join(fields[key].label for key in twice)}"
    missing = [f.label for f in fields.values() if f.required and f.key not in columns]
    if not set(PLACES[subject]) & set(columns):
        missing.append("或".join(fields[key].label for key in PLACES[subject]))
    return f"请为{'、'.join(missing)}指定对应的列" if missing else ""


def cells(row: Sequence[str], columns: Mapping[str, int]) -> dict[str, str]:
    """Field → text of one row, as it was meant."""
    return {key: neutral.restored(row[at]) for key, at in columns.items()}


def _bare(heading: str) -> str:
    # “姓名*”, “手机号（必填）” and “ 职 务 ” are meant too.
    return re.sub(r"[（(【\[].*?[)）】\]]|[\s*＊:：]", "", heading).lower()
