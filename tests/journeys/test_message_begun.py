"""What was begun is kept: files that were chosen, a message half edited, words in a dialog."""

import uuid

from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.journeys import chats
from tests.journeys.chats import OPENER, SECOND, THIRD
from tests.journeys.conftest import SignIn, Site


def go_to(page: Page, room: str) -> None:
    chats.row(page, room).click()
    expect(page.get_by_role("heading", name=room)).to_be_visible()


def test_files_and_a_half_made_edit_wait_in_their_conversation(site: Site, sign_in: SignIn) -> None:
    here, there = f"此群{uuid.uuid4().hex[:6]}", f"彼群{uuid.uuid4().hex[:6]}"
    drafter = sign_in(OPENER)
    for room in (here, there):
        chats.start_chat(drafter, site, SECOND, THIRD, title=room)
        chats.say(drafter, f"{room}的通知")
        expect(chats.message(drafter, f"{room}的通知").locator(".receipt")).to_be_visible()
    writing, chips = drafter.get_by_label("输入消息"), drafter.locator(".chip-file")
    chosen = FilePayload(name="名单.txt", mimeType="text/plain", buffer=b"1")
    drafter.locator(".composer input[type=file]").set_input_files([chosen])
    expect(chips).to_have_count(1)
    go_to(drafter, here)
    expect(chips).to_have_count(0)
    chats.choose_act(drafter, f"{here}的通知", "编辑")
    writing.fill(f"{here}的通知，改到周五")
    go_to(drafter, there)
    expect(chips).to_have_count(1)
    expect(writing).to_have_value("")
    writing.press("Enter")
    expect(drafter.locator(".feed-log .file-name")).to_have_text("名单.txt")
    go_to(drafter, here)
    expect(drafter.locator(".composer-about")).to_contain_text("编辑消息")
    expect(writing).to_have_value(f"{here}的通知，改到周五")
    writing.press("Enter")
    expect(chats.message(drafter, "改到周五").get_by_text("已编辑")).to_be_visible()
    expect(writing).to_have_value("")
    assert chats.bubbles(drafter) == [f"{here}的通知，改到周五"]


def drag(page: Page, start: Locator, *, to: tuple[float, float]) -> None:
    box = start.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(*to, steps=4)
    page.mouse.up()


def test_a_dialog_keeps_what_was_written_from_a_hand_that_slips(
    site: Site, sign_in: SignIn
) -> None:
    drafter = sign_in(OPENER)
    drafter.goto("/messages/")
    drafter.get_by_role("button", name="发起聊天").click()
    dialog = drafter.get_by_role("dialog", name="发起聊天")
    expect(dialog).to_be_visible()
    beside = (20.0, 400.0)
    # Words that are marked up to a place beside the dialog.
    drag(drafter, dialog.get_by_role("searchbox", name="搜索同事"), to=beside)
    expect(dialog).to_be_visible()
    for role in (SECOND, THIRD):
        account = site.accounts[role]
        dialog.get_by_role("searchbox", name="搜索同事").fill(account.name)
        dialog.locator(".row", has_text=account.name).filter(has_text=account.unit).first.click()
        expect(dialog.get_by_role("button", name=f"移除{account.name}")).to_be_visible()
    title = dialog.get_by_label("群聊名称")
    title.fill("防汛协调")
    drafter.mouse.click(*beside)
    expect(dialog).to_be_visible()
    expect(title).to_have_value("防汛协调")
    title.fill("")
    drafter.mouse.click(*beside)
    expect(dialog).to_be_hidden()


def test_whoever_is_removed_is_called_by_nothing_of_the_group(site: Site, sign_in: SignIn) -> None:
    group = f"移出群{uuid.uuid4().hex[:6]}"
    drafter, reviewer = sign_in(OPENER), sign_in(SECOND)
    chats.start_chat(drafter, site, SECOND, THIRD, title=group)
    reviewer.goto("/messages/")
    expect(chats.row(reviewer, group)).to_be_visible()
    for text in ("第一句", "第二句"):
        chats.say(drafter, text)
    expect(chats.row(reviewer, group).locator(".badge")).to_contain_text("2")
    reviewer.reload()  # what is unread was compared, and did not come live alone
    expect(chats.row(reviewer, group).locator(".badge")).to_contain_text("2")
    chats.expect_rail(reviewer)
    drafter.get_by_role("button", name="群聊信息").click()
    name = site.accounts[SECOND].name
    drafter.locator("aside.pane").get_by_role("button", name=f"管理 {name}").click()
    drafter.get_by_role("menuitem", name="移出群聊").click()
    drafter.get_by_role("alertdialog").get_by_role("button", name="移出").click()
    expect(chats.row(reviewer, group)).to_have_count(0)
    chats.expect_rail(reviewer)
