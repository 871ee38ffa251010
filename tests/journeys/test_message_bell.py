"""What calls for the reader's attention: counts that cost nothing, and what heartbeats tell."""

import uuid

from playwright.sync_api import Request, expect

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
    before = chats.inbox(reviewer)
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


def test_a_ding_and_a_notice_that_nobody_was_told_of_come_with_the_next_heartbeat(
    site: Site, sign_in: SignIn
) -> None:
    group = f"值守群{uuid.uuid4().hex[:6]}"
    drafter, reviewer = sign_in(OPENER), sign_in(SECOND)
    chats.start_chat(drafter, site, SECOND, THIRD, title=group)
    chats.say(drafter, "立即到岗")
    reviewer.add_init_script(chats.QUICK_BEAT)
    chats.open_room(reviewer, group)
    expect(chats.message(reviewer, "立即到岗")).to_be_visible()
    called, caller = chats.me(reviewer), chats.me(drafter)
    ding_id, _ = unheard.commit(site.environment, caller, called, chats.room_of(drafter), seq=2)
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
