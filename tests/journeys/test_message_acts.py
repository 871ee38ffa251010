"""What people do to messages and conversations: answer, call, edit, forward, pin, administer."""

import re
import uuid

from playwright.sync_api import Page, expect

from tests.journeys import chats
from tests.journeys.chats import OPENER, SECOND, THIRD
from tests.journeys.conftest import SignIn, Site

_MANY = """
import datetime, uuid
from django.utils import timezone
from messaging.models import Conversation, Message
room = Conversation.objects.get(title="{title}")
begin, now = room.last_seq, timezone.now()
Message.objects.bulk_create([
    Message(conversation_id=room.pk, seq=begin + number, kind="text", body=f"往事{{number}}",
            sender_id=room.created_by_id, client_message_id=uuid.uuid4(), receipt="list",
            created_at=now - datetime.timedelta(minutes={count} - number))
    for number in range(1, {count} + 1)])
room.last_seq = room.last_countable_seq = begin + {count}
room.save(update_fields=["last_seq", "last_countable_seq"])
"""


def test_an_answer_shows_what_it_answers_and_leads_there(site: Site, sign_in: SignIn) -> None:
    group = f"答复群{uuid.uuid4().hex[:6]}"
    drafter, reviewer = sign_in(OPENER), sign_in(SECOND)
    chats.start_chat(drafter, site, SECOND, THIRD, title=group)
    chats.say(drafter, "请核对值班表")
    chats.open_room(reviewer, group)
    chats.choose_act(reviewer, "请核对值班表", "回复")
    expect(reviewer.get_by_text(f"回复 {site.accounts[OPENER].name}")).to_be_visible()
    reviewer.keyboard.press("Escape")
    expect(reviewer.locator(".composer-about")).to_be_hidden()
    chats.choose_act(reviewer, "请核对值班表", "回复")
    chats.say(reviewer, "周三缺一人")
    answer = chats.message(drafter, "周三缺一人")
    expect(answer.locator(".quote")).to_contain_text("请核对值班表")
    answer.locator(".quote").click()
    expect(chats.message(drafter, "请核对值班表").first).to_have_class(re.compile("is-found"))
    drafter.locator(".message", has_text="请核对值班表").first.hover()
    drafter.get_by_role("button", name="更多操作").first.click()
    drafter.get_by_role("menuitem", name="撤回").click()
    drafter.get_by_role("alertdialog").get_by_role("button", name="撤回").click()
    for page in (drafter, reviewer):
        expect(chats.message(page, "周三缺一人").locator(".quote")).to_have_text("原消息已撤回")
        assert "请核对值班表" not in page.locator(".feed-log").inner_text()


def test_an_answer_shows_what_it_answers_as_it_reads_now(site: Site, sign_in: SignIn) -> None:
    group = f"改引群{uuid.uuid4().hex[:6]}"
    drafter, reviewer = sign_in(OPENER), sign_in(SECOND)
    chats.start_chat(drafter, site, SECOND, THIRD, title=group)
    chats.say(drafter, "会议在二楼")
    chats.open_room(reviewer, group)
    chats.choose_act(reviewer, "会议在二楼", "回复")
    chats.say(reviewer, "准时到")
    expect(chats.message(drafter, "准时到").locator(".quote")).to_contain_text("会议在二楼")
    of_text = drafter.locator(".message.is-own", has_text="会议在二楼")
    of_text.hover()
    of_text.get_by_role("button", name="更多操作").click()
    drafter.get_by_role("menuitem", name="编辑", exact=True).click()
    expect(drafter.locator(".composer-about")).to_be_visible()
    chats.say(drafter, "会议改在三楼")
    for page in (drafter, reviewer):
        expect(chats.message(page, "准时到").locator(".quote")).to_contain_text("会议改在三楼")
        assert "会议在二楼" not in page.locator(".feed-log").inner_text()


def test_what_is_being_answered_shows_as_it_reads_now(site: Site, sign_in: SignIn) -> None:
    group = f"续引群{uuid.uuid4().hex[:6]}"
    drafter, reviewer = sign_in(OPENER), sign_in(SECOND)
    chats.start_chat(drafter, site, SECOND, THIRD, title=group)
    chats.say(drafter, "会议在二楼")
    chats.open_room(reviewer, group)
    chats.choose_act(reviewer, "会议在二楼", "回复")
    reviewer.get_by_label("输入消息").fill("准时到")
    about = reviewer.locator(".composer-about")
    expect(about).to_contain_text("会议在二楼")
    _edit(drafter, "会议在二楼", "会议在三楼")
    expect(about).to_contain_text("会议在三楼")
    reviewer.goto("/")
    _edit(drafter, "会议在三楼", "会议在四楼")
    chats.open_room(reviewer, group)
    expect(about).to_contain_text("会议在四楼")
    expect(reviewer.get_by_label("输入消息")).to_have_value("准时到")
    chats.recall(drafter, "会议在四楼")
    expect(about).to_contain_text("原消息已撤回")
    reviewer.get_by_label("输入消息").press("Enter")
    answer = chats.message(drafter, "准时到")
    expect(answer.locator(".quote")).to_have_text("原消息已撤回")
    kept = reviewer.evaluate("() => JSON.stringify({ ...localStorage, ...sessionStorage })")
    assert "会议在" not in kept


def test_the_panel_is_entered_and_left_by_keyboard(site: Site, sign_in: SignIn) -> None:
    drafter = sign_in(OPENER)
    chats.start_chat(drafter, site, SECOND, THIRD, title=f"键盘群{uuid.uuid4().hex[:6]}")
    expect(drafter.get_by_label("输入消息")).to_be_focused()
    button = drafter.get_by_role("button", name="群聊信息")
    button.press("Enter")
    expect(drafter.get_by_role("heading", name="群聊信息")).to_be_focused()
    drafter.keyboard.press("Escape")
    expect(drafter.get_by_role("heading", name="群聊信息")).to_have_count(0)
    expect(button).to_be_focused()


def test_an_address_opens_beside_the_page(site: Site, sign_in: SignIn) -> None:
    drafter = sign_in(OPENER)
    chats.start_chat(drafter, site, SECOND, THIRD, title=f"网址群{uuid.uuid4().hex[:6]}")
    chats.say(
        drafter, "见 https://www.example.com/a?b=1&c=2，另见javascript:alert(1)和 http://[x。"
    )
    said = chats.message(drafter, "另见")
    expect(said.locator(".receipt")).to_be_visible()
    expect(said.locator(".text")).to_have_text(
        "见 https://www.example.com/a?b=1&c=2，另见javascript:alert(1)和 http://[x。"
    )
    link = said.locator(".text a")
    expect(link).to_have_count(1)
    expect(link).to_have_attribute("href", "https://www.example.com/a?b=1&c=2")
    expect(link).to_have_attribute("target", "_blank")
    expect(link).to_have_attribute("rel", "noopener noreferrer")


def test_whoever_is_called_by_name_sees_it_in_the_list(site: Site, sign_in: SignIn) -> None:
    group = f"呼叫群{uuid.uuid4().hex[:6]}"
    drafter, reviewer = sign_in(OPENER), sign_in(SECOND)
    chats.start_chat(drafter, site, SECOND, THIRD, title=group)
    reviewer.goto("/messages/")
    expect(chats.row(reviewer, group)).to_be_visible()
    name = site.accounts[SECOND].name
    written = drafter.get_by_label("输入消息")
    written.type(f"请 @{name[:2]}")
    offered = drafter.get_by_role("listbox", name="选择要@的人")
    expect(offered.get_by_role("option")).to_have_count(1)
    drafter.keyboard.press("Enter")
    expect(written).to_have_value(f"请 @{name} ")
    drafter.keyboard.type("补上周三")
    drafter.keyboard.press("Enter")
    expect(chats.row(reviewer, group)).to_contain_text("[有人@我]")
    chats.row(reviewer, group).click()
    expect(reviewer.locator(".mention.is-me")).to_have_text(f"@{name}")
    expect(chats.row(reviewer, group)).not_to_contain_text("[有人@我]")
    written.type("@")
    expect(offered.get_by_role("option")).to_have_count(3)
    expect(offered.get_by_role("option", selected=True)).to_contain_text("所有人")
    drafter.keyboard.press("Escape")
    expect(offered).to_be_hidden()
    reviewer.get_by_label("输入消息").type("@")
    calling = reviewer.get_by_role("listbox", name="选择要@的人")
    expect(calling.get_by_role("option")).to_have_count(2)
    expect(calling).not_to_contain_text("所有人")


def test_an_edited_message_reads_anew_for_everybody(site: Site, sign_in: SignIn) -> None:
    group = f"更正群{uuid.uuid4().hex[:6]}"
    drafter, reviewer = sign_in(OPENER), sign_in(SECOND)
    chats.start_chat(drafter, site, SECOND, THIRD, title=group)
    chats.say(drafter, "电话 8700 1234")
    chats.open_room(reviewer, group)
    expect(chats.message(reviewer, "电话 8700 1234")).to_be_visible()
    written = drafter.get_by_label("输入消息")
    expect(chats.message(drafter, "电话").locator(".receipt")).to_be_visible()
    written.press("ArrowUp")
    expect(written).to_have_value("电话 8700 1234")
    drafter.keyboard.press("Escape")
    expect(written).to_have_value("")
    written.press("ArrowUp")
    expect(written).to_have_value("电话 8700 1234")
    chats.say(drafter, "电话 8700 1236")
    for page in (drafter, reviewer):
        expect(chats.message(page, "8700 1236").get_by_text("已编辑")).to_be_visible()
        assert chats.bubbles(page) == ["电话 8700 1236"]
    expect(written).to_have_value("")


def test_the_list_shows_what_was_said_last_as_it_reads_now(site: Site, sign_in: SignIn) -> None:
    group = f"末句群{uuid.uuid4().hex[:6]}"
    drafter, reviewer = sign_in(OPENER), sign_in(SECOND)
    name = site.accounts[OPENER].name
    chats.start_chat(drafter, site, SECOND, THIRD, title=group)
    for text in ("先说的", "其次的", "末了的"):
        chats.say(drafter, text)
        expect(chats.message(drafter, text).locator(".receipt")).to_be_visible()
    reviewer.goto("/messages/")
    shown = chats.row(reviewer, group).locator(".row-meta")
    expect(shown).to_have_text(f"{name}：末了的")
    _edit(drafter, "先说的", "改口的")
    expect(chats.message(drafter, "改口的").get_by_text("已编辑")).to_be_visible()
    chats.recall(drafter, "其次的")
    expect(drafter.locator(".feed-log").get_by_text("您撤回了一条消息")).to_be_visible()
    _edit(drafter, "末了的", "收尾的")
    expect(shown).to_have_text(f"{name}：收尾的")
    chats.recall(drafter, "收尾的")
    expect(shown).to_have_text(f"{name}撤回了一条消息")
    expect(chats.row(drafter, group).locator(".row-meta")).to_have_text("您撤回了一条消息")
    reviewer.reload()
    expect(shown).to_have_text(f"{name}撤回了一条消息")


def _edit(page: Page, text: str, into: str) -> None:
    chats.choose_act(page, text, "编辑")
    expect(page.locator(".composer-about")).to_be_visible()
    chats.say(page, into)
    expect(page.locator(".composer-about")).to_be_hidden()


def test_messages_are_forwarded_together_as_a_record(site: Site, sign_in: SignIn) -> None:
    here, there = f"来源群{uuid.uuid4().hex[:6]}", f"去向群{uuid.uuid4().hex[:6]}"
    drafter = sign_in(OPENER)
    chats.start_chat(drafter, site, SECOND, THIRD, title=there)
    chats.start_chat(drafter, site, SECOND, title="")
    chats.start_chat(drafter, site, SECOND, THIRD, title=here)
    for text in ("第一项已办", "第二项待办"):
        chats.say(drafter, text)
        expect(chats.message(drafter, text).locator(".receipt")).to_be_visible()
    chats.choose_act(drafter, "第二项待办", "多选")
    chats.message(drafter, "第一项已办").get_by_role("checkbox").check()
    drafter.get_by_role("button", name="合并转发").click()
    dialog = drafter.get_by_role("dialog", name="合并转发 2 条消息")
    dialog.get_by_role("searchbox", name="搜索要转发到的会话").fill(there)
    dialog.get_by_role("button", name=there).click()
    dialog.get_by_role("button", name="转发给 1 处").click()
    expect(dialog).to_be_hidden()
    chats.open_room(drafter, there)
    record = drafter.locator(".record")
    expect(record).to_contain_text(f"{here}的聊天记录")
    record.click()
    items = drafter.get_by_role("dialog", name=f"{here}的聊天记录").locator(".record-item .text")
    expect(items).to_have_text(["第一项已办", "第二项待办"])


def test_a_list_shows_what_is_pinned_silent_and_begun(site: Site, sign_in: SignIn) -> None:
    first, second = f"先建群{uuid.uuid4().hex[:6]}", f"后建群{uuid.uuid4().hex[:6]}"
    drafter = sign_in(OPENER)
    for title in (first, second):
        chats.start_chat(drafter, site, SECOND, THIRD, title=title)
    rows = drafter.locator(".messages .list .row .row-title")
    expect(rows.nth(1)).to_have_text(second)
    for act in ("置顶", "消息免打扰"):
        chats.row(drafter, first).click(button="right")
        drafter.get_by_role("menuitem", name=act).click()
    expect(rows.nth(1)).to_have_text(first)
    expect(chats.row(drafter, first)).to_contain_text("已免打扰")
    drafter.get_by_label("输入消息").fill("还没写完")
    chats.row(drafter, first).click()
    expect(chats.row(drafter, second)).to_contain_text("[草稿] 还没写完")
    drafter.reload()
    expect(rows.nth(1)).to_have_text(first)
    chats.row(drafter, second).click()
    expect(drafter.get_by_label("输入消息")).to_have_value("还没写完")
    chats.row(drafter, first).click(button="right")
    drafter.get_by_role("menuitem", name="取消置顶").click()
    expect(chats.row(drafter, first)).not_to_have_class(re.compile("is-pinned"))


def _confirm(page: Page, verb: str) -> None:
    page.get_by_role("alertdialog").get_by_role("button", name=verb).click()


def test_an_owner_administers_the_group_from_its_panel(site: Site, sign_in: SignIn) -> None:
    group = f"管理群{uuid.uuid4().hex[:6]}"
    drafter, reviewer = sign_in(OPENER), sign_in(SECOND)
    chats.start_chat(drafter, site, SECOND, THIRD, title=group)
    chats.open_room(reviewer, group)
    drafter.get_by_role("button", name="群聊信息").click()
    panel = drafter.locator("aside.pane")
    panel.get_by_role("button", name="发布群公告").click()
    panel.get_by_label("群公告").last.fill("交接班须当面签字")
    panel.get_by_role("button", name="发布", exact=True).click()
    expect(reviewer.locator(".feed-notice")).to_contain_text("交接班须当面签字")
    panel.get_by_label("公告模式").check()
    expect(reviewer.get_by_label("输入消息")).to_be_hidden()
    expect(reviewer.get_by_text("仅群主和管理员可以发言").last).to_be_visible()
    name = site.accounts[SECOND].name
    panel.get_by_role("button", name=f"管理 {name}").click()
    drafter.get_by_role("menuitem", name="设为管理员").click()
    _confirm(drafter, "设为管理员")
    expect(panel.locator(".row", has_text=name)).to_contain_text("管理员")
    expect(reviewer.get_by_label("输入消息")).to_be_visible()
    panel.get_by_role("button", name="解散群聊").click()
    _confirm(drafter, "解散群聊")
    for page in (drafter, reviewer):
        expect(page.get_by_text("该群聊已解散，只能查看历史消息")).to_be_visible()
        expect(page.get_by_label("输入消息")).to_be_hidden()


def test_a_long_log_keeps_some_hundred_rows_and_finds_its_way_back(
    site: Site, sign_in: SignIn
) -> None:
    group = f"万条群{uuid.uuid4().hex[:6]}"
    drafter, reviewer = sign_in(OPENER), sign_in(SECOND)
    chats.start_chat(drafter, site, SECOND, THIRD, title=group)
    chats.say(drafter, "最早的一条")
    chats.open_room(reviewer, group)
    expect(chats.message(drafter, "最早的一条").locator(".receipt")).to_have_text(re.compile("^1"))
    reviewer.goto("/")
    site.manage("shell", "-c", _MANY.format(title=group, count=700))
    chats.open_room(reviewer, group)
    expect(chats.message(reviewer, "往事700")).to_be_in_viewport()
    reviewer.get_by_role("button", name="700 条未读").click()
    expect(reviewer.get_by_text("以下为新消息")).to_be_in_viewport()
    expect(chats.message(reviewer, "最早的一条")).to_be_visible()
    body = reviewer.locator(".feed-body")
    for number in range(75, 400, 25):
        body.evaluate("(body) => { body.scrollTop = body.scrollHeight; }")
        expect(reviewer.get_by_text(f"往事{number}", exact=True)).to_be_visible()
    assert reviewer.locator(".feed-log > *").count() < 300
    expect(chats.message(reviewer, "最早的一条")).to_have_count(0)
    chats.say(drafter, "刚刚说的")
    reviewer.locator(".feed-jump").click()
    expect(chats.message(reviewer, "刚刚说的")).to_be_in_viewport()
    expect(chats.message(reviewer, "往事700")).to_have_count(1)
