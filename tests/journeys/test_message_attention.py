"""Notifications of the desktop: whom they call, what they say, and when they end."""

import uuid
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.journeys import chats
from tests.journeys.chats import OPENER, SECOND, THIRD
from tests.journeys.conftest import SignIn, Site
from tests.messaging import unheard

DESKTOP = """
window.rung = [];
window.ended = [];
window.isBeforeHer = false;
document.hasFocus = () => window.isBeforeHer;
window.lookAt = (isLooked) => {
  window.isBeforeHer = isLooked;
  window.dispatchEvent(new Event(isLooked ? "focus" : "blur"));
};
window.Notification = class extends EventTarget {
  static requestPermission() {
    window.Notification.permission = "granted";
    return Promise.resolve("granted");
  }
  constructor(title, { body }) {
    super();
    this.said = [title, body];
    window.rung.push(this.said);
    window.latest = this;
  }
  close() { window.ended.push(this.said); }
};
window.Notification.permission = "default";
"""
"""A desktop that writes down what it is told to show, and a reader who looks elsewhere."""

GRANTED = "window.Notification.permission = 'granted';"

COMPARED = """
window.isCompared = false;
window.WebSocket = class extends WebSocket {
  constructor(...given) {
    super(...given);
    super.addEventListener("message", (event) => {
      const { type, data } = JSON.parse(event.data);
      if (type === "sync.heads" && !data.next) window.isCompared = true;
    });
  }
};
"""
"""Says when the page knows how its conversations stand."""

ONLY_HINTED = """
window.WebSocket = class extends WebSocket {
  addEventListener(name, act) {
    if (name !== "message") { super.addEventListener(name, act); return; }
    super.addEventListener(name, (event) => {
      const { type, data } = JSON.parse(event.data);
      if (type !== "message.created") { act(event); return; }
      const hint = { conversation_id: data.conversation_id, last_seq: data.seq };
      act(new MessageEvent("message", {
        data: JSON.stringify({ type: "sync.hint", data: hint }),
      }));
    });
  }
};
"""
"""Of every message the page is told no more than that its conversation goes on."""

NO_MAKING = """
const Known = window.Notification;
window.Notification = class {
  constructor() { throw new TypeError("Illegal constructor"); }
};
window.Notification.permission = Known.permission;
window.Notification.requestPermission = () => Known.requestPermission();
"""
"""A browser that knows notifications by name alone."""

PHONE = """
const real = window.matchMedia;
window.matchMedia = (query) =>
  query.includes("coarse") ? { matches: true } : real.call(window, query);
"""
"""Fingers alone; nothing hovers."""


def test_what_stands_on_a_page_that_nobody_looks_at_is_not_read(
    site: Site, sign_in: SignIn
) -> None:
    group = f"离座群{uuid.uuid4().hex[:6]}"
    drafter, reviewer = sign_in(OPENER), sign_in(SECOND)
    chats.start_chat(drafter, site, SECOND, THIRD, title=group)
    reviewer.add_init_script(DESKTOP)
    chats.open_room(reviewer, group)
    before = chats.inbox(reviewer)
    chats.say(drafter, "人不在")
    expect(chats.message(reviewer, "人不在")).to_be_visible()
    badge = reviewer.locator("nav [data-count=inbox]")
    expect(badge).to_have_text(str(before + 1))
    expect(chats.message(drafter, "人不在").locator(".receipt")).to_contain_text("2 人未读")
    reviewer.evaluate("lookAt(true)")
    expect(chats.message(drafter, "人不在").locator(".receipt")).to_contain_text("1 人已读")
    expect(badge).to_have_text(str(before) if before else "")


def test_the_desktop_says_who_and_where_and_never_what(site: Site, sign_in: SignIn) -> None:
    quiet, loud = (f"{name}群{uuid.uuid4().hex[:6]}" for name in ("静音", "提醒"))
    drafter, reviewer = sign_in(OPENER), sign_in(SECOND)
    for title in (loud, quiet):
        chats.start_chat(drafter, site, SECOND, THIRD, title=title)
    name = site.accounts[OPENER].name
    reviewer.add_init_script(DESKTOP)
    reviewer.goto("/messages/")
    reviewer.get_by_role("button", name="开启桌面提醒").click()
    expect(reviewer.get_by_role("region", name="桌面提醒")).to_be_hidden()
    chats.row(reviewer, quiet).click(button="right")
    reviewer.get_by_role("menuitem", name="消息免打扰").click()
    expect(chats.row(reviewer, quiet).locator(".row-silent")).to_be_visible()
    # What comes to the quiet one would ring before what comes to the other one.
    chats.say(drafter, "别看这条")
    expect(chats.row(reviewer, quiet)).to_contain_text("别看这条")
    chats.open_room(drafter, loud)
    chats.say(drafter, "账号密码在此")
    expect_rung(reviewer, [[loud, f"{name}发来一条消息"]])
    reviewer.evaluate("latest.dispatchEvent(new Event('click'))")
    expect(reviewer.get_by_role("heading", name=loud)).to_be_visible()


def test_one_tab_of_several_shows_it_and_none_while_one_is_looked_at(
    site: Site, sign_in: SignIn
) -> None:
    group = f"双页群{uuid.uuid4().hex[:6]}"
    drafter, first = sign_in(OPENER), sign_in(SECOND)
    chats.start_chat(drafter, site, SECOND, THIRD, title=group)
    second = first.context.new_page()
    for tab in (first, second):
        tab.add_init_script(DESKTOP + GRANTED)
        tab.goto("/messages/")
        expect(chats.row(tab, group)).to_be_visible()
    _look(second, is_looked=True)
    chats.say(drafter, "看着呢")
    for tab in (first, second):
        expect(chats.row(tab, group)).to_contain_text("看着呢")
        tab.evaluate("navigator.locks.query()")  # answered behind what the page itself has asked
    _look(second, is_looked=False)
    chats.say(drafter, "走开了")
    first.wait_for_function("group => rung.some(([title]) => title === group)", arg=group)
    of_group = "group => rung.filter(([title]) => title === group)"
    name = site.accounts[OPENER].name
    assert first.evaluate(of_group, group) == [[group, f"{name}发来一条消息"]]
    assert second.evaluate(of_group, group) == []


def _look(tab: Page, *, is_looked: bool) -> None:
    """The person has the tab before her, or no longer; other tabs may know."""
    tab.evaluate("lookAt", is_looked)
    tab.wait_for_function(
        """async isLooked => {
            const { held } = await navigator.locks.query();
            return held.some(({ name }) => name === "tongwen:looked-at") === isLooked;
        }""",
        arg=is_looked,
    )


@pytest.fixture
def resting(sign_in: SignIn) -> Iterator[Page]:
    """Somebody whose quiet hours are now, with a desktop."""
    page = sign_in(SECOND)
    page.add_init_script(DESKTOP + GRANTED + chats.QUICK_BEAT)
    now = timezone.localtime()
    hours = [(now + timedelta(hours=ahead)).strftime("%H:%M") for ahead in (-1, 1)]
    page.goto("/messages/")
    quiet = """async ([method, json]) => {
        const { fetchJson } = await import("/static/workbench/base.js");
        await fetchJson("/api/v1/messaging/quiet-hours", { method, json });
    }"""
    page.evaluate(quiet, ["PUT", {"begins": hours[0], "ends": hours[1]}])
    yield page
    page.evaluate(quiet.replace(", json }", " }"), ["DELETE", None])


def test_in_quiet_hours_nothing_rings_but_a_ding(
    site: Site, sign_in: SignIn, resting: Page
) -> None:
    group = f"夜间群{uuid.uuid4().hex[:6]}"
    drafter = sign_in(OPENER)
    chats.start_chat(drafter, site, SECOND, THIRD, title=group)
    resting.goto("/messages/")
    expect(chats.row(resting, group)).to_be_visible()
    chats.say(drafter, "夜里的话")
    expect(chats.row(resting, group)).to_contain_text("夜里的话")
    unheard.commit(
        site.environment, chats.me(drafter), chats.me(resting), chats.room_of(drafter), seq=2
    )
    call = f"{site.accounts[OPENER].name} 的 DING"
    resting.wait_for_function("call => rung.some(([title]) => title === call)", arg=call)
    assert {title for title, _ in resting.evaluate("rung")} == {call}
    resting.get_by_role("button", name="确认收到").first.click()


def test_what_came_over_a_cut_connection_rings_as_one(site: Site, sign_in: SignIn) -> None:
    missed, quiet = (f"{name}群{uuid.uuid4().hex[:6]}" for name in ("断线", "勿扰"))
    drafter, reviewer = sign_in(OPENER), sign_in(SECOND)
    for title in (missed, quiet):
        chats.start_chat(drafter, site, SECOND, THIRD, title=title)
    chats.say(drafter, "早已等着")
    reviewer.add_init_script(COMPARED + DESKTOP + GRANTED)
    reviewer.goto("/messages/")
    chats.row(reviewer, quiet).click(button="right")
    reviewer.get_by_role("menuitem", name="消息免打扰").click()
    expect(chats.row(reviewer, quiet).locator(".row-silent")).to_be_visible()
    reviewer.wait_for_function("() => isCompared")
    reviewer.context.set_offline(True)
    expect(reviewer.get_by_text("连接已断开")).to_be_visible()
    _said(drafter, "别看这条")
    chats.open_room(drafter, missed)
    for number in range(1, 4):
        _said(drafter, f"断线第 {number} 条")
    reviewer.context.set_offline(False)
    # Before the first comparing one waited, and of what is muted nothing is told.
    _wait_rung(reviewer, missed)
    assert _rung(reviewer, missed) == ["有 3 条新消息"]
    assert _rung(reviewer, quiet) == []
    assert _rung(reviewer, "消息") == []
    # Read elsewhere, it is told no longer.
    elsewhere = sign_in(SECOND)
    elsewhere.goto("/messages/")
    chats.row(elsewhere, missed).click()
    expect(chats.message(elsewhere, "断线第 3 条")).to_be_visible()
    _wait_closed(reviewer, missed)


def test_what_was_only_hinted_at_rings_too(site: Site, sign_in: SignIn) -> None:
    group = f"提示群{uuid.uuid4().hex[:6]}"
    drafter, reviewer = sign_in(OPENER), sign_in(SECOND)
    chats.start_chat(drafter, site, SECOND, THIRD, title=group)
    reviewer.add_init_script(COMPARED + ONLY_HINTED + DESKTOP + GRANTED)
    reviewer.goto("/messages/")
    expect(chats.row(reviewer, group)).to_be_visible()
    reviewer.wait_for_function("() => isCompared")
    chats.say(drafter, "只有提示")
    _wait_rung(reviewer, group)
    assert _rung(reviewer, group) == ["有 1 条新消息"]


def test_a_notification_ends_with_its_reason(site: Site, sign_in: SignIn) -> None:
    group = f"已阅群{uuid.uuid4().hex[:6]}"
    drafter, first = sign_in(OPENER), sign_in(SECOND)
    chats.start_chat(drafter, site, SECOND, THIRD, title=group)
    second = first.context.new_page()
    for tab in (first, second):
        tab.add_init_script(DESKTOP + GRANTED)
        tab.goto("/messages/")
        expect(chats.row(tab, group)).to_be_visible()
    chats.say(drafter, "响过一次")
    _wait_rung(first, group)
    # Another tab of hers is looked at: the one that rang hears of it.
    second.evaluate("lookAt(true)")
    _wait_closed(first, group)


def test_dings_told_at_once_ring_as_one_and_quietly_count_down(site: Site, sign_in: SignIn) -> None:
    group = f"连催群{uuid.uuid4().hex[:6]}"
    drafter, reviewer = sign_in(OPENER), sign_in(SECOND)
    chats.start_chat(drafter, site, SECOND, THIRD, title=group)
    _said(drafter, "第一件")
    _said(drafter, "第二件")
    reviewer.goto("/messages/")
    called, caller = chats.me(reviewer), chats.me(drafter)
    for seq in (2, 3):
        unheard.commit(site.environment, caller, called, chats.room_of(drafter), seq=seq)
    reviewer.add_init_script(DESKTOP + GRANTED)
    reviewer.goto("/messages/")
    reviewer.wait_for_function("() => rung.some(([title]) => title === 'DING')")
    waiting = int(reviewer.locator("[data-part=ding-badge]").inner_text())
    assert waiting >= 2  # other journeys may have left some
    assert _rung(reviewer, "DING") == [f"{waiting} 条 DING 待确认"]
    assert _rung(reviewer, f"{site.accounts[OPENER].name} 的 DING") == []
    reviewer.evaluate("latest.dispatchEvent(new Event('click'))")
    expect(reviewer.get_by_role("heading", name="DING", exact=True)).to_be_visible()
    for left in range(waiting - 1, -1, -1):
        banner = reviewer.get_by_role("alert", name="DING 待确认")
        banner.get_by_role("button", name="确认收到").click()
        expect(reviewer.locator("[data-part=ding-badge]")).to_have_text(str(left) if left else "")


def test_where_no_notification_can_be_made_none_is_offered(site: Site, sign_in: SignIn) -> None:
    group = f"手机群{uuid.uuid4().hex[:6]}"
    drafter, reviewer = sign_in(OPENER), sign_in(SECOND)
    chats.start_chat(drafter, site, SECOND, THIRD, title=group)
    offer = reviewer.get_by_role("region", name="桌面提醒")
    reviewer.add_init_script(DESKTOP + GRANTED + NO_MAKING)
    reviewer.goto("/messages/")
    expect(chats.row(reviewer, group)).to_be_visible()
    chats.say(drafter, "做不出来")
    reviewer.wait_for_function("() => localStorage.getItem('tongwen:attention:unable')")
    # It has found out, and does not forget.
    assert _desktop_lines(reviewer) == 0
    reviewer.reload()
    expect(chats.row(reviewer, group)).to_be_visible()
    assert _desktop_lines(reviewer) == 0
    expect(offer).to_be_hidden()
    phone = sign_in(SECOND, narrow=True)
    phone.add_init_script(DESKTOP + PHONE)
    phone.goto("/messages/")
    expect(chats.row(phone, group)).to_be_visible()
    expect(phone.get_by_role("region", name="桌面提醒")).to_be_hidden()
    assert _desktop_lines(phone) == 0


def _desktop_lines(page: Page) -> int:
    """How many lines of the settings speak of the desktop."""
    page.get_by_role("button", name="免打扰与在线状态").click()
    dialog = page.get_by_role("dialog", name="免打扰与在线状态")
    expect(dialog.get_by_role("button", name="保存")).to_be_visible()
    number = dialog.locator("[data-part=desktop]").count()
    dialog.get_by_role("button", name="取消").click()
    return number


def _said(page: Page, text: str) -> None:
    """The server has it."""
    chats.say(page, text)
    expect(chats.message(page, text).locator(".receipt")).to_be_visible()


def _rung(page: Page, title: str) -> list[str]:
    of_title = "title => rung.filter(([one]) => one === title).map(([, body]) => body)"
    found: list[str] = page.evaluate(of_title, title)
    return found


def _wait_rung(page: Page, title: str) -> None:
    page.wait_for_function("title => rung.some(([one]) => one === title)", arg=title)


def _wait_closed(page: Page, title: str) -> None:
    page.wait_for_function("title => ended.some(([one]) => one === title)", arg=title)


def expect_rung(page: Page, expected: list[list[str]]) -> None:
    """The desktop comes to show as many, and exactly these."""
    page.wait_for_function("count => rung.length >= count", arg=len(expected))
    assert page.evaluate("rung") == expected
