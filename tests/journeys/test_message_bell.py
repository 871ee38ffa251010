"""What calls for the reader's attention: counts that cost nothing, and hints that cost little."""

import uuid

from playwright.sync_api import Page, Request, expect

from tests.journeys import chats
from tests.journeys.chats import OPENER, SECOND, THIRD
from tests.journeys.conftest import SignIn, Site

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
  const real = window.WebSocket;
  window.WebSocket = Object.assign(class extends Server {}, { OPEN: 1, CONNECTING: 0 });
  const storage = { getItem: () => null, setItem: () => {} };
  const client = new Client({ url: "ws://nowhere", personId: 0, storage });
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
  window.WebSocket = real;
  const others = asked.filter((type) => type !== "sync.heads");
  return { meanwhile, heads: heads(), behind: new Set(behind).size, others };
}"""
"""A client of its own in front of a server that answers when it is told to."""


def test_two_hundred_hints_at_once_are_one_more_comparing(sign_in: SignIn) -> None:
    page = sign_in(OPENER)
    page.goto("/messages/")
    expect(page.locator(".messages .list .row").first).to_be_visible()
    assert page.evaluate(HINTED) == {
        "meanwhile": 1,
        "heads": 2,
        "behind": 200,
        "others": ["hello"],
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
