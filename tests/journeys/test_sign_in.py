"""Signing in and out in a real browser."""

import re

from playwright.sync_api import Browser, expect

from tests.journeys.conftest import SignIn, Site

FORGET_SESSIONS = (
    "from django.contrib.sessions.models import Session; Session.objects.all().delete()"
)


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


def test_what_was_typed_outlives_the_session(sign_in: SignIn, site: Site) -> None:
    page = sign_in("拟稿人")
    page.goto("/documents/new/")
    page.get_by_label("标题").fill("关于会话失效后保留草稿的通知")
    page.get_by_label("正文").fill("请各单位认真抓好落实。")
    site.manage("shell", "-c", FORGET_SESSIONS)
    page.get_by_role("button", name="保存草稿").click()
    banner = page.locator("#signed-out")
    expect(banner).to_contain_text("登录已失效，请重新登录")
    expect(page.get_by_label("标题")).to_have_value("关于会话失效后保留草稿的通知")
    with page.context.expect_page() as opened:
        banner.get_by_role("link", name="重新登录").click()
    entrance, account = opened.value, site.accounts["拟稿人"]
    entrance.get_by_label("账号").fill(account.username)
    entrance.get_by_label("密码").fill(account.password)
    entrance.get_by_role("button", name="登录").click()
    expect(entrance).to_have_title("工作台 - 同文")
    page.get_by_role("button", name="保存草稿").click()
    expect(page).to_have_url(re.compile(r"/documents/\d+/"))
    expect(page.get_by_text("关于会话失效后保留草稿的通知").first).to_be_visible()
    expect(banner).to_be_hidden()
