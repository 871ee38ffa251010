"""Turns a file that was taken into rows of text, whatever it was written with."""

import csv
import io
import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Any, Final

from org import errors
from org.exchange.files import FileFormat

ROWS_AT_MOST: Final = 50_000
COLUMNS_AT_MOST: Final = 100
_TIMEOUT: Final = 60
_TEXT_AT_MOST: Final = 2_000
_DELIMITERS: Final = ",;\t"
_READER: Final = "org.exchange.sheet_reader"
_FAULTS: Final = {
    "damaged": "文件已损坏或有密码，无法打开",
    "empty": "文件里没有内容",
    "rows": f"超过 {ROWS_AT_MOST} 行，请拆成几个文件",
    "columns": f"超过 {COLUMNS_AT_MOST} 列，请删去无关的列",
}
_SIZE_FAULTS: Final = frozenset({"rows", "columns"})


@dataclass(frozen=True, slots=True)
class Sheet:
    """All rows of one sheet as text, trimmed; row 0 is the first of the sheet."""

    name: str
    rows: list[list[str]]


def read(content: bytes, file_format: FileFormat, *, wanted: str) -> Sheet:
    """The sheet of the wanted name, or the first one that can be seen.

    FileUnreadable or FileTooLarge. Only call with what `files.take` has taken.
    """
    if file_format is FileFormat.CSV:
        return _read_csv(content)
    answer = _ask_reader(content, wanted)
    if fault := answer.get("fault"):
        raise _refusal(fault)
    return _sheet(answer["sheet"], answer["rows"])


def _ask_reader(content: bytes, wanted: str) -> dict[str, Any]:
    asked = {"wanted": [wanted], "rows": ROWS_AT_MOST + 20, "columns": COLUMNS_AT_MOST}
    try:
        run = subprocess.run(  # noqa: S603  # our own module, arguments of our own making
            [sys.executable, "-m", _READER, json.dumps(asked)],
            input=content,
            capture_output=True,
            timeout=_TIMEOUT,
            check=True,
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        # Out of memory or of time: built to be so, or broken beyond telling.
        raise _refusal("damaged") from error
    answer: dict[str, Any] = json.loads(run.stdout)
    return answer


def _read_csv(content: bytes) -> Sheet:
    text = _decoded(content)
    head = text[: text.find("\n", 1) + 1 or len(text)]
    delimiter = max(_DELIMITERS, key=head.count)
    try:
        rows = _csv_rows(text, delimiter)
    except csv.Error as error:
        raise _refusal("damaged") from error
    if not rows:
        raise _refusal("empty")
    return _sheet("", rows)


def _csv_rows(text: str, delimiter: str) -> list[list[str]]:
    rows: list[list[str]] = []
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
        rows.append([cell[:_TEXT_AT_MOST] for cell in row])
        if len(rows) > ROWS_AT_MOST + 20:
            raise _refusal("rows")
        if len(row) > COLUMNS_AT_MOST:
            raise _refusal("columns")
    return rows


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise errors.FileUnreadable(reason="文字编码无法识别，请用 UTF-8 或 GB18030 保存")


def _sheet(name: str, rows: list[list[str]]) -> Sheet:
    width = max((len(row) for row in rows), default=0)
    whole = [[cell.strip() for cell in row] + [""] * (width - len(row)) for row in rows]
    while whole and not any(whole[-1]):
        whole.pop()
    if not whole:
        raise _refusal("empty")
    return Sheet(name=name, rows=whole)


def _refusal(fault: str) -> errors.FileTooLarge | errors.FileUnreadable:
    if fault in _SIZE_FAULTS:
        return errors.FileTooLarge(reason=_FAULTS[fault])
    return errors.FileUnreadable(reason=_FAULTS[fault])
