// In the feed: which messages were DINGed, in the line of a message. Whoever opened it sees how many have confirmed,
// whom it calls how it stands with him; nobody else sees anything.

import { fetchJson, toast } from "../base.js";
import { formDialog } from "./ding_dialog.js";
import { STATES } from "./ding_panel.js";
import { element, exactly } from "./elements.js";

const SOON_MS = 300;

export class DingMarks {
  constructor({ feed, client, api, onOwn, onConfirm }) {
    Object.assign(this, { feed, api, onOwn, onConfirm });
    this.turn = 0;
    this.asking = false;
    this.reset();
    client.on("ding", ({ ding }) => this.hear(ding));
    client.on("state", ({ online }) => { if (online) this.lookSoon(); });
  }

  /** Another conversation is shown. */
  reset() {
    this.marks = new Map(); // seq → mark
    this.elsewhere = new Set(); // DINGs of other conversations: news of them asks for nothing
  }

  /** Asks for the marks of all that stands in the page; of several answers the last one counts. */
  async look() {
    const { id, log } = this.feed;
    if (!id || !log || log.first === null) return;
    this.turn += 1;
    const { turn } = this;
    this.asking = true;
    const span = { first: log.first, last: Math.max(log.through, ...log.entries.keys()) };
    let page;
    try {
      page = await fetchJson(`${this.api}/conversations/${id}/dings?${new URLSearchParams(span)}`);
    } catch {
      return; // what stands there stays; the next frame or page asks again
    } finally {
      if (turn === this.turn) this.asking = false;
    }
    if (turn !== this.turn || this.feed.id !== id) return;
    this.marks = new Map(page.items.map((mark) => [mark.seq, mark]));
    for (const [seq, row] of log.rows) this.put(row, seq);
  }

  lookSoon() {
    clearTimeout(this.soon);
    this.soon = setTimeout(() => this.look(), SOON_MS);
  }

  hear(news) {
    if (news.conversation_id && news.conversation_id !== this.feed.id) { this.elsewhere.add(news.ding_id); return; }
    const mark = [...this.marks.values()].find((one) => one.ding_id === news.ding_id);
    if (!mark) {
      // Unknown, or its mark is on its way in an answer that may be older than this.
      if (this.asking || !this.elsewhere.has(news.ding_id)) this.lookSoon();
      this.elsewhere.add(news.ding_id);
      return;
    }
    if (mark.counts && news.counts) mark.counts = news.counts;
    else if (!mark.counts && news.state) Object.assign(mark, { state: news.state, ended_at: news.ended_at });
    const row = this.feed.log.rows.get(mark.seq);
    if (row) this.put(row, mark.seq);
    if (this.asking) this.lookSoon(); // an answer on its way may be older than this
  }

  /** The row says that its message was DINGed, or no longer. */
  put(row, seq) {
    const box = row.querySelector(".bubble-box");
    if (!box) return; // of what was recalled nothing is left to mark
    const mark = this.marks.get(seq);
    row.classList.toggle("has-ding", Boolean(mark));
    let button = box.querySelector(".ding-mark");
    if (!mark) { (button?.closest(".ding-foot") ?? button)?.remove(); return; }
    if (!button) {
      button = element("button", "ding-mark", { type: "button", onclick: () => this.act(this.marks.get(seq)) });
      if (row.classList.contains("is-own")) box.querySelector(".bubble-foot").append(button);
      else box.append(element("p", "bubble-foot ding-foot", {}, button));
    }
    button.textContent = wordsOf(mark);
    button.title = mark.counts ? "查看确认情况" : mark.state === "pending" ? "确认收到" : exactly(mark.ended_at);
    button.classList.toggle("is-waiting", isWaiting(mark));
  }

  act(mark) {
    if (mark.counts) this.onOwn(mark.ding_id);
    else if (mark.state === "pending") this.ask(mark);
    else toast(`${wordsOf(mark)}，${exactly(mark.ended_at)}`);
  }

  ask(mark) {
    const said = this.feed.log.entries.get(mark.seq)?.body;
    formDialog("DING", "确认收到", [element("p", "", {}, `${mark.sender_name}请您确认收到这条消息。`), said ? element("p", "ding-quoted", {}, said.slice(0, 120)) : ""], async () => {
      const isDone = await this.onConfirm({ id: mark.ding_id });
      this.look();
      return isDone;
    });
  }
}

function isWaiting({ counts, state }) {
  return counts ? counts.pending > 0 : state === "pending";
}

function wordsOf({ counts, state }) {
  if (!counts) return `DING · ${STATES[state][0]}`;
  const all = Object.values(counts).reduce((sum, number) => sum + number, 0);
  const isTakenBack = counts.recalled > 0 && counts.confirmed + counts.pending === 0;
  return isTakenBack ? "DING · 已撤回" : `DING · ${counts.confirmed}/${all} 已确认`;
}
