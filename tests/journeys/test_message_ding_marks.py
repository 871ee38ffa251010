"""In the conversation a message shows that it was DINGed, to its sender and those it calls."""

import uuid

from playwright.sync_api import Locator, Page, expect

from tests.journeys import chats
from tests.journeys.chats import OPENER, SECOND, THIRD
from tests.journeys.conftest import SignIn, Site

SAID = "水位超警戒，请立即到岗"


def _mark(page: Page) -> Locator:
    return chats.message(page, SAID).locator(".ding-mark")


def test_a_message_shows_in_its_line_that_it_was_dinged_and_how_it_stands(
    site: Site, sign_in: SignIn
) -> None:
    group = f"标记群{uuid.uuid4().hex[:6]}"
    drafter, reviewer, signer = sign_in(OPENER), sign_in(SECOND), sign_in(THIRD, narrow=True)
    chats.start_chat(drafter, site, SECOND, THIRD, title=group)
    chats.say(drafter, SAID)
    expect(chats.message(drafter, SAID).locator(".receipt")).to_be_visible()
    chats.say(drafter, "请回复")
    for page in (reviewer, signer):
        chats.open_room(page, group)
        expect(chats.message(page, SAID)).to_be_visible()
        expect(_mark(page)).to_have_count(0)
    chats.choose_act(drafter, SAID, "DING")
    dialog = drafter.get_by_role("dialog", name="DING")
    dialog.get_by_role("checkbox", name=site.accounts[SECOND].name).check()
    dialog.get_by_role("button", name="发出 DING").click()
    expect(_mark(drafter)).to_have_text("DING · 0/1 已确认")
    expect(_mark(reviewer)).to_have_text("DING · 待确认")
    # Confirmed from the line of the message, and seen in the sender's at once.
    _mark(reviewer).click()
    reviewer.get_by_role("dialog", name="DING").get_by_role("button", name="确认收到").click()
    expect(_mark(reviewer)).to_have_text("DING · 已确认")
    expect(reviewer.locator(".ding-banner")).to_be_hidden()
    expect(_mark(drafter)).to_have_text("DING · 1/1 已确认")
    # With the first page of the conversation, too; not for whom it does not call.
    with signer.expect_response(lambda answer: "/dings?" in answer.url):
        chats.open_room(signer, group)
    expect(chats.message(signer, SAID)).to_be_visible()
    expect(_mark(signer)).to_have_count(0)
    chats.open_room(reviewer, group)
    expect(_mark(reviewer)).to_have_text("DING · 已确认")
    chats.open_room(drafter, group)
    _mark(drafter).click()
    expect(drafter.get_by_role("heading", name="DING 详情")).to_be_visible()
    expect(drafter.locator(".ding-target")).to_have_count(1)


DEAD = """() => {
  WebSocket.prototype.send = () => {};
  const later = window.setTimeout;
  window.setTimeout = (act, wait, ...given) => later(act, wait === 10000 ? 0 : wait, ...given);
}"""
"""The socket stands and carries nothing any more; that no answer comes is known at once."""


def test_a_ding_is_confirmed_where_the_socket_is_dead_and_no_dialog_says_so_falsely(
    site: Site, sign_in: SignIn
) -> None:
    group = f"断网群{uuid.uuid4().hex[:6]}"
    drafter, reviewer = sign_in(OPENER), sign_in(SECOND)
    chats.start_chat(drafter, site, SECOND, THIRD, title=group)
    chats.say(drafter, SAID)
    expect(chats.message(drafter, SAID).locator(".receipt")).to_be_visible()
    chats.choose_act(drafter, SAID, "DING")
    dialog = drafter.get_by_role("dialog", name="DING")
    dialog.get_by_role("checkbox", name=site.accounts[SECOND].name).check()
    dialog.get_by_role("button", name="发出 DING").click()
    expect(_mark(drafter)).to_have_text("DING · 0/1 已确认")
    chats.open_room(reviewer, group)
    expect(_mark(reviewer)).to_have_text("DING · 待确认")
    reviewer.evaluate(DEAD)
    reviewer.route("**/confirmation", lambda route: route.abort())
    _mark(reviewer).click()
    asked = reviewer.get_by_role("dialog", name="DING")
    asked.get_by_role("button", name="确认收到").click()
    expect(reviewer.locator(".toast")).to_have_text("网络连接已断开，请稍后重试")
    expect(asked.get_by_role("button", name="确认收到")).to_be_enabled()
    expect(_mark(reviewer)).to_have_text("DING · 待确认")
    # The requests get through again; the socket does not.
    reviewer.unroute("**/confirmation")
    asked.get_by_role("button", name="确认收到").click()
    expect(asked).to_be_hidden()
    expect(_mark(reviewer)).to_have_text("DING · 已确认")
    expect(_mark(drafter)).to_have_text("DING · 1/1 已确认")
