"""通讯录 and 系统管理 in a real browser, by mouse and by keyboard."""

import re

from playwright.sync_api import Page, expect

from tests.journeys.conftest import SignIn, Site


def _open_unit(page: Page, name: str) -> None:
    page.get_by_role("treeitem", name=f"{name}，").locator("> .tree-row").first.click()
    expect(page.locator("#unit h2")).to_have_text(name)


def test_a_colleague_is_found_and_written_to(sign_in: SignIn, site: Site) -> None:
    page = sign_in("拟稿人")
    sought = site.accounts["签发人"]
    page.goto("/directory/")
    page.get_by_label("在通讯录中搜索").fill(sought.username)
    page.locator("#found").get_by_text(sought.name, exact=True).first.click()
    card = page.locator("#card")
    expect(card.get_by_role("heading", name=sought.name)).to_be_visible()
    expect(card.locator("#phone")).to_contain_text("****")
    expect(card.get_by_role("button", name="查看号码")).to_have_count(0)
    card.get_by_role("link", name="发消息").click()
    expect(page).to_have_url(re.compile("/messages/"))


def test_the_tree_is_walked_by_keyboard(sign_in: SignIn) -> None:
    page = sign_in("拟稿人")
    page.goto("/directory/")
    start = page.locator('[role="treeitem"][aria-selected="true"]')
    start.focus()
    page.keyboard.press("ArrowLeft")
    parent = page.locator('[role="treeitem"]:focus')
    expect(parent).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowLeft")
    expect(parent).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    opened = page.locator('[role="treeitem"]:focus')
    expect(opened).to_have_attribute("aria-expanded", "true")
    expect(opened.locator('[role="group"] [role="treeitem"]').first).to_be_visible()
    page.keyboard.press("Enter")
    expect(opened).to_have_attribute("aria-selected", "true")


def test_an_administrator_adds_a_unit_and_appoints_a_person(sign_in: SignIn) -> None:
    page = sign_in("县管理员")
    page.goto("/administration/")
    _open_unit(page, "西湖区教育局")
    page.get_by_role("button", name="新增下级组织").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="新增").click()
    expect(dialog.locator("#id_name-error")).to_be_visible()
    dialog.get_by_label("类型").select_option("department")
    dialog.get_by_label("名称").fill("校园安全科")
    dialog.get_by_role("button", name="新增").click()
    expect(page.locator("#unit h2")).to_have_text("校园安全科")
    page.get_by_role("button", name="新增人员").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("姓名").fill("诸葛思远")
    dialog.get_by_label("职务").fill("科员")
    dialog.get_by_role("button", name="新增").click()
    expect(page.locator("#unit table")).to_contain_text("诸葛思远")
    page.goto("/directory/?q=zgsy")
    expect(page.locator("#found")).to_contain_text("诸葛思远")


def test_the_next_county_is_out_of_reach(sign_in: SignIn) -> None:
    page = sign_in("邻县管理员")
    page.goto("/administration/")
    expect(page.get_by_role("tree")).not_to_contain_text("西湖区")
    page.goto("/directory/?q=西湖区教育局")
    found = page.locator("#found a.row").first
    expect(found).to_contain_text("西湖区教育局")
    unit = str(found.get_attribute("href")).rpartition("=")[2]
    for address in (f"/administration/?unit={unit}", f"/administration/units/{unit}/add/"):
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 404
        expect(page.get_by_role("heading")).to_contain_text("找不到该组织")


def test_the_auditor_proves_the_log(sign_in: SignIn) -> None:
    page = sign_in("审计管理员")
    page.goto("/administration/")
    expect(page.get_by_role("heading", name="审计日志")).to_be_visible()
    page.get_by_role("button", name="校验完整性").click()
    expect(page.locator("#verification")).to_contain_text("校验通过")


def test_an_account_is_opened_and_its_password_shown_once(sign_in: SignIn) -> None:
    page = sign_in("县管理员")
    page.goto("/administration/")
    _open_unit(page, "西湖区教育局")
    page.get_by_role("button", name="新增人员").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("姓名").fill("曾开号")
    dialog.get_by_label("职务").fill("科员")
    dialog.get_by_role("button", name="新增").click()
    page.get_by_role("button", name="曾开号的账号").click()
    expect(dialog.locator("#id_username")).to_have_value("zengkaihao")
    dialog.get_by_role("button", name="开通账号").click()
    expect(dialog.get_by_role("heading")).to_have_text("账号已开通")
    password = dialog.locator("[data-password]").inner_text()
    assert len(password) == 19
    dialog.get_by_role("button", name="复制密码").click()
    dialog.get_by_role("button", name="完成").click()
    expect(dialog).to_have_count(0)
    page.get_by_role("button", name="曾开号的账号").click()
    expect(dialog).to_contain_text("正常")
    expect(dialog).not_to_contain_text(password)
    dialog.get_by_role("button", name="停用账号").click()
    page.get_by_role("alertdialog").get_by_role("button", name="停用账号").click()
    expect(dialog).to_contain_text("已停用")
