"""A DING to more people than one calls alone: said beforehand, asked for, decided, opened."""

import uuid

from playwright.sync_api import Locator, Page, expect

from tests.journeys import chats
from tests.journeys.chats import OPENER, SECOND, THIRD
from tests.journeys.conftest import SignIn, Site

SAID = "全体人员今晚八点前到岗"
REASON = "启动应急响应，需全员到岗"
OTHERS = (SECOND, THIRD, "分管领导", "本局收发员")


def _asked(page: Page, group: str) -> Locator:
    """What the person asked for in the group, among the DINGs she opened."""
    return page.locator("[data-asked]", has_text=group)


def _ask(page: Page, site: Site, group: str) -> None:
    """Everybody in a new group is to be called, which one person does not do alone."""
    chats.start_chat(page, site, *OTHERS, title=group)
    chats.say(page, SAID)
    expect(chats.message(page, SAID).locator(".receipt")).to_be_visible()
    chats.choose_act(page, SAID, "DING")
    dialog = page.get_by_role("dialog", name="DING")
    dialog.get_by_role("radio", name="全体成员").check()
    expect(dialog.get_by_text("共 4 人，超过 3 人，需另一人批准后才会发出。")).to_be_visible()
    dialog.get_by_label("理由").fill(REASON)
    dialog.get_by_role("button", name="提交审批").click()
    expect(dialog).to_be_hidden()
    page.goto("/messages/?view=dings")
    page.get_by_role("tab", name="发出的").click()
    expect(_asked(page, group)).to_contain_text("待审批")
    expect(_asked(page, group)).to_contain_text(f"理由：{REASON}")


def _show(page: Page, group: str) -> None:
    """The request stands before whoever decides."""
    page.goto("/administration/requests/")
    page.locator(".row", has_text=group).click()
    expect(page.get_by_role("heading", name="您的复核意见")).to_be_visible()


def test_a_second_person_reads_and_approves_and_then_it_calls(site: Site, sign_in: SignIn) -> None:
    group = f"到岗群{uuid.uuid4().hex[:6]}"
    drafter, called, decider = sign_in(OPENER), sign_in(SECOND), sign_in("县复核员")
    _ask(drafter, site, group)
    _show(decider, group)
    expect(decider.locator(".request-said")).to_have_text(SAID)
    expect(decider.get_by_text("全体成员，提交时共 4 人")).to_be_visible()
    decider.get_by_role("button", name="同意并执行").click()
    decider.get_by_role("alertdialog").get_by_role("button", name="同意并执行").click()
    expect(decider.locator(".pane-head .tag", has_text="已同意")).to_be_visible()
    card = drafter.locator("[data-ding]", has_text=group)
    expect(card).to_contain_text("待确认 4")
    expect(_asked(drafter, group)).to_have_count(0)
    called.goto("/messages/?view=dings")
    expect(called.locator("[data-ding]", has_text=group)).to_contain_text("待确认")
    # Nothing is left that would stand in the banners of other journeys.
    ding_id = card.get_attribute("data-ding")
    drafter.evaluate(
        """async ding => {
            const { fetchJson } = await import("/static/workbench/base.js");
            await fetchJson(`/api/v1/messaging/dings/${ding}/recall`, { method: "POST", json: {} });
        }""",
        ding_id,
    )
    expect(called.locator("[data-ding]", has_text=group)).to_contain_text("已撤回")


def test_refused_it_says_why_and_calls_nobody(site: Site, sign_in: SignIn) -> None:
    group = f"缓发群{uuid.uuid4().hex[:6]}"
    drafter, decider = sign_in(OPENER, narrow=True), sign_in("县复核员")
    _ask(drafter, site, group)
    _show(decider, group)
    decider.get_by_label("意见", exact=True).fill("先核实水情")
    decider.get_by_role("button", name="不同意").click()
    expect(decider.locator(".pane-head .tag", has_text="未同意")).to_be_visible()
    expect(_asked(drafter, group)).to_contain_text("未批准")
    expect(_asked(drafter, group)).to_contain_text("先核实水情")
    expect(drafter.locator("[data-ding]", has_text=group)).to_have_count(0)


def test_whoever_asked_takes_it_back(site: Site, sign_in: SignIn) -> None:
    group = f"撤回群{uuid.uuid4().hex[:6]}"
    drafter = sign_in(OPENER)
    _ask(drafter, site, group)
    _asked(drafter, group).get_by_role("button", name="撤回申请").click()
    drafter.get_by_role("alertdialog").get_by_role("button", name="撤回申请").click()
    expect(_asked(drafter, group)).to_contain_text("已撤回")
    expect(_asked(drafter, group).get_by_role("button", name="撤回申请")).to_have_count(0)


def test_what_waits_for_a_second_person_was_said_and_stands_in_the_field_no_longer(
    site: Site, sign_in: SignIn
) -> None:
    group = f"待批群{uuid.uuid4().hex[:6]}"
    drafter = sign_in(OPENER)
    chats.start_chat(drafter, site, *OTHERS, title=group)
    field = drafter.get_by_label("输入消息")
    field.fill(SAID)
    drafter.get_by_role("button", name="发 DING").click()
    dialog = drafter.get_by_role("dialog", name="发 DING")
    dialog.get_by_role("radio", name="全体成员").check()
    dialog.get_by_label("理由").fill(REASON)
    dialog.get_by_role("button", name="提交审批").click()
    expect(dialog).to_be_hidden()
    expect(chats.message(drafter, SAID)).to_have_count(1)
    expect(field).to_have_value("")
    drafter.goto("/messages/?view=dings")
    drafter.get_by_role("tab", name="发出的").click()
    _asked(drafter, group).get_by_role("button", name="撤回申请").click()
    drafter.get_by_role("alertdialog").get_by_role("button", name="撤回申请").click()
    expect(_asked(drafter, group)).to_contain_text("已撤回")
