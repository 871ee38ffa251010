"""Pictures and files in conversations, what one keeps, and drafts on two devices."""

import re
import uuid
from pathlib import Path

from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.core import samples
from tests.journeys import chats
from tests.journeys.chats import OPENER, SECOND, THIRD
from tests.journeys.conftest import SignIn, Site

PICTURE: FilePayload = {
    "name": "水库现场.png", "mimeType": "image/png", "buffer": samples.picture(size=(800, 500))
}  # fmt: skip
PLAN: FilePayload = {
    "name": "防汛预案.pdf", "mimeType": "application/pdf", "buffer": samples.PDF
}  # fmt: skip
LONG: FilePayload = {
    "name": "长截图.png", "mimeType": "image/png", "buffer": samples.picture(size=(300, 3000))
}  # fmt: skip
WIDE: FilePayload = {
    "name": "宽表.png", "mimeType": "image/png", "buffer": samples.picture(size=(3000, 90))
}  # fmt: skip
MOVING: FilePayload = {
    "name": "演示.gif", "mimeType": "image/gif", "buffer": samples.motion((200, 100))
}  # fmt: skip
FALSE: FilePayload = {
    "name": "假报告.docx", "mimeType": "application/msword", "buffer": b"MZ" + b"\0" * 64
}  # fmt: skip
_KEPT = re.compile(r"/messages/\d+/favourite$")
_PASTE = """
(field) => {
  const canvas = document.createElement("canvas");
  canvas.width = 60; canvas.height = 40;
  canvas.toBlob((blob) => {
    const data = new DataTransfer();
    data.items.add(new File([blob], "image.png", { type: "image/png" }));
    const sent = { clipboardData: data, bubbles: true, cancelable: true };
    field.dispatchEvent(new ClipboardEvent("paste", sent));
  });
}
"""
_DROP = """
(pane) => {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File(["姓名,电话"], "名单.csv", { type: "text/csv" }));
  for (const type of ["dragenter", "dragover", "drop"]) {
    pane.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
  }
}
"""


def attach(page: Page, *files: FilePayload) -> None:
    """The files stand above the field."""
    page.locator(".composer input[type=file]").set_input_files(list(files))
    for file in files:
        expect(page.locator(".chip-file", has_text=file["name"])).to_be_visible()


def files_of(page: Page) -> list[str]:
    """The names of the files in the log, from the top."""
    return page.locator(".feed-log .file-name").all_text_contents()


def test_pictures_and_files_are_sent_seen_and_taken(
    site: Site, sign_in: SignIn, tmp_path: Path
) -> None:
    group = f"文件群{uuid.uuid4().hex[:6]}"
    drafter, reviewer = sign_in(OPENER), sign_in(SECOND)
    chats.start_chat(drafter, site, SECOND, THIRD, title=group)
    attach(drafter, PICTURE, PLAN, FALSE)
    drafter.get_by_role("button", name="移除 防汛预案.pdf").click()
    expect(drafter.locator(".chip-file")).to_have_count(2)
    attach(drafter, PLAN)
    chats.say(drafter, "请看现场和预案")
    expect(drafter.get_by_text("文件内容与扩展名不符")).to_be_visible()
    chats.open_room(reviewer, group)
    expect(chats.message(reviewer, "请看现场和预案")).to_be_visible()
    assert files_of(reviewer) == ["防汛预案.pdf"]
    picture = reviewer.get_by_role("button", name="查看图片 水库现场.png")
    picture.click()
    viewer = reviewer.get_by_role("dialog", name="查看图片")
    expect(viewer.locator("img")).to_have_js_property("naturalWidth", 800)
    reviewer.keyboard.press("Escape")
    expect(viewer).to_be_hidden()
    expect(picture).to_be_focused()
    with reviewer.expect_download() as taken:
        reviewer.get_by_role("link", name="防汛预案.pdf").click()
    assert taken.value.suggested_filename == "防汛预案.pdf"
    taken.value.save_as(tmp_path / "taken")
    assert (tmp_path / "taken").read_bytes() == samples.PDF
    drafter.get_by_role("button", name="删除", exact=True).click()
    expect(drafter.get_by_text("假报告.docx")).to_have_count(0)
    reviewer.get_by_role("button", name="聊天文件").click()
    panel = reviewer.get_by_role("complementary", name="会话信息")
    expect(panel.locator(".picture-cell")).to_have_count(1)
    panel.get_by_role("tab", name="文件").click()
    expect(panel.locator(".file-name")).to_have_text(["防汛预案.pdf"])
    panel.get_by_role("button", name="定位到聊天 防汛预案.pdf").click()
    found = reviewer.locator(".message", has_text="防汛预案.pdf")
    expect(found).to_have_class(re.compile("is-found"))


def test_long_and_wide_pictures_stand_within_bounds_and_are_read_at_their_own_size(
    site: Site, sign_in: SignIn
) -> None:
    drafter = sign_in(OPENER)
    chats.start_chat(drafter, site, SECOND, THIRD, title=f"长图群{uuid.uuid4().hex[:6]}")
    attach(drafter, LONG, WIDE)
    drafter.get_by_label("输入消息").press("Enter")
    shown = drafter.locator("button.picture img")
    expect(shown).to_have_count(2)
    for image, size in ((shown.first, [64, 280]), (shown.last, [260, 64])):
        expect(image).not_to_have_js_property("naturalWidth", 0)
        assert image.evaluate("(image) => [image.width, image.height]") == size
    shown.first.click()
    image = drafter.get_by_role("dialog", name="查看图片").locator("img")
    expect(drafter.locator(".viewer.is-loading")).to_have_count(0)
    larger = drafter.get_by_role("button", name="原始大小")
    expect(larger).to_have_attribute("aria-pressed", "true")
    assert image.evaluate("(image) => image.getBoundingClientRect().height") == 3000
    assert image.evaluate("(image) => image.naturalWidth") == 300
    drafter.keyboard.press("ArrowDown")
    expect(drafter.locator(".viewer-stage")).to_have_js_property("scrollTop", 80)
    image.click()
    expect(larger).to_have_attribute("aria-pressed", "false")
    assert float(image.evaluate("(image) => image.getBoundingClientRect().height")) < 900
    drafter.keyboard.press("ArrowRight")
    expect(larger).to_have_attribute("aria-pressed", "false")


def test_a_picture_that_moves_stands_still_with_a_mark_until_it_is_opened(
    site: Site, sign_in: SignIn
) -> None:
    drafter = sign_in(OPENER)
    chats.start_chat(drafter, site, SECOND, THIRD, title=f"动图群{uuid.uuid4().hex[:6]}")
    # Sent before this browser has had time to look at it.
    drafter.locator(".composer input[type=file]").set_input_files([MOVING])
    drafter.get_by_label("输入消息").press("Enter")
    shown = drafter.locator("button.picture")
    expect(shown.locator(".picture-mark")).to_have_text("GIF")
    expect(shown.locator("img")).to_have_attribute("src", re.compile("/thumbnail$"))
    shown.click()
    image = drafter.get_by_role("dialog", name="查看图片").locator("img")
    expect(image).to_have_attribute("src", re.compile("/motion$"))
    expect(image).to_have_js_property("naturalWidth", 200)


def test_pasted_and_dropped_files_outlive_a_bad_network_and_a_reload(
    site: Site, sign_in: SignIn
) -> None:
    group = f"断网群{uuid.uuid4().hex[:6]}"
    drafter = sign_in(OPENER)
    chats.start_chat(drafter, site, SECOND, THIRD, title=group)
    drafter.get_by_label("输入消息").evaluate(_PASTE)
    expect(drafter.locator(".chip-file", has_text=re.compile(r"截图.*\.png"))).to_be_visible()
    drafter.locator(".detail-pane").evaluate(_DROP)
    expect(drafter.locator(".chip-file", has_text="名单.csv")).to_be_visible()
    drafter.route(re.compile(r"/files$"), lambda route: route.abort())
    chats.say(drafter, "两个附件")
    coming = drafter.locator(".message.is-sending")
    expect(coming).to_have_count(3)
    expect(coming.first.get_by_text("上传中…")).to_be_visible()
    drafter.reload()
    expect(coming).to_have_count(3)
    drafter.unroute(re.compile(r"/files$"))
    expect(chats.message(drafter, "两个附件").locator(".receipt")).to_be_attached(timeout=30_000)
    expect(coming).to_have_count(0)
    assert files_of(drafter) == ["名单.csv"]
    expect(drafter.locator(".message").first.locator(".picture")).to_be_visible()
    expect(drafter.locator(".message").last).to_contain_text("两个附件")


def test_what_is_coming_may_be_cancelled(site: Site, sign_in: SignIn) -> None:
    group = f"取消群{uuid.uuid4().hex[:6]}"
    drafter = sign_in(OPENER)
    chats.start_chat(drafter, site, SECOND, THIRD, title=group)
    drafter.route(re.compile(r"/files$"), lambda route: route.abort())
    attach(drafter, PLAN)
    chats.say(drafter, "不等附件了")
    drafter.locator(".message", has_text="防汛预案.pdf").get_by_role("button", name="取消").click()
    expect(drafter.locator(".message", has_text="防汛预案.pdf")).to_have_count(0)
    expect(chats.message(drafter, "不等附件了").locator(".receipt")).to_be_visible(timeout=30_000)


def test_a_file_that_misses_the_conversation_leaves_the_page_alone(
    site: Site, sign_in: SignIn
) -> None:
    drafter = sign_in(OPENER)
    chats.start_chat(drafter, site, SECOND)
    drops = """(place) => {
        const files = new DataTransfer();
        files.items.add(new File(["x"], "名单.txt", { type: "text/plain" }));
        const drop = new DragEvent(
            "drop", { dataTransfer: files, bubbles: true, cancelable: true });
        return !place.dispatchEvent(drop);
    }"""
    assert drafter.locator(".list-pane").evaluate(drops) is True
    expect(drafter.locator(".chip-file")).to_have_count(0)
    assert drafter.locator(".feed-body").evaluate(drops) is True
    expect(drafter.locator(".chip-file")).to_contain_text("名单.txt")


def test_what_is_kept_is_found_passed_on_and_let_go(site: Site, sign_in: SignIn) -> None:
    group, word = f"收藏群{uuid.uuid4().hex[:6]}", uuid.uuid4().hex[:8]
    drafter = sign_in(OPENER)
    chats.keep_offers(drafter)
    chats.start_chat(drafter, site, SECOND, THIRD, title=group)
    attach(drafter, PLAN)
    chats.say(drafter, f"值班安排 {word}")
    chats.choose_act(drafter, word, "收藏")
    expect(drafter.get_by_text("已收藏")).to_be_visible()
    with drafter.expect_response(_KEPT):
        chats.choose_act(drafter, "防汛预案.pdf", "收藏")
    expect(drafter.get_by_text("已收藏")).to_have_count(1)
    chats.choose_act(drafter, word, "取消收藏")
    expect(drafter.get_by_text("已取消收藏")).to_be_visible()
    with drafter.expect_response(_KEPT):
        drafter.get_by_role("button", name="撤销").click()
    drafter.get_by_role("button", name="收藏", exact=True).click()
    kept = drafter.locator(".favourite")
    expect(favourite(drafter, word)).to_be_visible()
    drafter.get_by_role("tab", name="文件").click()
    expect(kept.filter(has_text=word)).to_have_count(0)
    expect(kept.filter(has_text="防汛预案.pdf").first).to_be_visible()
    drafter.get_by_role("tab", name="全部").click()
    drafter.get_by_role("searchbox", name="搜索收藏").fill(word)
    expect(kept).to_have_count(1)
    favourite(drafter, word).get_by_role("button", name="转发").click()
    dialog = drafter.get_by_role("dialog", name="转发收藏")
    dialog.locator(".row", has_text=group).click()
    dialog.get_by_role("button", name="转发给 1 处").click()
    expect(drafter.get_by_text("已转发")).to_be_visible()
    favourite(drafter, word).get_by_role("button", name="定位到聊天").click()
    expect(drafter.get_by_role("heading", name=group)).to_be_visible()
    expect(chats.message(drafter, word)).to_have_count(2)
    drafter.get_by_role("button", name="收藏", exact=True).click()
    favourite(drafter, word).get_by_role("button", name="取消收藏").click()
    expect(favourite(drafter, word)).to_be_hidden()
    drafter.get_by_role("button", name="撤销").click()
    expect(favourite(drafter, word)).to_be_visible()


def test_a_draft_follows_to_another_device(site: Site, sign_in: SignIn) -> None:
    group = f"草稿群{uuid.uuid4().hex[:6]}"
    desk, phone = sign_in(OPENER), sign_in(OPENER)
    chats.start_chat(desk, site, SECOND, THIRD, title=group)
    chats.say(desk, "周五前反馈")
    expect(chats.message(desk, "周五前反馈").locator(".receipt")).to_be_visible()
    phone.goto("/messages/")
    expect(chats.row(phone, group)).to_be_visible()
    desk.get_by_label("输入消息").fill("已收到，正在")
    expect(chats.row(phone, group)).to_contain_text("[草稿] 已收到，正在")
    chats.row(phone, group).click()
    written = phone.get_by_label("输入消息")
    expect(written).to_have_value("已收到，正在")
    chats.choose_act(phone, "周五前反馈", "回复")
    written.fill("已收到，正在汇总")
    expect(desk.get_by_label("输入消息")).to_have_value("已收到，正在汇总")
    expect(desk.locator(".composer-about")).to_contain_text("周五前反馈")
    written.press("Enter")
    expect(desk.get_by_label("输入消息")).to_have_value("")
    expect(desk.locator(".composer-about")).to_be_hidden()


def favourite(page: Page, text: str) -> Locator:
    """The kept message with the text."""
    return page.locator(".favourite", has_text=text).first
