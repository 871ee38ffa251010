"""Reads a spreadsheet in a process of its own, whose memory and time are limited.

A few bytes of a workbook can name a cell at the far corner of a sheet, and whoever reads it then
holds seventeen thousand million cells. Run by org.exchange.reading; stands on the standard library
and calamine alone, so that it starts in no time.
"""

import datetime as dt
import io
import json
import resource
import sys
from collections.abc import Sequence
from typing import Any, Final

import python_calamine as calamine

MEMORY: Final = 1_500 * 1024 * 1024
SECONDS: Final = 40
TEXT_AT_MOST: Final = 2_000


def main() -> None:
    """What stands on the sheet goes to standard output as JSON: `sheet`, `rows` or `fault`."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    asked = json.loads(sys.argv[1])
    try:
        answer = read(sys.stdin.buffer.read(), **asked)
    except calamine.CalamineError:
        answer = {"fault": "damaged"}
    json.dump(answer, sys.stdout)


def read(content: bytes, *, wanted: Sequence[str], rows: int, columns: int) -> dict[str, Any]:
    """The first visible sheet that has a wanted name, else the first visible one."""
    book = calamine.load_workbook(io.BytesIO(content))
    visible = [
        sheet.name
        for sheet in book.sheets_metadata
        if sheet.visible == calamine.SheetVisibleEnum.Visible
        and sheet.typ == calamine.SheetTypeEnum.WorkSheet
    ]
    if not visible:
        return {"fault": "empty"}
    name = next((name for name in wanted if name in visible), visible[0])
    sheet = book.get_sheet_by_name(name)
    if sheet.end is None:
        return {"fault": "empty"}
    if sheet.end[0] + 1 > rows:
        return {"fault": "rows"}
    if sheet.end[1] + 1 > columns:
        return {"fault": "columns"}
    lines = [[_text(cell) for cell in line] for line in sheet.to_python(skip_empty_area=False)]
    return {"sheet": name, "rows": lines}


def _text(cell: object) -> str:
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ") if cell.time() != dt.time() else str(cell.date())
    return str(cell)[:TEXT_AT_MOST]


if __name__ == "__main__":
    main()
