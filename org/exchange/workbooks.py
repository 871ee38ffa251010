"""Writes workbooks: the template, lists that are exported, and the report on an import."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from org.exchange import columns, neutral
from org.exchange.columns import Field
from org.exchange.files import FileFormat
from org.kinds import ExchangeSubject

TEMPLATE_ROWS: Final = 5_000
UNITS_IN_TEMPLATE: Final = 20_000
REPORT_CELLS: Final = 300_000
"""A larger file is told of in a workbook of its own: openpyxl would hold all of it, styles too."""
REPORT_HEADING: Final = "检查结果"
_INSTRUCTIONS: Final = "填写说明"
_LISTS: Final = "代码表"
_UNITS: Final = "组织编码"
_TEXT_FORMAT: Final = "@"
_HEAD: Final = PatternFill("solid", fgColor="E8EFFA")
_NEEDED: Final = PatternFill("solid", fgColor="FCF2DC")
_WRONG: Final = PatternFill("solid", fgColor="FFC7CE")
_DOUBTFUL: Final = PatternFill("solid", fgColor="FFEB9C")
_BOLD: Final = Font(bold=True)
_RED: Final = Font(color="9C0006")
_WRAPPED: Final = Alignment(wrap_text=True, vertical="top")

_GENERAL: Final = (
    "第一张工作表填写数据，一行一条，表头不要改动；其他工作表供查阅，导入时不读取。",
    "带 * 的列必填。选填列留空表示不修改已有内容。",
    "导入前先检查并预览：哪些新增、变更、调动，哪些行有错误；确认后才写入。",
    "同一份文件重复导入不会产生重复数据。",
)
_BY_SUBJECT: Final = {
    ExchangeSubject.PEOPLE: (
        "已有人员按系统编号、手机号、工号、“单位＋姓名”的先后识别；有同名人员时请填写系统编号。",
        "同单位另有同名人员、确需新增的，在“系统编号”列填“新增”并填写手机号。",
        "一人多职的填多行：一行主任职，其余为兼职、借调或挂职。",
        "主任职换了单位的行按调动办理，原任职同时结束。",
    ),
    ExchangeSubject.UNITS: (
        "已有组织按编码识别，没有编码的按“上级＋名称”识别。",
        "上级可以是同一文件中新增的组织，填写路径即可，先后不限。",
        "上级换了的行按移动办理，下级组织和人员随同移动。",
    ),
}


def template(subject: ExchangeSubject, units: Sequence[tuple[str, str, str]]) -> bytes:
    """The workbook to fill in. `units` are (code, name, path) of the administrator's scope."""
    book = Workbook()
    sheet: Any = book.active
    sheet.title = str(subject.label)
    fields = columns.FIELDS[subject]
    for index, field in enumerate(fields, start=1):
        _heading(sheet, index, field)
    sheet.freeze_panes = "A2"
    _instruct(book.create_sheet(_INSTRUCTIONS), subject, fields)
    _choices(book.create_sheet(_LISTS), sheet, fields)
    listed = book.create_sheet(_UNITS)
    listed.append(["组织编码", "名称", "路径"])
    for unit in units[:UNITS_IN_TEMPLATE]:
        listed.append([neutral.neutralised(text) for text in unit])
    for letter, width in (("A", 24), ("B", 30), ("C", 60)):
        listed.column_dimensions[letter].width = width
    if units:
        _offer_units(sheet, fields, min(len(units), UNITS_IN_TEMPLATE))
    return _saved(book)


def listing(
    subject: ExchangeSubject, file_format: FileFormat, rows: Iterable[Sequence[str]]
) -> bytes:
    """The rows under the headings of the template, so that they can be imported again."""
    labels = [field.label for field in columns.FIELDS[subject]]
    if file_format is FileFormat.CSV:
        return _csv(labels, rows)
    book = Workbook(write_only=True)
    sheet: Any = book.create_sheet(str(subject.label))
    sheet.freeze_panes = "A2"
    for index, field in enumerate(columns.FIELDS[subject], start=1):
        sheet.column_dimensions[get_column_letter(index)].width = field.width
    sheet.append([_bold(sheet, label) for label in labels])
    for row in rows:
        sheet.append([neutral.neutralised(text) for text in row])
    return _saved(book)


def report(
    content: bytes,
    file_format: FileFormat,
    rows: Sequence[Sequence[str]],
    *,
    sheet: str,
    header_row: int,
    faults: Iterable[tuple[int, int | None, str, bool]],
) -> bytes:
    """The uploaded file with its wrong cells in red and a last column that says what is wrong.

    `faults` are (row from 1, column from 0, sentence, is an error). A file that is no XLSX, or a
    large one, is written anew with the same rows.
    """
    wrong: dict[int, list[tuple[int | None, str, bool]]] = {}
    for row, column, text, is_error in faults:
        wrong.setdefault(row, []).append((column, text, is_error))
    width = max((len(row) for row in rows), default=0)
    if file_format is FileFormat.XLSX and len(rows) * width <= REPORT_CELLS:
        return _marked(content, sheet, header_row, width, wrong)
    return _rewritten(rows, header_row, wrong)


def _marked(
    content: bytes,
    name: str,
    header_row: int,
    width: int,
    wrong: dict[int, list[tuple[int | None, str, bool]]],
) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheet: Any = book[name] if name in book.sheetnames else book.active
    sheet.cell(header_row, width + 1, REPORT_HEADING).font = _BOLD
    sheet.column_dimensions[get_column_letter(width + 1)].width = 50
    for row, found in wrong.items():
        for column, _text, is_error in found:
            if column is not None:
                sheet.cell(row, column + 1).fill = _WRONG if is_error else _DOUBTFUL
        cell = sheet.cell(row, width + 1, neutral.neutralised(_told(found)))
        cell.font, cell.alignment = _RED, _WRAPPED
    return _saved(book)


def _rewritten(
    rows: Sequence[Sequence[str]],
    header_row: int,
    wrong: dict[int, list[tuple[int | None, str, bool]]],
) -> bytes:
    book = Workbook(write_only=True)
    sheet: Any = book.create_sheet(REPORT_HEADING)
    for number, row in enumerate(rows, start=1):
        found = wrong.get(number, [])
        cells: list[Any] = [neutral.neutralised(neutral.restored(text)) for text in row]
        for column, _text, is_error in found:
            if column is not None:
                marked: Any = WriteOnlyCell(sheet, value=cells[column])
                marked.fill = _WRONG if is_error else _DOUBTFUL
                cells[column] = marked
        cells.append(REPORT_HEADING if number == header_row else neutral.neutralised(_told(found)))
        sheet.append(cells)
    return _saved(book)


def _told(found: Iterable[tuple[int | None, str, bool]]) -> str:
    return "；".join(text for _, text, _ in found)


def _heading(sheet: Worksheet, index: int, field: Field) -> None:
    cell: Any = sheet.cell(1, index, f"{field.label}*" if field.required else field.label)
    cell.font, cell.fill = _BOLD, _NEEDED if field.required else _HEAD
    if field.hint:
        cell.comment = Comment(field.hint, "同文")
    letter = get_column_letter(index)
    sheet.column_dimensions[letter].width = field.width
    # As text, so that codes keep their zeros and phones don't turn into 1.38E+10.
    sheet.column_dimensions[letter].number_format = _TEXT_FORMAT
    for row in range(2, 202):
        sheet.cell(row, index).number_format = _TEXT_FORMAT


def _instruct(sheet: Any, subject: ExchangeSubject, fields: Sequence[Field]) -> None:
    sheet.column_dimensions["A"].width = 16
    sheet.column_dimensions["B"].width = 90
    sheet.append([f"{subject.label}导入填写说明"])
    sheet["A1"].font = Font(bold=True, size=14)
    for number, text in enumerate((*_GENERAL, *_BY_SUBJECT[subject]), start=1):
        sheet.append([number, text])
    sheet.append([])
    sheet.append(["列", "怎样填写"])
    for field in fields:
        listed = f"可填：{'、'.join(field.choices)}" if 0 < len(field.choices) <= 8 else ""
        hint = "；".join(part for part in (field.hint, listed) if part)
        sheet.append([f"{field.label}*" if field.required else field.label, hint])


def _choices(lists: Any, sheet: Worksheet, fields: Sequence[Field]) -> None:
    """A column of the code lists for each field with a closed choice, offered in its cells."""
    listed = [(index, field) for index, field in enumerate(fields, start=1) if field.choices]
    for column, (index, field) in enumerate(listed, start=1):
        lists.cell(1, column, field.label).font = _BOLD
        for row, choice in enumerate(field.choices, start=2):
            lists.cell(row, column, choice)
        letter = get_column_letter(column)
        lists.column_dimensions[letter].width = 18
        source = f"'{_LISTS}'!${letter}$2:${letter}${len(field.choices) + 1}"
        _offer(sheet, index, source, strict=True)


def _offer_units(sheet: Worksheet, fields: Sequence[Field], count: int) -> None:
    for index, field in enumerate(fields, start=1):
        if field.key in ("unit_code", "parent_code"):
            _offer(sheet, index, f"'{_UNITS}'!$A$2:$A${count + 1}", strict=False)


def _offer(sheet: Worksheet, index: int, source: str, *, strict: bool) -> None:
    offered = DataValidation(
        type="list", formula1=source, allow_blank=True, showErrorMessage=strict
    )
    offered.error = "请从列表中选择"
    letter = get_column_letter(index)
    offered.add(f"{letter}2:{letter}{TEMPLATE_ROWS}")
    sheet.add_data_validation(offered)


def _csv(labels: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    kept = io.StringIO(newline="")
    writer = csv.writer(kept)
    writer.writerow(labels)
    writer.writerows(_neutral_rows(rows))
    # Excel takes a file without the mark for one in the system's own encoding.
    return kept.getvalue().encode("utf-8-sig")


def _neutral_rows(rows: Iterable[Sequence[str]]) -> Iterator[list[str]]:
    for row in rows:
        yield [neutral.neutralised(text) for text in row]


def _bold(sheet: Any, text: str) -> Any:
    cell: Any = WriteOnlyCell(sheet, value=text)
    cell.font, cell.fill = _BOLD, _HEAD
    return cell


def _saved(book: Any) -> bytes:
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()
