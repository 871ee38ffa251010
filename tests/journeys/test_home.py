"""The workbench on a desktop and on a phone."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import SignIn, Site, titled

SCREENS = ("消息", "公文", "审批", "通讯录", "工作台")


def _fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_the_head_of_a_bureau_sees_what_waits(sign_in: SignIn) -> None:
    page = sign_in("签发人")
    expect(page.locator("[data-count=approvals].counter-number")).not_to_have_text("0")
    expect(page.get_by_role("heading", name="待办")).to_be_visible()
    page.locator(".home-today a.row").first.click()
    expect(page).to_have_url(re.compile(r"/approvals/\d+/$"))


def test_every_screen_of_the_rail_opens(sign_in: SignIn) -> None:
    page = sign_in("拟稿人")
    rail = page.get_by_role("navigation", name="主导航")
    for screen in SCREENS:
        rail.get_by_role("link", name=screen, exact=False).first.click()
        expect(rail.locator('[aria-current="page"]')).to_contain_text(screen)
        assert _fits(page)


def test_a_phone_has_a_bar_with_a_sheet_for_the_rest(sign_in: SignIn) -> None:
    page = sign_in("县管理员", narrow=True)
    rail = page.get_by_role("navigation", name="主导航")
    for screen in ("消息", "公文", "审批", "工作台"):
        expect(rail.get_by_role("link", name=screen, exact=False).first).to_be_visible()
        assert _fits(page)
    rail.get_by_text("更多").click()
    rail.get_by_role("link", name="通讯录").last.click()
    expect(page).to_have_title(titled("通讯录"))
    assert _fits(page)


@pytest.mark.parametrize("address", ["/", "/directory/", "/administration/", "/no/such/page/"])
def test_no_page_is_wider_than_a_phone(address: str, sign_in: SignIn) -> None:
    page = sign_in("县管理员", narrow=True)
    page.goto(address)
    assert _fits(page)


def test_a_double_click_adds_one_unit(sign_in: SignIn) -> None:
    page = sign_in("县管理员")
    page.goto("/administration/")
    page.get_by_role("button", name="新增下级组织").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("名称").fill("双击试验机构")
    dialog.locator("select[name=kind]").select_option("virtual")
    dialog.get_by_role("button", name="新增").evaluate(
        "button => { button.click(); button.form.requestSubmit(); button.click(); }"
    )
    expect(dialog).to_be_hidden()
    page.goto("/directory/?q=双击试验机构")
    expect(page.locator("#found").get_by_text("双击试验机构")).to_have_count(1)


def test_a_double_click_creates_one_group(sign_in: SignIn, site: Site) -> None:
    page = sign_in("拟稿人")
    page.goto("/messages/")
    page.get_by_role("button", name="发起聊天").click()
    dialog = page.get_by_role("dialog")
    for role in ("核稿人", "签发人"):
        dialog.get_by_label("搜索同事").fill(site.accounts[role].name)
        dialog.locator(".picker-found .row", has_text=site.accounts[role].name).first.click()
    dialog.get_by_label("群聊名称").fill("双击试验群")
    dialog.get_by_role("button", name="创建群聊").evaluate(
        "button => { button.click(); button.click(); }"
    )
    expect(dialog).to_be_hidden()
    page.goto("/messages/")
    expect(page.locator(".list-pane .row", has_text="双击试验群")).to_have_count(1)


def test_a_clerk_finds_what_to_acknowledge_among_the_to_dos(sign_in: SignIn) -> None:
    page = sign_in("收发员一")
    row = page.locator(".home-today a.row", has_text="待签收").first
    expect(row).to_contain_text("走访慰问")
    row.click()
    expect(page).to_have_url(re.compile(r"/documents/\d+/$"))


def test_a_phone_searches_from_its_header(sign_in: SignIn) -> None:
    page = sign_in("拟稿人", narrow=True)
    page.get_by_role("banner").get_by_role("link", name="搜索同事、单位").click()
    expect(page.get_by_label("在通讯录中搜索")).to_be_focused()
