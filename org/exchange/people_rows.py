"""Rows of a file of people, each cell judged by itself."""

import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, TypeVar

from core import names
from org.exchange import phones
from org.exchange.faults import Faults
from org.kinds import AppointmentKind, PostFunction

T = TypeVar("T")
NEW: Final = "新增"
ORDER_AT_MOST: Final = 10_000
_EARLIEST: Final = date(1949, 10, 1)
_NAME: Final = re.compile(r"[^\x00-\x1f<>]{1,60}")
_MOBILE: Final = re.compile(r"1[3-9]\d{9}|\+\d[\d-]{6,18}|0\d{2,3}-?\d{7,8}")
_OFFICE: Final = re.compile(r"[0-9+()\- 转]{0,40}")
_FUNCTIONS: Final = {str(function.label): function for function in PostFunction}
_KINDS: Final = {str(kind.label): kind for kind in AppointmentKind}
_DATE: Final = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})(?:\s*[-/.月]\s*(\d{1,2})\s*日?|\s*月?)")


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One person in one unit. What the file does not speak of is None, not empty."""

    row: int
    number: uuid.UUID | None
    is_new: bool
    """The row says itself that nobody known is meant."""
    name: str
    phone: str | None
    masked_phone: str
    staff_number: str | None
    unit_code: str
    unit: str
    title: str
    function: PostFunction | None
    kind: AppointmentKind
    job_level: str | None
    order: int | None
    office_phone: str | None
    since: date | None


def read(
    rows: Iterable[tuple[int, Mapping[str, str]]], faults: Faults, *, today: date
) -> list[PersonRow]:
    """The rows that are right by themselves; what is wrong with the others is in `faults`."""
    good = []
    for number, cells in rows:
        row = _row(number, cells, faults, today)
        if number not in faults.rows:
            good.append(row)
    return good


def _row(number: int, cells: Mapping[str, str], faults: Faults, today: date) -> PersonRow:
    phone, masked = _phone(number, cells.get("phone"), faults)
    given = cells.get("number", "")
    return PersonRow(
        row=number,
        number=_number(number, given, faults),
        is_new=given == NEW,
        name=_name(number, cells.get("name", ""), faults),
        phone=phone,
        masked_phone=masked,
        staff_number=_short(number, cells, "staff_number", 30, "工号", faults),
        unit_code=cells.get("unit_code", "").upper(),
        unit=_place(number, cells, faults),
        title=_title(number, cells.get("title", ""), faults),
        function=_chosen(number, cells, "function", _FUNCTIONS, "岗位类别", faults),
        kind=_chosen(number, cells, "kind", _KINDS, "任职方式", faults) or AppointmentKind.MAIN,
        job_level=_short(number, cells, "job_level", 40, "职级", faults),
        order=_order(number, cells.get("order", ""), faults),
        office_phone=_office(number, cells.get("office_phone"), faults),
        since=_since(number, cells.get("since", ""), faults, today),
    )


def _number(row: int, text: str, faults: Faults) -> uuid.UUID | None:
    if not text or text == NEW:
        return None
    try:
        return uuid.UUID(text)
    except ValueError:
        faults.error(row, "number", "BAD_NUMBER", "系统编号应照导出的原样填写，新增人员请留空")
        return None


def _name(row: int, text: str, faults: Faults) -> str:
    if not text:
        faults.error(row, "name", "NAME_MISSING", "请填写姓名")
    elif not _NAME.fullmatch(text):
        faults.error(row, "name", "BAD_NAME", "姓名不超过 60 字，不含“<”“>”")
    elif names.has_unseen(text):
        faults.error(row, "name", "UNSEEN_CHARACTERS", f"姓名{names.REFUSAL}")
    return text


def _phone(row: int, text: str | None, faults: Faults) -> tuple[str | None, str]:
    if text is None or phones.MASK in text:
        return None, text or ""
    number = phones.plain(text)
    if number and not _MOBILE.fullmatch(number):
        faults.error(row, "phone", "BAD_PHONE", "手机号应为 11 位数字")
    # An empty cell leaves the number as it is: lists seldom hold all of them.
    return number or None, ""


def _short(
    row: int, cells: Mapping[str, str], key: str, longest: int, label: str, faults: Faults
) -> str | None:
    text = cells.get(key)
    if text is not None and len(text) > longest:
        faults.error(row, key, "TOO_LONG", f"{label}不超过 {longest} 字")
    elif text is not None and names.has_unseen(text):
        faults.error(row, key, "UNSEEN_CHARACTERS", f"{label}{names.REFUSAL}")
    return text


def _place(row: int, cells: Mapping[str, str], faults: Faults) -> str:
    if not cells.get("unit_code") and not cells.get("unit"):
        faults.error(row, "unit", "UNIT_MISSING", "请填写单位编码或单位")
    return cells.get("unit", "")


def _title(row: int, text: str, faults: Faults) -> str:
    if not text:
        faults.error(row, "title", "TITLE_MISSING", "请填写职务")
    elif len(text) > 80:
        faults.error(row, "title", "TOO_LONG", "职务不超过 80 字")
    elif names.has_unseen(text):
        faults.error(row, "title", "UNSEEN_CHARACTERS", f"职务{names.REFUSAL}")
    return text


def _chosen(
    row: int, cells: Mapping[str, str], key: str, known: Mapping[str, T], label: str, faults: Faults
) -> T | None:
    text = cells.get(key, "")
    if text and text not in known:
        faults.error(row, key, "NOT_IN_LIST", f"{label}应为：{'、'.join(known)}")
    return known.get(text)


def _order(row: int, text: str, faults: Faults) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and int(text[:9]) <= ORDER_AT_MOST):
        faults.error(row, "order", "BAD_ORDER", f"排序应为 0 至 {ORDER_AT_MOST} 的整数")
        return None
    return int(text)


def _office(row: int, text: str | None, faults: Faults) -> str | None:
    if text is not None and not _OFFICE.fullmatch(text):
        faults.error(row, "office_phone", "BAD_OFFICE_PHONE", "办公电话只含数字、+、-、括号和“转”")
    return text


def _since(row: int, text: str, faults: Faults, today: date) -> date | None:
    if not text:
        return None
    day = _date(text)
    if day is None:
        faults.error(row, "since", "BAD_DATE", "任职日期应形如 2026-03-01")
    elif not _EARLIEST <= day <= today:
        faults.error(row, "since", "DATE_OUT_OF_RANGE", "任职日期不能早于建国，也不能晚于今天")
    return day


def _date(text: str) -> date | None:
    found = _DATE.match(text)
    try:
        if found:
            return date(int(found[1]), int(found[2]), int(found[3] or 1))
        return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007  # a day has no zone
    except ValueError:
        return None
