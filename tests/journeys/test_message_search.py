"""Finding again what was said, and who has read it."""

import re
import uuid

from playwright.sync_api import expect

from tests.journeys import chats
from tests.journeys.chats import OPENER, SECOND, THIRD
from tests.journeys.conftest import SignIn, Site

BOX = "搜索联系人、群聊和聊天记录"


def test_words_are_found_everywhere_and_lead_to_their_surroundings(
    site: Site, sign_in: SignIn
) -> None:
    word = uuid.uuid4().hex[:8]
    group = f"检索{word}群"
    drafter, reviewer = sign_in(OPENER), sign_in(SECOND)
    chats.start_chat(drafter, site, SECOND, THIRD, title=group)
    chats.say(drafter, f"请核对汛期{word}号清单<b>")
    for number in range(3):
        chats.say(drafter, f"其余{number}")
    expect(chats.message(drafter, "其余2").locator(".receipt")).to_be_visible()
    reviewer.goto("/messages/")
    expect(chats.row(reviewer, group)).to_be_visible()
    reviewer.keyboard.press("Control+k")
    box = reviewer.get_by_role("searchbox", name=BOX)
    expect(box).to_be_focused()
    box.fill(word)
    found = reviewer.get_by_role("region", name="搜索结果")
    expect(found.get_by_role("region", name="群聊").locator("mark")).to_have_text(word)
    said = found.get_by_role("region", name="聊天记录")
    expect(said.locator(".row")).to_have_count(1)
    expect(said.locator(".row")).to_contain_text(f"请核对汛期{word}号清单<b>")
    expect(said.locator("mark")).to_have_text(word)
    box.press("ArrowDown")
    reviewer.keyboard.press("ArrowDown")
    expect(said.locator(".row")).to_be_focused()
    reviewer.keyboard.press("Enter")
    expect(chats.message(reviewer, word).first).to_have_class(re.compile("is-found"))
    box.fill(f"无人说过{word}")
    expect(found).to_contain_text("没有找到相关内容")
    box.press("Escape")
    expect(chats.row(reviewer, group)).to_be_visible()
    box.fill(site.accounts[OPENER].name)
    expect(found.get_by_role("region", name="联系人").locator("mark").first).to_be_visible()


def test_one_conversation_is_searched_by_words_and_sender(site: Site, sign_in: SignIn) -> None:
    group = f"查找{uuid.uuid4().hex[:6]}群"
    drafter, reviewer = sign_in(OPENER), sign_in(SECOND)
    chats.start_chat(drafter, site, SECOND, THIRD, title=group)
    chats.say(drafter, "值班表初稿")
    expect(chats.message(drafter, "值班表初稿").locator(".receipt")).to_be_visible()
    chats.open_room(reviewer, group)
    chats.say(reviewer, "值班表终稿")
    expect(chats.message(drafter, "值班表终稿")).to_be_visible()
    drafter.get_by_role("button", name="查找聊天记录").click()
    panel = drafter.get_by_role("complementary", name="会话信息")
    panel.get_by_role("searchbox", name="搜索聊天记录").fill("值班表")
    rows = panel.locator(".list .row")
    expect(rows).to_have_count(2)
    panel.get_by_label("发送人").select_option(label=site.accounts[SECOND].name)
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("值班表终稿")
    panel.get_by_label("结束日期").fill("2020-01-01")
    expect(panel).to_contain_text("没有找到聊天记录")
    panel.get_by_label("结束日期").fill("")
    rows.click()
    expect(chats.message(drafter, "值班表终稿").first).to_have_class(re.compile("is-found"))


def test_the_readers_of_a_message_stand_in_two_lists(site: Site, sign_in: SignIn) -> None:
    group = f"已读{uuid.uuid4().hex[:6]}群"
    drafter, reviewer = sign_in(OPENER), sign_in(SECOND)
    chats.start_chat(drafter, site, SECOND, THIRD, title=group)
    chats.say(drafter, "请大家阅知")
    chats.open_room(reviewer, group)
    expect(chats.message(reviewer, "请大家阅知")).to_be_visible()
    drafter.get_by_role("button", name="1 人已读").click()
    panel = drafter.get_by_role("complementary", name="会话信息")
    expect(panel.get_by_role("tab", name="未读 1")).to_have_attribute("aria-selected", "true")
    expect(panel.locator(".list .row")).to_contain_text(site.accounts[THIRD].name)
    panel.get_by_role("tab", name="已读 1").click()
    expect(panel.locator(".list .row")).to_contain_text(site.accounts[SECOND].name)
