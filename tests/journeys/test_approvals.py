"""Asking for leave and for a purchase, as three people with three browsers."""

import re

from playwright.sync_api import Page, expect

from tests.journeys.conftest import Account, SignIn, Site

LEAVE_TITLE = "冬至返乡请假"
PURCHASE_TITLE = "便携打印机采购"


def _open(page: Page, title: str, tab: str = "to_do") -> None:
    page.goto(f"/approvals/?tab={tab}")
    page.locator("#approvals-list a.row", has_text=title).click()
    expect(page.locator("#approval h2")).to_have_text(title)


def _act(page: Page, button: str, remark: str = "") -> None:
    if remark:
        page.get_by_label("审批意见").fill(remark)
    page.locator(".approval-bar").get_by_role("button", name=button, exact=True).click()


def _ask_for_leave(page: Page, title: str) -> None:
    page.goto("/approvals/")
    page.get_by_role("link", name="发起", exact=True).click()
    page.get_by_role("link", name=re.compile("^请假")).click()
    page.get_by_label("标题").fill(title)
    page.get_by_label("请假类型").select_option("年休假")
    page.get_by_label("开始日期").fill("2026-12-21")
    page.get_by_label("结束日期").fill("2026-12-22")
    expect(page.get_by_label("请假天数")).to_have_value("2")
    page.get_by_label("请假事由").fill("回乡过冬至")
    page.get_by_role("button", name="提交").click()
    expect(page.locator("#approval h2")).to_have_text(title)


def _state(page: Page, words: str) -> None:
    expect(page.locator("#approval .pane-head .tag")).to_have_text(words)


def _pick(page: Page, account: Account) -> None:
    search = page.locator('[data-picker][data-name="chosen.reviewers"] input[type=search]')
    search.fill(account.name)
    page.locator(".picker-found:visible .picker-one", has_text=account.name).first.click()


def test_leave_is_sent_back_changed_and_approved(sign_in: SignIn) -> None:
    drafter, head = sign_in("拟稿人"), sign_in("签发人")
    _ask_for_leave(drafter, LEAVE_TITLE)
    _state(drafter, "审批中")

    _open(head, LEAVE_TITLE)
    _act(head, "退回")
    expect(head.locator(".toast")).to_contain_text("请填写意见")
    _act(head, "退回", "请说明是否离开本市。")
    expect(head.locator(".approval-bar")).to_have_count(0)

    _open(drafter, LEAVE_TITLE)
    expect(drafter.locator(".timeline")).to_contain_text("请说明是否离开本市。")
    drafter.get_by_role("link", name="修改并重新提交").click()
    drafter.get_by_label("离开本市须另行报备").check()
    drafter.get_by_role("button", name="重新提交").click()
    expect(drafter.locator("#approval")).to_contain_text("第 2 次提交")

    _open(head, LEAVE_TITLE)
    _act(head, "同意", "同意，路上注意安全。")
    _state(head, "已同意")
    drafter.reload()
    _state(drafter, "已同意")
    expect(drafter.locator(".timeline")).to_contain_text("同意，路上注意安全。")


def test_a_purchase_passes_three_people_on_phone_and_desk(sign_in: SignIn, site: Site) -> None:
    drafter, reviewer = sign_in("拟稿人"), sign_in("核稿人", narrow=True)
    drafter.goto("/approvals/new/purchase/")
    drafter.get_by_role("button", name="提交").click()
    expect(drafter.locator(".error").first).to_have_text("此项必填")
    drafter.get_by_label("标题").fill(PURCHASE_TITLE)
    drafter.get_by_label("采购内容").fill("便携打印机两台")
    drafter.get_by_label("预算金额（元）").fill("68000")
    drafter.get_by_label("采购方式").select_option("询价")
    drafter.get_by_label("需要日期").fill("2026-12-20")
    drafter.get_by_label("采购理由").fill("入户登记使用")
    _pick(drafter, site.accounts["核稿人"])
    drafter.get_by_role("button", name="提交").click()
    expect(drafter.locator("#approval .flow")).to_contain_text("财务审核")

    _open(reviewer, PURCHASE_TITLE)
    _act(reviewer, "同意", "已核价。")
    expect(reviewer.locator(".approval-bar")).to_have_count(0)
    assert reviewer.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

    clerk = sign_in("本局收发员")
    _open(clerk, PURCHASE_TITLE)
    _act(clerk, "同意")
    expect(clerk.locator("#approval .flow")).to_contain_text("主要负责人审批")

    head = sign_in("签发人")
    _open(head, PURCHASE_TITLE)
    _act(head, "同意", "同意采购。")
    _state(head, "已同意")
    _open(head, PURCHASE_TITLE, tab="done")


def test_a_withdrawn_request_asks_nobody_any_more(sign_in: SignIn) -> None:
    drafter, head = sign_in("拟稿人"), sign_in("签发人")
    _ask_for_leave(drafter, "临时请假")
    _open(head, "临时请假")
    _act(drafter, "撤回")
    drafter.get_by_role("alertdialog").get_by_role("button", name="撤回").click()
    _state(drafter, "已撤回")

    _act(head, "同意")
    expect(head.locator(".toast")).to_contain_text("该审批已结束")
    head.goto("/approvals/?tab=to_do")
    expect(head.locator("#approvals-list a.row", has_text="临时请假")).to_have_count(0)


def test_a_stranger_of_another_county_sees_no_case(sign_in: SignIn) -> None:
    drafter, stranger = sign_in("拟稿人"), sign_in("邻县人员")
    _open(drafter, LEAVE_TITLE, tab="started")
    path = drafter.url
    answer = stranger.goto(path)
    assert answer is not None
    assert answer.status == 404
    expect(stranger.locator("body")).not_to_contain_text(LEAVE_TITLE)
