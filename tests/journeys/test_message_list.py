"""The list while messages come: what is pressed opens, what has not changed stays."""

import uuid

from playwright.sync_api import Page, WebSocket, expect

from tests.journeys import chats
from tests.journeys.chats import OPENER, SECOND, THIRD
from tests.journeys.conftest import SignIn, Site

DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def live_list(page: Page) -> WebSocket:
    """The list stands, and is kept live by this socket."""
    with page.expect_websocket() as opened:
        page.goto("/messages/")
    return opened.value


def test_a_row_that_is_pressed_opens_whatever_comes_before_the_release(
    site: Site, sign_in: SignIn
) -> None:
    low, high = f"下群{uuid.uuid4().hex[:6]}", f"上群{uuid.uuid4().hex[:6]}"
    drafter, reviewer = sign_in(OPENER), sign_in(SECOND)
    chats.start_chat(drafter, site, SECOND, THIRD, title=low)
    chats.start_chat(drafter, site, SECOND, THIRD, title=high)
    socket = live_list(reviewer)
    pressed = chats.row(reviewer, high)
    expect(pressed).to_be_visible()
    chats.open_room(drafter, low)
    pressed.evaluate("(row) => { row.isSame = true; }")
    pressed.hover()
    reviewer.mouse.down()
    with socket.expect_event("framereceived", lambda frame: "来得不巧" in frame):
        chats.say(drafter, "来得不巧")
    reviewer.evaluate(DRAWN)
    reviewer.mouse.up()
    expect(reviewer.get_by_role("heading", name=high)).to_be_visible()
    expect(chats.row(reviewer, low).locator(".badge")).to_contain_text("1")
    expect(chats.row(reviewer, high)).to_have_attribute("aria-current", "true")
    assert chats.row(reviewer, high).evaluate("(row) => row.isSame") is True
    titles = reviewer.locator(".messages .list .row-title").all_text_contents()
    assert titles.index(low) < titles.index(high)


def test_whoever_left_without_a_word_in_the_log_compares(sign_in: SignIn) -> None:
    page = sign_in(SECOND)
    page.add_init_script(
        """
        const Real = WebSocket;
        window.compared = 0;
        window.WebSocket = class extends Real {
          constructor(...given) { super(...given); window.live = this; }
          send(text) {
            if (JSON.parse(text).type === "sync.heads") window.compared += 1;
            super.send(text);
          }
        };
        """
    )
    page.goto("/messages/")
    page.wait_for_function("() => window.compared === 1")
    page.evaluate(
        """() => {
            const left = { type: "member.changed", data: { conversation_id: 1, change: "left" } };
            const data = JSON.stringify(left);
            window.live.dispatchEvent(new MessageEvent("message", { data }));
        }"""
    )
    page.wait_for_function("() => window.compared > 1")


def test_a_chat_that_cannot_be_opened_is_told_of(site: Site, sign_in: SignIn) -> None:
    page = sign_in(OPENER)
    page.goto("/messages/")
    page.route("**/conversations/direct", lambda route: route.abort("connectionreset"))
    name, unit = site.accounts[SECOND].name, site.accounts[SECOND].unit
    page.get_by_role("searchbox", name="搜索联系人、群聊和聊天记录").fill(name)
    found = page.locator('[data-part="found"] .row', has_text=name).filter(has_text=unit)
    found.first.click()
    expect(page.locator(".toast.is-error")).to_contain_text("网络连接已断开")
    expect(page.get_by_text("选择一个会话")).to_be_visible()
