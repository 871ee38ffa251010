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
