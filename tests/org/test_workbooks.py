"""Files are what they claim and harm nobody; workbooks that are written say what they should."""

import io
import os
import tempfile
import zipfile
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
from django.test import Client

from org import errors
from org.exchange import files as accepted
from org.exchange import neutral, reading
from org.kinds import UnitKind
from org.models import DirectoryImport
from tests import factories
from tests.org import files
from tests.org.importing import Importer

pytestmark = [pytest.mark.django_db]

XLSX = accepted.CONTENT_TYPES[accepted.FileFormat.XLSX]
TYPES = f'<Types><Override ContentType="{XLSX}.main+xml"/></Types>'.encode()
OFFICE = "西湖区民政局/办公室"
RIGHT = ("赵新民", "13900000001", OFFICE, "科员")


def bomb(entries: int = 1, size: int = 300_000_000) -> bytes:
    """A workbook that unpacks to so much; a few hundred kilobytes on the wire."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", TYPES)
        for number in range(entries):
            with archive.open(f"xl/worksheets/sheet{number}.xml", "w", force_zip64=True) as part:
                for _ in range(size // 1_000_000):
                    part.write(bytes(1_000_000))
    return kept.getvalue()


def crowded(entries: int) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        archive.writestr("[Content_Types].xml", TYPES)
        for number in range(entries):
            archive.writestr(f"xl/{number}", b"")
    return kept.getvalue()


def far_corner() -> bytes:
    """A sheet of two cells, of which one stands at the far corner of what a sheet can be."""
    plain = io.BytesIO(files.people(RIGHT))
    kept = io.BytesIO()
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            content = old.read(entry)
            if entry.filename == "xl/worksheets/sheet1.xml":
                cell = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
                content = content.replace(b"</sheetData>", cell)
            new.writestr(entry.filename, content)
    return kept.getvalue()


def linked() -> bytes:
    link = zipfile.ZipInfo("xl/workbook.xml")
    link.external_attr = 0o120777 << 16
    return files.zipped([("[Content_Types].xml", TYPES), (link, b"/etc/passwd")])


def on_disk() -> set[str]:
    return {entry.name for entry in os.scandir(tempfile.gettempdir())}


HARMFUL: dict[str, tuple[str, Callable[[], bytes], int]] = {
    "zip bomb": ("a.xlsx", bomb, 413),
    "100,000 entries": ("a.xlsx", lambda: crowded(100_000), 413),
    "path upwards": (
        "a.xlsx",
        lambda: files.zipped([("[Content_Types].xml", TYPES), ("xl/../../evil", b"x")]),
        422,
    ),
    "absolute path": (
        "a.xlsx",
        lambda: files.zipped([("[Content_Types].xml", TYPES), ("/etc/passwd", b"x")]),
        422,
    ),
    "symlink": ("a.xlsx", linked, 422),
    "far corner": ("a.xlsx", far_corner, 422),
    "program": ("a.xlsx", lambda: b"MZ\x90\x00" + bytes(5000), 415),
    "program as text": ("a.csv", lambda: b"MZ\x90\x00" + bytes(5000), 415),
    "archive as text": ("a.csv", lambda: files.people(RIGHT), 415),
    "document": (
        "a.xlsx",
        lambda: files.zipped([("[Content_Types].xml", b"<Types/>"), ("word/document.xml", b"")]),
        415,
    ),
    "macros inside": (
        "a.xlsx",
        lambda: files.zipped([("[Content_Types].xml", TYPES), ("xl/vbaProject.bin", b"x")]),
        415,
    ),
    "macros by name": ("a.xlsm", lambda: files.people(RIGHT), 415),
    "password": ("a.xlsx", lambda: bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600), 415),
    "macros in xls": (
        "a.xls",
        lambda: bytes.fromhex("d0cf11e0a1b11ae1") + "_VBA_PROJECT".encode("utf-16-le"),
        415,
    ),
    "page": ("a.html", lambda: b"<script>alert(1)</script>", 415),
    "no name": ("", lambda: b"x", 415),
    "empty": ("a.xlsx", lambda: b"", 422),
    "cut off": ("a.xlsx", lambda: files.people(RIGHT)[:-400], 422),
    "broken xls": (
        "a.xls",
        lambda: bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600) + "Workbook".encode("utf-16-le"),
        422,
    ),
    "no workbook": ("a.xls", lambda: bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600), 415),
    "headings only in no encoding": ("a.csv", lambda: b"\xff\xff\xff,\x81", 415),
    "two bytes a letter": ("a.csv", lambda: "姓名,电话".encode("utf-16"), 422),
}


@pytest.mark.parametrize("case", HARMFUL)
def test_a_harmful_file_is_refused_and_leaves_nothing_behind(case: str, importer: Importer) -> None:
    name, build, status = HARMFUL[case]
    content = build()
    before = on_disk()
    if not content and name:
        with pytest.raises(errors.FileUnreadable):
            accepted.take(name, content)
        return
    answer = importer.upload(content, name=name or "x")
    assert (answer.status_code, answer.json().get("status")) == (status, status), answer.content
    assert on_disk() - before == set()
    assert DirectoryImport.objects.count() == 0


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_is_read_in_the_encodings_that_offices_use(encoding: str, importer: Importer) -> None:
    content = files.csv_text([files.HEADINGS, ("赵䶮", "13900000001", OFFICE, "科员")])
    found = importer.check(content.encode(encoding), name="名册.csv")
    assert importer.lines(found["id"]) == [("new", "赵䶮", "杭州市/西湖区/西湖区民政局/办公室")]


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_csv_is_read_with_other_delimiters(delimiter: str) -> None:
    content = delimiter.join(("姓名", "职务")) + "\n" + delimiter.join(("甲", "a,b")) + "\n"
    sheet = reading.read(content.encode(), accepted.FileFormat.CSV, wanted="人员")
    assert sheet.rows == [["姓名", "职务"], ["甲", "a,b"]]


def test_too_many_rows_or_columns_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "ROWS_AT_MOST", 30)
    tall = "姓名\n" + "甲\n" * 60
    wide = ",".join(["姓名"] * 101)
    for content in (tall.encode(), wide.encode()):
        with pytest.raises(errors.FileTooLarge):
            reading.read(content, accepted.FileFormat.CSV, wanted="人员")
    with pytest.raises(errors.FileTooLarge):
        reading.read(
            files.xlsx([["姓名"], *[["甲"]] * 60]), accepted.FileFormat.XLSX, wanted="人员"
        )


def test_the_sheet_of_the_right_name_is_read_else_the_first_that_is_seen() -> None:
    book = openpyxl.Workbook()
    book.active.title = "说明"  # type: ignore[union-attr]  # a new workbook has a sheet
    book.create_sheet("人员").append(["姓名", 13900000001, 0.5, True])
    kept = io.BytesIO()
    book.save(kept)
    sheet = reading.read(kept.getvalue(), accepted.FileFormat.XLSX, wanted="人员")
    assert (sheet.name, sheet.rows) == ("人员", [["姓名", "13900000001", "0.5", "是"]])


@pytest.mark.parametrize(
    "text",
    ["=cmd|' /C calc'!A0", "+86", "-1", "@SUM(1)", "'=1", "''=1", "'", "王", "＝1", "|x", "%x"],
)
def test_texts_that_look_like_formulas_are_made_harmless_and_come_back(text: str) -> None:
    written = neutral.neutralised(text)
    assert written[0] not in "=+-@|%＝＋－＠\t\r"
    assert neutral.restored(written) == neutral.plain(text)


def test_the_template_offers_lists_and_the_units_of_the_scope(
    importer: Importer, province: factories.Province
) -> None:
    query: dict[str, str | int] = {"subject": "people", "unit_id": province.unit("西湖区")}
    answer = importer.client.get("/api/v1/org/imports/template", query)
    assert (answer.status_code, answer["Content-Type"]) == (200, XLSX)
    assert answer["X-Content-Type-Options"] == "nosniff"
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert book.sheetnames == ["人员", "填写说明", "代码表", "组织编码"]
    sheet: Any = book["人员"]
    headings = [cell.value for cell in sheet[1]]
    assert headings[:4] == ["系统编号", "姓名*", "手机号", "工号"]
    offered = [one.formula1 for one in sheet.data_validations.dataValidation]
    assert "'代码表'!$A$2:$A$5" in offered
    assert len(offered) == 4
    paths = [str(row[2].value) for row in book["组织编码"].iter_rows(min_row=2)]
    assert "浙江省/杭州市/西湖区/西湖区民政局/办公室" in paths
    assert not [path for path in paths if "上城区" in path]
    query["subject"] = "units"
    filled = importer.client.get("/api/v1/org/imports/template", query)
    lists = openpyxl.load_workbook(io.BytesIO(filled.content))["代码表"]
    kinds = [row[0].value for row in lists.iter_rows(min_row=2)]
    assert kinds == [str(kind.label) for kind in UnitKind]


def test_the_report_marks_the_uploaded_file(importer: Importer) -> None:
    content = files.people(RIGHT, ("甲", "123", OFFICE, "科员"), ("乙", "", "无此单位", ""))
    found = importer.check(content, name="名册.xlsx")
    answer = importer.client.get(f"/api/v1/org/imports/{found['id']}/report")
    assert "%E6%A3%80%E6%9F%A5%E7%BB%93%E6%9E%9C.xlsx" in answer["Content-Disposition"]
    sheet: Any = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert [cell.value for cell in sheet[1]] == [*files.HEADINGS, "检查结果"]
    assert sheet.cell(2, 5).value is None
    assert sheet.cell(3, 2).fill.fgColor.rgb == "00FFC7CE"
    assert sheet.cell(3, 1).fill.fgColor.rgb == "00000000"
    assert sheet.cell(3, 5).value == "手机号应为 11 位数字"
    assert sheet.cell(4, 5).value == "请填写职务"


def test_the_report_on_csv_is_a_workbook_without_formulas(importer: Importer) -> None:
    rows = [files.HEADINGS, ("=cmd|' /C calc'!A0", "123", OFFICE, "科员")]
    found = importer.check(files.csv_text(rows).encode(), name="名册.csv")
    answer = importer.client.get(f"/api/v1/org/imports/{found['id']}/report")
    sheet: Any = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert (sheet.cell(2, 1).data_type, sheet.cell(2, 1).value) == ("s", "'=cmd|' /C calc'!A0")
    assert sheet.cell(2, 2).fill.fgColor.rgb == "00FFC7CE"
    assert sheet.cell(2, 5).value == "手机号应为 11 位数字"


def test_strangers_get_no_template(province: factories.Province) -> None:
    query: dict[str, str | int] = {"subject": "people", "unit_id": province.unit("西湖区")}
    assert Client().get("/api/v1/org/imports/template", query).status_code == 401
    answer = province.client("许收发").get("/api/v1/org/imports/template", query)
    assert (answer.status_code, answer.json()["code"]) == (403, "ORG_OUT_OF_SCOPE")
