"""导入导出 in a real browser: the template is filled in, uploaded, checked, confirmed, exported."""

import io
from pathlib import Path
from typing import Any

import openpyxl
from playwright.sync_api import Page, expect

from tests.journeys.conftest import SignIn


def _template(page: Page, folder: Path) -> Path:
    with page.expect_download() as started:
        page.get_by_role("link", name="人员模板").click()
    path = folder / "人员.xlsx"
    started.value.save_as(path)
    return path


def _fill_in(path: Path) -> None:
    """Two people for the first organ that the template lists; one with a wrong number."""
    book = openpyxl.load_workbook(path)
    codes = [str(row[0].value) for row in book["组织编码"].iter_rows(min_row=2)]
    organ = next(code for code in codes if len(code) == 18)
    sheet: Any = book["人员"]
    at = {str(cell.value).rstrip("*"): cell.column for cell in sheet[1]}
    people = (("钟导入", "13711110001"), ("坏号码", "12"))
    for row, (name, phone) in enumerate(people, start=2):
        given = {"姓名": name, "手机号": phone, "单位编码": organ, "职务": "科员"}
        for label, text in given.items():
            sheet.cell(row, at[label], text)
    book.save(path)


def test_a_list_of_people_is_imported_and_found(sign_in: SignIn, tmp_path: Path) -> None:
    page = sign_in("县管理员")
    page.goto("/administration/")
    page.get_by_role("link", name="导入导出").click()
    path = _template(page, tmp_path)
    _fill_in(path)
    page.locator('input[type="file"]').set_input_files(path)
    page.get_by_role("button", name="上传并继续").click()
    expect(page.get_by_label("“姓名*”对应")).to_have_value("name")
    page.get_by_role("button", name="开始检查").click()
    expect(page.get_by_text("手机号应为 11 位数字").first).to_be_visible()
    with page.expect_download() as started:
        page.get_by_role("link", name="下载检查结果").click()
    report: Any = openpyxl.load_workbook(io.BytesIO(started.value.path().read_bytes()))["人员"]
    assert report.cell(3, report.max_column).value == "手机号应为 11 位数字"
    page.get_by_role("button", name="确认导入").click()
    expect(page.get_by_text("导入完成")).to_be_visible()
    expect(page.locator("#lines").get_by_text("钟导入")).to_be_visible()
    page.goto("/directory/")
    page.get_by_label("在通讯录中搜索").fill("钟导入")
    expect(page.locator("#found").get_by_text("钟导入", exact=True).first).to_be_visible()


def test_the_same_list_again_changes_nothing(sign_in: SignIn, tmp_path: Path) -> None:
    page = sign_in("县管理员")
    page.goto("/administration/exchange/")
    path = _template(page, tmp_path)
    _fill_in(path)
    page.locator('input[type="file"]').set_input_files(path)
    page.get_by_role("button", name="上传并继续").click()
    page.get_by_role("button", name="开始检查").click()
    expect(page.get_by_text("没有需要导入的变动")).to_be_visible()
    expect(page.get_by_role("button", name="确认导入")).to_have_count(0)
