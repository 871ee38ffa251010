"""Signing in and out in a real browser."""

from playwright.sync_api import Browser, expect

from tests.journeys.conftest import SignIn, Site


def test_a_stranger_signs_in_and_out_again(site: Site, chromium: Browser) -> None:
    account = site.accounts["拟稿人"]
    page = chromium.new_context(base_url=site.url, locale="zh-CN").new_page()
    page.goto("/directory/")
    expect(page).to_have_title("登录 - 同文")
    page.get_by_label("账号").fill(account.username)
    page.get_by_label("密码").fill("not-the-password")
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("密码").fill(account.password)
    page.get_by_role("button", name="登录").click()
    expect(page).to_have_title("通讯录 - 同文")
    page.get_by_label(f"{account.name}的菜单").click()
    page.get_by_role("button", name="退出登录").click()
    expect(page).to_have_title("登录 - 同文")
    page.goto("/")
    expect(page).to_have_title("登录 - 同文")
    page.context.close()


def test_the_menu_closes_on_escape_and_returns_the_focus(sign_in: SignIn, site: Site) -> None:
    page = sign_in("拟稿人")
    menu = page.get_by_label(f"{site.accounts['拟稿人'].name}的菜单")
    menu.press("Enter")
    expect(page.get_by_role("button", name="退出登录")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="退出登录")).to_be_hidden()
    expect(menu).to_be_focused()
