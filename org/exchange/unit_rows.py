"""Rows of a file of units, each cell judged by itself."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from core import names
from org import codes
from org.exchange.faults import Faults
from org.kinds import UnitKind

SORT_AT_MOST: Final = 1_000_000
_KINDS: Final = {str(kind.label): kind for kind in UnitKind}
_CONTACT: Final = re.compile(r"[0-9+()\- 转]{0,40}")
_NAME_AT_MOST: Final = 120
_CODE_AT_MOST: Final = 32


@dataclass(frozen=True, slots=True)
class UnitRow:
    """One unit. What the file does not speak of is None, not empty."""

    row: int
    code: str
    name: str
    short_name: str | None
    kind: UnitKind | None
    parent_code: str
    parent: str
    sort: int | None
    phone: str | None
    address: str | None


def read(rows: Iterable[tuple[int, Mapping[str, str]]], faults: Faults) -> list[UnitRow]:
    """The rows that are right by themselves; what is wrong with the others is in `faults`."""
    good = []
    for number, cells in rows:
        row = _row(number, cells, faults)
        if number not in faults.rows:
            good.append(row)
    return good


def code_fault(kind: UnitKind, code: str, *, level: int, parent_code: str) -> str:
    """Why a new unit of the kind can't have the code, in a sentence; empty where it can."""
    if kind is UnitKind.ORGAN:
        return codes.credit_fault(code) if code else ""
    if kind in (UnitKind.REGION, UnitKind.GROUP):
        return codes.division_fault(codes.division_code(code), level=level, parent_code=parent_code)
    return "此类组织的编码由系统生成，新增请留空" if code else ""


def _row(number: int, cells: Mapping[str, str], faults: Faults) -> UnitRow:
    code = cells.get("code", "").upper()
    if len(code) > _CODE_AT_MOST:
        faults.error(number, "code", "TOO_LONG", f"编码不超过 {_CODE_AT_MOST} 位")
    return UnitRow(
        row=number,
        code=code,
        name=_name(number, cells.get("name", ""), faults),
        short_name=_short(number, cells, "short_name", 60, "简称", faults),
        kind=_kind(number, cells.get("kind", ""), faults),
        parent_code=cells.get("parent_code", "").upper(),
        parent=cells.get("parent", ""),
        sort=_sort(number, cells.get("sort", ""), faults),
        phone=_phone(number, cells.get("phone"), faults),
        address=_short(number, cells, "address", 200, "地址", faults),
    )


def _name(row: int, text: str, faults: Faults) -> str:
    if not text:
        faults.error(row, "name", "NAME_MISSING", "请填写名称")
    elif len(text) > _NAME_AT_MOST:
        faults.error(row, "name", "TOO_LONG", f"名称不超过 {_NAME_AT_MOST} 字")
    elif names.has_unseen(text):
        faults.error(row, "name", "UNSEEN_CHARACTERS", f"名称{names.REFUSAL}")
    return text


def _kind(row: int, text: str, faults: Faults) -> UnitKind | None:
    if text not in _KINDS:
        faults.error(row, "kind", "NOT_IN_LIST", f"类型应为：{'、'.join(_KINDS)}")
    return _KINDS.get(text)


def _short(
    row: int, cells: Mapping[str, str], key: str, longest: int, label: str, faults: Faults
) -> str | None:
    text = cells.get(key) or None
    if text is not None and len(text) > longest:
        faults.error(row, key, "TOO_LONG", f"{label}不超过 {longest} 字")
    elif text is not None and names.has_unseen(text):
        faults.error(row, key, "UNSEEN_CHARACTERS", f"{label}{names.REFUSAL}")
    return text


def _sort(row: int, text: str, faults: Faults) -> int | None:
    if not text:
        return None
    # Orders that were written between two others may stand below nought.
    if not re.fullmatch(r"-?\d{1,9}", text, re.ASCII) or abs(int(text)) > SORT_AT_MOST:
        faults.error(row, "sort", "BAD_ORDER", f"排序应为不超过 {SORT_AT_MOST} 的整数")
        return None
    return int(text)


def _phone(row: int, text: str | None, faults: Faults) -> str | None:
    if text and not _CONTACT.fullmatch(text):
        faults.error(row, "phone", "BAD_OFFICE_PHONE", "联系电话只含数字、+、-、括号和“转”")
    return text or None
