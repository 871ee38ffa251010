"""Workbooks and CSV files for the tests of imports and exports."""

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence

import openpyxl

HEADINGS = ("姓名", "手机号", "单位", "职务")


def xlsx(rows: Iterable[Sequence[object]], *, title: str = "人员") -> bytes:
    """A workbook of one sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def people(*rows: Sequence[object], headings: Sequence[str] = HEADINGS) -> bytes:
    """A workbook of people with the headings and these rows."""
    return xlsx([headings, *rows])


def csv_text(rows: Iterable[Sequence[object]]) -> str:
    """The rows as CSV."""
    kept = io.StringIO()
    csv.writer(kept).writerows(rows)
    return kept.getvalue()


def zipped(entries: Iterable[tuple[zipfile.ZipInfo | str, bytes]]) -> bytes:
    """An archive of the entries."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry, content in entries:
            archive.writestr(entry, content)
    return kept.getvalue()
