"""A notice from its first line to its readers, by six people in six browsers."""

import re
from typing import Final

from playwright.sync_api import Page, expect

from tests.journeys.conftest import SignIn, Site

TITLE: Final = "关于做好冬季居家养老服务工作的通知"
BODY: Final = (
    "为做好冬季居家养老服务工作，现就有关事项通知如下。\n一、总体要求\n"
    "坚持以人民为中心的发展思想。\n（一）摸清底数。各单位要逐户走访。"
)


def test_a_notice_is_drafted_signed_issued_dispatched_acknowledged_and_read(
    site: Site, sign_in: SignIn
) -> None:
    drafter = sign_in("拟稿人")
    clerks = [site.accounts["收发员一"], site.accounts["收发员二"]]
    organs = [clerk.unit.split()[0] for clerk in clerks]
    _draft(drafter, organs)
    _submit(drafter, reviewer=site.accounts["核稿人"].name, signatory=site.accounts["签发人"].name)
    address = drafter.url

    _approve(sign_in("核稿人"))
    _approve(sign_in("签发人"))

    _reload_until(drafter, address, "等待编号印发")
    drafter.locator(".detail-pane .pane-head").get_by_role("button", name="编号并印发").click()
    drafter.get_by_role("alertdialog").get_by_role("button", name="编号并印发").click()
    expect(drafter.locator(".detail-pane .tag").first).to_have_text("已印发")
    expect(drafter.locator("#documents-list .row", has_text=TITLE).first).to_contain_text("已印发")
    number = drafter.locator(".facts dd").nth(2).inner_text()
    assert re.fullmatch(r"\S+〔20\d\d〕\d+号", number)
    with drafter.expect_download() as download:
        drafter.locator(".detail-pane .pane-head").get_by_role("link", name="下载 PDF").click()
    assert download.value.path().read_bytes().startswith(b"%PDF-")

    drafter.locator(".document-side").get_by_role("button", name="分发").click()
    expect(drafter.locator(".delivery .tag.amber")).to_have_count(2)

    clerk = sign_in("收发员一", narrow=True)
    clerk.goto("/documents/?tab=awaiting")
    clerk.get_by_role("link", name=re.compile(TITLE)).click()
    expect(clerk.locator(".document-paper img").first).to_be_visible()
    clerk.locator(".pane-foot").get_by_role("button", name="签收").click()
    expect(clerk.locator(".delivery .tag.green")).to_have_text("已签收")

    drafter.goto(address)
    delivery = drafter.locator(".delivery", has_text=organs[0])
    expect(delivery).to_contain_text("已签收")
    expect(delivery).to_contain_text(f"{clerks[0].name} 20")
    expect(delivery.locator(".reader")).to_contain_text(clerks[0].name)
    expect(delivery.locator(".reader")).to_contain_text("首次 20")
    other = drafter.locator(".delivery", has_text=organs[1])
    expect(other).to_contain_text("待签收")
    expect(other).to_contain_text("尚无人查看")

    stranger = sign_in("邻县人员")
    answer = stranger.goto(address)
    assert answer is not None
    assert answer.status == 404


def test_what_is_marked_classified_is_refused_on_the_page(sign_in: SignIn) -> None:
    drafter = sign_in("拟稿人")
    drafter.goto("/documents/?tab=drafts")
    before = drafter.locator("#documents-list .row").count()
    drafter.goto("/documents/new/")
    drafter.get_by_label("标题").fill("关于有关事项的通知")
    drafter.get_by_label("正文").fill("秘密★1年\n不应留下的内容")
    drafter.get_by_role("button", name="保存草稿").click()
    expect(drafter.locator("#draft-refusal .banner")).to_contain_text("未作任何保存")
    drafter.get_by_label("正文").fill("可以保存的内容")
    expect(drafter.get_by_label("密级").locator("option:disabled")).to_have_count(3)
    expect(drafter.locator("#classification-hint")).to_contain_text("本平台不处理涉密内容")
    drafter.get_by_label("标题").fill("【机密】关于有关事项的通知")
    drafter.get_by_role("button", name="保存草稿").click()
    expect(drafter.locator("#draft-refusal .banner")).to_contain_text("非涉密平台")
    drafter.goto("/documents/?tab=drafts")
    assert drafter.locator("#documents-list .row").count() == before


def _draft(page: Page, organs: list[str]) -> None:
    page.goto("/documents/")
    page.get_by_role("link", name="拟稿").click()
    page.get_by_label("标题").fill(TITLE)
    page.get_by_label("正文").fill(BODY)
    picker = page.locator("[data-name=main]")
    for organ in organs:
        picker.get_by_role("searchbox").fill(organ)
        picker.locator("[data-pick]", has_text=organ).first.click()
        expect(picker.locator(".chip", has_text=organ)).to_be_visible()
    expect(page.locator(".specimen img.paper")).to_be_visible()
    page.get_by_role("button", name="保存并提交核稿").click()
    page.wait_for_url("**/submit/")


def _submit(page: Page, *, reviewer: str, signatory: str) -> None:
    page.get_by_role("checkbox", name=re.compile(reviewer)).check()
    page.get_by_role("radio", name=re.compile(signatory)).check()
    page.get_by_role("button", name="提交核稿").click()
    page.wait_for_url(re.compile(r"/documents/\d+/$"))
    expect(page.locator(".detail-pane .tag").first).to_have_text("核签中")


def _approve(page: Page) -> None:
    """The newest task for this document is approved on 审批, from where the paper is one click."""
    page.goto("/approvals/")
    page.get_by_role("link", name=re.compile(TITLE)).first.click()
    expect(page.get_by_role("link", name="查看公文")).to_be_visible()
    page.get_by_role("button", name="同意", exact=True).click()
    expect(page.get_by_role("button", name="同意", exact=True)).to_have_count(0)


def _reload_until(page: Page, address: str, text: str) -> None:
    """The worker hears of the signature a moment after it: look again until the page says so."""
    for _look in range(120):
        page.goto(address)
        if page.get_by_text(text).count():
            return
        page.wait_for_timeout(250)
    raise AssertionError(f"“{text}” never appeared on {address}")
