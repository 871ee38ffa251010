"""A group's owner takes down what a member should not have said."""

import uuid

from playwright.sync_api import expect

from tests.journeys import chats
from tests.journeys.chats import OPENER, SECOND, THIRD
from tests.journeys.conftest import SignIn, Site

LEAK = "身份证号 330102199001011234"


def test_what_the_owner_takes_down_is_gone_for_everybody(site: Site, sign_in: SignIn) -> None:
    group = f"撤下群{uuid.uuid4().hex[:6]}"
    owner, member = sign_in(OPENER), sign_in(SECOND)
    chats.start_chat(owner, site, SECOND, THIRD, title=group)
    chats.say(owner, "请勿在群里发个人信息")
    chats.open_room(member, group)
    expect(chats.message(member, "请勿在群里发个人信息")).to_be_visible()
    chats.message(member, "请勿在群里发个人信息").hover()
    member.get_by_role("button", name="更多操作").first.click()
    expect(member.get_by_role("menuitem", name="DING")).to_be_visible()
    expect(member.get_by_role("menuitem", name="撤下")).to_have_count(0)
    member.keyboard.press("Escape")
    chats.say(member, LEAK)
    chats.choose_act(owner, LEAK, "撤下")
    name = site.accounts[SECOND].name
    question = owner.get_by_role("alertdialog")
    expect(question).to_contain_text(f"撤下{name}的这条消息？")
    question.get_by_role("button", name="撤下").click()
    traces = ((owner, f"{name}的一条消息已被管理员撤下"), (member, "您的一条消息已被管理员撤下"))
    for page, trace in traces:
        expect(page.locator(".feed-line", has_text=trace)).to_be_visible()
        expect(chats.message(page, LEAK)).to_have_count(0)
        expect(chats.row(page, group)).to_contain_text(trace)
    expect(member.get_by_role("button", name="重新编辑")).to_have_count(0)
    member.reload()
    expect(member.locator(".feed-line", has_text="您的一条消息已被管理员撤下")).to_be_visible()
    assert LEAK not in member.locator(".feed-log").inner_text()
