"""Signing in and out in a real browser."""

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from org.credentials import totp
from tests.journeys.conftest import SignIn, Site, next_code, titled

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
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("密码").fill(account.password)
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page).to_have_title(titled("通讯录"))
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
    entrance.get_by_role("button", name="登录", exact=True).click()
    expect(entrance).to_have_title(titled("工作台"))
    page.get_by_role("button", name="保存草稿").click()
    expect(page).to_have_url(re.compile(r"/documents/\d+/"))
    expect(page.get_by_text("关于会话失效后保留草稿的通知").first).to_be_visible()
    expect(banner).to_be_hidden()


def test_a_clerk_sets_up_a_second_factor_and_signs_in_with_it(
    sign_in: SignIn, site: Site, chromium: Browser
) -> None:
    page, account = sign_in("分管领导"), site.accounts["分管领导"]
    page.get_by_label(f"{account.name}的菜单").click()
    page.get_by_role("link", name="账号与安全").click()
    expect(page).to_have_title(titled("账号与安全"))
    page.get_by_role("link", name="设置").click()
    page.get_by_label("密码").fill(account.password)
    page.get_by_role("button", name="确认").click()
    secret = page.locator("[data-secret]").inner_text()
    page.get_by_label("验证码").fill(totp.code_at(secret, int(time.time()) // 30))
    page.get_by_role("button", name="启用").click()
    expect(page.locator("[data-codes] li")).to_have_count(10)
    recovery = page.locator("[data-codes] code").first.inner_text()
    page.get_by_role("link", name="我已保存").click()
    expect(page.get_by_text("剩余 10 个")).to_be_visible()

    other = chromium.new_context(base_url=site.url, locale="zh-CN").new_page()
    _give_password(other, account.username, account.password)
    other.get_by_label("验证码").fill("000000")
    other.get_by_role("button", name="登录", exact=True).click()
    expect(other.get_by_role("alert")).to_have_text("验证码不正确，或已使用过")
    other.get_by_label("验证码").fill(recovery)
    other.get_by_role("button", name="登录", exact=True).click()
    expect(other).to_have_title(titled("工作台"))

    page.reload()
    expect(page.get_by_text("剩余 9 个")).to_be_visible()
    expect(page.get_by_text("恢复码验证")).to_be_visible()
    page.get_by_role("button", name="退出其他全部登录").click()
    expect(page.locator(".toast")).to_have_text("已退出其他 1 处登录")
    other.goto("/")
    expect(other).to_have_title("登录 - 同文")
    other.context.close()


@pytest.fixture
def keyholder(site: Site, chromium: Browser) -> Iterator[Page]:
    """A browser with a passkey device of its own, at the one name that keys take on this machine.

    Keys are bound to a host name, and 127.0.0.1 is none.
    """
    context = chromium.new_context(
        base_url=site.url.replace("127.0.0.1", "localhost"), locale="zh-CN"
    )
    page = context.new_page()
    devices = context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    devices.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    yield page
    context.close()


def test_an_administrator_adds_a_passkey_and_signs_in_with_nothing_else(
    keyholder: Page, site: Site
) -> None:
    page, account = keyholder, site.accounts["邻县管理员"]
    page.goto("/accounts/login/")
    _give_password(page, account.username, account.password)
    page.get_by_label("验证码").fill(next_code(site, account, page))
    page.get_by_role("button", name="登录", exact=True).click()
    page.goto("/accounts/2fa/webauthn/add/")
    page.get_by_label("密码").fill(account.password)
    page.get_by_role("button", name="确认").click()
    page.get_by_label("名称").fill("办公电脑")
    page.get_by_role("button", name="添加").click()
    expect(page.get_by_text("恢复码只显示这一次")).to_be_visible()

    page.context.clear_cookies()
    page.goto("/accounts/login/")
    page.get_by_role("button", name="用通行密钥登录").click()
    expect(page).to_have_title(titled("工作台"))
    page.goto("/administration/")
    expect(page).to_have_title(re.compile("系统管理|组织"))
    page.goto("/security/")
    expect(page.get_by_text("办公电脑")).to_be_visible()
    expect(page.get_by_text("用通行密钥登录")).to_be_visible()

    # The same key as second factor after the password.
    page.context.clear_cookies()
    page.goto("/accounts/login/")
    _give_password(page, account.username, account.password)
    page.get_by_role("button", name="改用通行密钥或安全密钥").click()
    expect(page).to_have_title(titled("工作台"))


def _give_password(page: Page, username: str, password: str) -> None:
    if "/accounts/login/" not in page.url:
        page.goto("/accounts/login/")
    page.get_by_label("账号").fill(username)
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录", exact=True).click()
