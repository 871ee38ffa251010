"""What calls for the reader's attention: counts, heartbeats, notifications of the desktop."""

import uuid
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Request, expect

from tests.journeys import chats
from tests.journeys.chats import OPENER, SECOND, THIRD
from tests.journeys.conftest import SignIn, Site
from tests.messaging import unheard

PATIENT = """
const soon = window.setTimeout;
window.setTimeout = (act, wait, ...given) => (wait === 10000 ? 0 : soon(act, wait, ...given));
"""
"""However long an answer takes, it is waited for."""

NO_POLL = """
const later = window.setTimeout;
window.setTimeout = (act, wait, ...given) => (wait >= 14000 ? 0 : later(act, wait, ...given));
"""
"""What a page asks for by itself now and then, it does not ask for."""

QUICK_BEAT = """
const every = window.setInterval;
window.setInterval = (act, wait, ...given) => every(act, wait === 25000 ? 300 : wait, ...given);
"""

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

NO_TAKING_OVER = """
{
  const later = window.setTimeout;
  window.setTimeout = (act, wait, ...given) => (wait === 3000 ? 0 : later(act, wait, ...given));
}
"""
"""A tab that waits for ever until it takes over what another one kept."""

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

HINTED = """async () => {
  const { Client } = await import("/static/workbench/messages/client.js");
  const asked = [];
  const behind = [];
  let held = null;
  class Server extends EventTarget {
    constructor() { super(); setTimeout(() => this.dispatchEvent(new Event("open"))); }
    get readyState() { return 1; }
    close() {}
    tell(frame) {
      this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(frame) }));
    }
    send(text) {
      const { type, id } = JSON.parse(text);
      asked.push(type);
      if (type === "hello") setTimeout(() => this.tell({ type: "welcome", id, data: {} }));
      if (type === "sync.heads") held = () => this.tell({ type, id, data: { heads: [] } });
    }
  }
  const soon = () => new Promise((next) => { setTimeout(next, 5); });
  const until = async (isSo) => { while (!isSo()) await soon(); };
  const heads = () => asked.filter((type) => type === "sync.heads").length;
  window.WebSocket = Object.assign(class extends Server {}, { OPEN: 1, CONNECTING: 0 });
  const shelf = { items: () => [], follow() {}, keep() {} };
  const client = new Client({ url: "ws://nowhere", personId: 0, shelf });
  client.on("behind", (hint) => behind.push(hint.conversation_id));
  client.connect();
  await until(() => heads() === 1);
  // While the first comparing is under way; two hundred more name a conversation each.
  for (let id = 1; id <= 200; id += 1) {
    client.socket.tell({ type: "sync.hint", data: {} });
    client.socket.tell({ type: "sync.hint", data: { conversation_id: id, last_seq: 7 } });
  }
  await until(() => client.comparesAgain);
  const meanwhile = heads();
  held();
  await until(() => heads() === 2);
  held();
  await until(() => client.comparing === null);
  client.signedOut = true; // nothing is connected to any more
  const others = asked.filter((type) => type !== "sync.heads");
  return { meanwhile, heads: heads(), behind: new Set(behind).size, others };
}"""
"""A client of its own in front of a server that answers when it is told to."""


def test_two_hundred_hints_at_once_are_one_more_comparing(sign_in: SignIn) -> None:
    page = sign_in(OPENER)
    page.add_init_script(PATIENT)
    page.goto("/messages/")
    expect(page.locator(".messages .list .row").first).to_be_visible()
    assert page.evaluate(HINTED) == {
        "meanwhile": 1,
        "heads": 2,
        "behind": 200,
        "others": ["hello", "hello"],
    }


def test_what_arrives_is_counted_without_asking_for_counters(site: Site, sign_in: SignIn) -> None:
    group = f"计数群{uuid.uuid4().hex[:6]}"
    drafter, reviewer = sign_in(OPENER), sign_in(SECOND)
    chats.start_chat(drafter, site, SECOND, THIRD, title=group)
    asked: list[str] = []

    def note(request: Request) -> None:
        if "/counters/" in request.url:
            asked.append(request.url)

    reviewer.add_init_script(NO_POLL)
    reviewer.goto("/messages/")
    badge = reviewer.locator("nav [data-count=inbox]")
    expect(chats.row(reviewer, group)).to_be_visible()
    reviewer.on("request", note)
    before = _inbox(reviewer)
    for number in range(1, 4):
        chats.say(drafter, f"第 {number} 条")
        expect(badge).to_have_text(str(before + number))
        expect(reviewer).to_have_title(f"({before + number}) 消息 - 同文")
    chats.row(reviewer, group).click()
    expect(badge).to_have_text(str(before) if before else "")
    expect(reviewer).to_have_title(f"({before}) 消息 - 同文" if before else "消息 - 同文")
    # The sender hears of the reading later than any question about it would have been asked.
    expect(chats.message(drafter, "第 3 条")).to_contain_text("1 人已读")
    assert asked == []


def _inbox(page: Page) -> int:
    return int(page.locator("nav [data-count=inbox]").inner_text() or 0)


def test_a_ding_and_a_notice_that_nobody_was_told_of_come_with_the_next_heartbeat(
    site: Site, sign_in: SignIn
) -> None:
    group = f"值守群{uuid.uuid4().hex[:6]}"
    drafter, reviewer = sign_in(OPENER), sign_in(SECOND)
    chats.start_chat(drafter, site, SECOND, THIRD, title=group)
    chats.say(drafter, "立即到岗")
    reviewer.add_init_script(QUICK_BEAT)
    chats.open_room(reviewer, group)
    expect(chats.message(reviewer, "立即到岗")).to_be_visible()
    called, caller = _me(reviewer), _me(drafter)
    ding_id, _ = unheard.commit(site.environment, caller, called, _room(drafter), seq=2)
    banner = reviewer.get_by_role("alert", name="DING 待确认")
    expect(banner).to_contain_text("立即到岗")
    expect(chats.row(reviewer, "工作通知")).to_contain_text("值班安排已更新")
    # Whoever opened it sees that it was shown.
    drafter.wait_for_function(
        """async ding => {
            const { fetchJson } = await import("/static/workbench/base.js");
            const { items } = await fetchJson(`/api/v1/messaging/dings/${ding}/targets`);
            return items[0].evidence[0].outcome === "delivered";
        }""",
        arg=ding_id,
    )
    banner.get_by_role("button", name="确认收到").click()
    expect(banner.get_by_text("立即到岗")).to_have_count(0)


def test_what_stands_on_a_page_that_nobody_looks_at_is_not_read(
    site: Site, sign_in: SignIn
) -> None:
    group = f"离座群{uuid.uuid4().hex[:6]}"
    drafter, reviewer = sign_in(OPENER), sign_in(SECOND)
    chats.start_chat(drafter, site, SECOND, THIRD, title=group)
    reviewer.add_init_script(DESKTOP)
    chats.open_room(reviewer, group)
    before = _inbox(reviewer)
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
    page.add_init_script(DESKTOP + GRANTED + QUICK_BEAT)
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
    unheard.commit(site.environment, _me(drafter), _me(resting), _room(drafter), seq=2)
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
    called, caller = _me(reviewer), _me(drafter)
    for seq in (2, 3):
        unheard.commit(site.environment, caller, called, _room(drafter), seq=seq)
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


def _me(page: Page) -> int:
    return int(page.locator("#messages").get_attribute("data-person-id") or 0)


def _room(page: Page) -> int:
    return int(page.url.rsplit("conversation=", 1)[1])


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
