"""What a tab had not sent when it was closed or loaded anew."""

import uuid

from playwright.sync_api import expect

from tests.journeys import chats
from tests.journeys.chats import OPENER, SECOND, THIRD
from tests.journeys.conftest import SignIn, Site

NO_TAKING_OVER = """
{
  const later = window.setTimeout;
  window.setTimeout = (act, wait, ...given) => (wait === 3000 ? 0 : later(act, wait, ...given));
}
"""
"""A tab that waits for ever until it takes over what another one kept."""


def test_what_a_closed_tab_had_not_sent_is_sent_by_the_next_one(
    site: Site, sign_in: SignIn
) -> None:
    group = f"关页群{uuid.uuid4().hex[:6]}"
    drafter, reviewer = sign_in(OPENER), sign_in(SECOND)
    chats.start_chat(drafter, site, SECOND, THIRD, title=group)
    chats.open_room(reviewer, group)
    other = drafter.context.new_page()
    chats.open_room(other, group)
    other.evaluate("WebSocket.prototype.send = () => {}")
    chats.say(other, "还没发出")
    expect(chats.message(other, "还没发出")).to_contain_text("发送中")
    other.close()
    # A tab that stands open takes it over, and it is said once.
    expect(chats.message(reviewer, "还没发出")).to_be_visible()
    expect(chats.message(drafter, "还没发出")).to_have_count(1)
    kept = "Object.keys(localStorage).filter(key => key.startsWith('tongwen:outgoing:'))"
    drafter.wait_for_function(f"() => {kept}.length === 0")


def test_what_a_reloaded_tab_had_not_sent_stays_its_own(site: Site, sign_in: SignIn) -> None:
    group = f"重载群{uuid.uuid4().hex[:6]}"
    drafter, reviewer = sign_in(OPENER), sign_in(SECOND)
    chats.start_chat(drafter, site, SECOND, THIRD, title=group)
    chats.open_room(reviewer, group)
    beside = drafter.context.new_page()
    beside.add_init_script(NO_TAKING_OVER)
    chats.open_room(beside, group)
    drafter.evaluate("WebSocket.prototype.send = () => {}")
    chats.say(drafter, "刷新之前")
    expect(chats.message(drafter, "刷新之前")).to_contain_text("发送中")
    drafter.reload()
    expect(chats.message(reviewer, "刷新之前")).to_be_visible()
    expect(chats.message(drafter, "刷新之前").locator(".receipt")).to_be_visible()
    expect(chats.message(drafter, "刷新之前")).to_have_count(1)
