"""DING, from a message's menu to the confirmation, with those it calls looking on."""

import io
import uuid

import openpyxl
from playwright.sync_api import Locator, Page, expect

from tests.journeys import chats
from tests.journeys.chats import OPENER, SECOND, THIRD
from tests.journeys.conftest import SignIn, Site

SAID = "水位超警戒，请立即到岗"


def _ding(page: Page, *names: str) -> None:
    """The message calls the people, whoever they are."""
    chats.choose_act(page, SAID, "DING")
    dialog = page.get_by_role("dialog", name="DING")
    for name in names:
        dialog.get_by_role("checkbox", name=name).check()
    dialog.get_by_role("button", name="发出 DING").click()
    expect(page.get_by_role("heading", name="DING 详情")).to_be_visible()


def _card(page: Page, group: str) -> Locator:
    """The newest DING of the group in the list of DINGs; others stand there, too."""
    return page.locator(".ding", has_text=group).first


def test_a_ding_is_confirmed_from_the_banner_and_its_sender_sees_it(
    site: Site, sign_in: SignIn
) -> None:
    group = f"催办群{uuid.uuid4().hex[:6]}"
    drafter, reviewer, signer = sign_in(OPENER), sign_in(SECOND), sign_in(THIRD, narrow=True)
    chats.start_chat(drafter, site, SECOND, THIRD, title=group)
    chats.say(drafter, SAID)
    for page in (reviewer, signer):
        page.goto("/messages/")
        expect(chats.row(page, group)).to_be_visible()
    _ding(drafter, site.accounts[SECOND].name, site.accounts[THIRD].name)
    expect(drafter.locator(".ding-target .tag")).to_have_text(["待确认", "待确认"])
    for page in (reviewer, signer):
        banner = page.locator(".ding-banner")
        expect(banner).to_contain_text(f"{site.accounts[OPENER].name} 的 DING：{SAID}")
    reviewer.locator(".ding-banner").get_by_role("button", name="确认收到").click()
    expect(reviewer.locator(".ding-banner")).to_be_hidden()
    expect(drafter.locator(".ding-target .tag.green")).to_have_count(1)
    expect(drafter.get_by_text("1/2 人已确认")).to_be_visible()
    confirmed = drafter.locator(".ding-target", has_text="已确认")
    confirmed.locator("summary").click()
    expect(confirmed.locator(".timeline-item")).to_have_count(2)
    expect(confirmed).to_contain_text("本人确认")
    signer.get_by_role("button", name="我的 DING").click()
    expect(_card(signer, group)).to_contain_text("待确认")
    _card(signer, group).get_by_role("button", name="确认收到").click()
    expect(_card(signer, group)).to_contain_text("已确认")
    expect(drafter.get_by_text("2/2 人已确认")).to_be_visible()


def test_a_sender_recalls_calls_again_and_takes_the_list_away(site: Site, sign_in: SignIn) -> None:
    group = f"复催群{uuid.uuid4().hex[:6]}"
    drafter, reviewer = sign_in(OPENER), sign_in(SECOND)
    chats.start_chat(drafter, site, SECOND, THIRD, title=group)
    chats.say(drafter, SAID)
    expect(chats.message(drafter, SAID).locator(".receipt")).to_be_visible()
    _ding(drafter, site.accounts[SECOND].name)
    reviewer.goto("/messages/")
    expect(reviewer.locator(".ding-banner")).to_contain_text(SAID)
    with drafter.expect_download() as coming:
        drafter.get_by_role("link", name="导出").click()
    sheet = openpyxl.load_workbook(io.BytesIO(coming.value.path().read_bytes())).active
    assert sheet is not None
    rows = list(sheet.iter_rows(values_only=True))
    assert [row[0] for row in rows] == ["姓名", site.accounts[SECOND].name]
    drafter.get_by_role("button", name="再次 DING 未确认").click()
    again = drafter.get_by_role("dialog", name="再次 DING")
    again.get_by_label("短信").check()
    again.get_by_role("button", name="发出 DING").click()
    expect(again).to_be_hidden()
    expect(drafter.locator(".panel-part")).to_contain_text("短信")
    drafter.get_by_role("button", name="撤回", exact=True).click()
    drafter.get_by_role("alertdialog").get_by_role("button", name="撤回").click()
    expect(drafter.locator(".ding-target")).to_contain_text("已撤回")
    expect(reviewer.locator(".ding-banner")).to_be_hidden()
    drafter.get_by_role("button", name="我的 DING").click()
    drafter.get_by_role("tab", name="发出的").click()
    expect(_card(drafter, group)).to_contain_text("已撤回 1")


def test_those_who_have_not_read_are_called_from_the_list_of_readers(
    site: Site, sign_in: SignIn
) -> None:
    group = f"未读群{uuid.uuid4().hex[:6]}"
    drafter, reviewer = sign_in(OPENER), sign_in(SECOND)
    chats.start_chat(drafter, site, SECOND, THIRD, title=group)
    chats.say(drafter, SAID)
    chats.open_room(reviewer, group)
    expect(chats.message(drafter, SAID).locator(".receipt")).to_have_text("1 人已读 · 1 人未读")
    chats.message(drafter, SAID).locator(".receipt").click()
    drafter.get_by_role("button", name="DING 未读人员").click()
    drafter.get_by_role("dialog").get_by_role("button", name="发出 DING").click()
    expect(drafter.locator(".ding-target")).to_have_count(1)
    expect(drafter.locator(".ding-target")).to_contain_text(site.accounts[THIRD].name)
    expect(reviewer.locator(".ding-banner")).to_be_hidden()
    # Nothing is left that would stand in the banners of other journeys.
    drafter.get_by_role("button", name="撤回", exact=True).click()
    drafter.get_by_role("alertdialog").get_by_role("button", name="撤回").click()
    expect(drafter.locator(".ding-target")).to_contain_text("已撤回")


def test_what_a_ding_has_said_stands_in_the_field_no_longer(site: Site, sign_in: SignIn) -> None:
    group = f"速办群{uuid.uuid4().hex[:6]}"
    drafter = sign_in(OPENER)
    chats.start_chat(drafter, site, SECOND, THIRD, title=group)
    field = drafter.get_by_label("输入消息")
    field.fill(SAID)
    drafter.get_by_role("button", name="发 DING").click()
    dialog = drafter.get_by_role("dialog", name="发 DING")
    expect(dialog.get_by_label("内容")).to_have_value(SAID)
    dialog.get_by_role("checkbox", name=site.accounts[SECOND].name).check()
    dialog.get_by_role("button", name="发出 DING").click()
    expect(drafter.get_by_role("heading", name="DING 详情")).to_be_visible()
    expect(chats.message(drafter, SAID)).to_have_count(1)
    expect(field).to_have_value("")
    # Whoever chooses among the tabs of those called goes on among them.
    tabs = drafter.get_by_role("tablist", name="确认情况").get_by_role("tab")
    expect(tabs).to_have_text(["全部 1", "待确认 1"])
    tabs.nth(1).click()
    expect(tabs.nth(1)).to_be_focused()
    expect(tabs.nth(1)).to_have_attribute("aria-selected", "true")
    drafter.keyboard.press("ArrowLeft")
    expect(tabs.nth(0)).to_be_focused()
    expect(tabs.nth(0)).to_have_attribute("aria-selected", "true")
    expect(drafter.get_by_role("tabpanel", name="全部 1").locator(".ding-target")).to_have_count(1)
    drafter.get_by_role("button", name="撤回", exact=True).click()
    drafter.get_by_role("alertdialog").get_by_role("button", name="撤回").click()
    expect(drafter.locator(".ding-target")).to_contain_text("已撤回")


def test_the_lists_of_dings_are_walked_by_the_arrows(sign_in: SignIn) -> None:
    page = sign_in(OPENER)
    page.goto("/messages/?view=dings")
    received, sent = (page.get_by_role("tab", name=name) for name in ("收到的", "发出的"))
    sent.click()
    expect(sent).to_be_focused()
    expect(page.get_by_role("tabpanel", name="发出的")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(received).to_be_focused()
    expect(received).to_have_attribute("aria-selected", "true")
    expect(sent).to_have_attribute("aria-selected", "false")
    expect(page.get_by_role("tabpanel", name="收到的")).to_be_visible()
