// Where the reader stands in the log: what comes as it is walked, what is jumped to, and what has been read.

import { fetchJson, toast } from "../base.js";
import { isLookedAt } from "./attention.js";
import { element, icon } from "./elements.js";
import { PAGE } from "./log.js";

const NEAR_END = 80;
const FETCH_AT = 240; // pixels from either edge of what stands in the page
const REST_MS = 3000; // after what did not come

export class Walk {
  constructor({ feed }) {
    this.feed = feed;
    // Panes come and go, bubbles grow: whoever stood at the end still stands there.
    this.sizes = new ResizeObserver(() => {
      this.extent = this.measure();
      if (this.isAtEnd) this.stayAtEnd();
    });
    document.addEventListener("visibilitychange", () => this.noteRead());
    window.addEventListener("focus", () => this.noteRead());
  }

  get log() {
    return this.feed.log;
  }

  get body() {
    return this.feed.body;
  }

  /** The feed has built its body anew; nothing is known of its log yet. */
  begin() {
    Object.assign(this, { isAtEnd: false, fresh: 0, openedAt: 0, readSeq: 0, restsUntil: 0 });
    this.jump = element("button", "button small feed-jump", { type: "button", hidden: true, onclick: () => this.toEnd() });
    this.unread = element("button", "button small feed-unread", { type: "button", hidden: true, onclick: () => this.toUnread() });
    this.body.addEventListener("scroll", () => this.scrolled(), { passive: true });
    this.sizes.disconnect();
    for (const part of [this.body, this.feed.logRoot]) this.sizes.observe(part);
  }

  /** The end of the log stands in the page: at the first unread if that is there too, else at the end. */
  enter({ read_seq: readSeq, unread }) {
    Object.assign(this, { openedAt: readSeq, readSeq });
    // Where the first unread is further up, a button leads to it.
    const isUnreadAbove = unread > 0 && !this.log.isStart && readSeq + 1 < this.log.first;
    if (!isUnreadAbove) this.log.markNew(readSeq, this.feed.me.id);
    const { newLine } = this.log;
    if (newLine) this.log.center(newLine); else this.body.scrollTop = this.body.scrollHeight;
    this.isAtEnd = this.isNearEnd();
    if (isUnreadAbove) this.offerUnread();
  }

  isNearEnd() {
    return this.body.scrollHeight - this.body.scrollTop - this.body.clientHeight < NEAR_END;
  }

  measure() {
    return [this.body.clientWidth, this.body.clientHeight, this.body.scrollHeight].join();
  }

  stayAtEnd() {
    this.body.scrollTop = this.body.scrollHeight;
    this.isAtEnd = true;
    this.fresh = 0;
    this.jump.hidden = true;
  }

  /** The newest is shown, wherever the page stood. */
  async toEnd() {
    if (!this.log.isEnd && !(await this.load(() => this.feed.page(), { isEnd: true }))) return;
    this.stayAtEnd();
    this.noteRead();
  }

  toUnread() {
    this.unread.hidden = true;
    this.jumpTo(this.openedAt + 1, { marks: true });
  }

  /** The message is shown in its surroundings. */
  async jumpTo(seq, { marks = false } = {}) {
    if (!this.log.entries.has(seq)) {
      const before = seq + PAGE / 2;
      if (!(await this.load(() => this.feed.page({ before }), { isEnd: false }))) return;
    }
    if (marks) this.log.markNew(this.openedAt, this.feed.me.id);
    const row = this.log.rows.get(seq) ?? (marks ? [...this.log.rows].find(([at]) => at > seq)?.[1] : null);
    if (!row) { toast("原消息不可查看"); return; }
    this.isAtEnd = false;
    this.log.center(marks ? this.log.newLine ?? row : row);
    this.offerEnd();
    row.classList.remove("is-found");
    void row.offsetWidth; // the mark starts anew
    row.classList.add("is-found");
    row.querySelector("button")?.focus({ preventScroll: true });
  }

  /** Another part of the log takes the place of what stands in the page; whether it came. */
  async load(ask, { isEnd }) {
    const { id } = this.feed;
    let page;
    try {
      page = await ask();
    } catch (problem) {
      toast(problem.message, { error: true });
      return false;
    }
    if (this.feed.id !== id) return false;
    const through = Math.min(page.through, page.last_seq);
    const reaches = through >= Math.max(this.feed.known, page.last_seq);
    this.isAtEnd = false;
    this.log.fill(page.entries, { isStart: page.complete, isEnd: reaches, through });
    this.feed.filled();
    this.scrolled();
    if (isEnd && !reaches) await this.newer();
    return true;
  }

  offerEnd() {
    const isFar = !this.log.isEnd || this.body.scrollHeight - this.body.scrollTop > 2.5 * this.body.clientHeight;
    this.jump.hidden = this.fresh === 0 && !isFar;
    if (!this.jump.hidden) this.jump.replaceChildren(icon("down"), this.fresh > 0 ? `${this.fresh} 条新消息` : "回到最新");
  }

  /** Something was said that is not seen. */
  missed() {
    this.fresh += 1;
    this.offerEnd();
  }

  offerUnread() {
    this.unread.replaceChildren(icon("up"), `${this.feed.card.unread > 999 ? "999+" : this.feed.card.unread} 条未读`);
    this.unread.hidden = false;
  }

  scrolled() {
    const below = this.body.scrollHeight - this.body.scrollTop - this.body.clientHeight;
    if (this.body.scrollTop < FETCH_AT) this.older();
    if (below < FETCH_AT && !this.log.isEnd) this.newer();
    // The browser scrolls by itself when the layout changes; that tells nothing of where the person wants to be.
    if (this.measure() === this.extent) this.isAtEnd = this.log.isEnd && this.isNearEnd();
    if (this.isAtEnd) this.fresh = 0;
    if (this.log.first !== null && this.log.first <= this.openedAt + 1) this.unread.hidden = true;
    this.offerEnd();
    this.noteRead();
  }

  async older() {
    const { log, feed: { id } } = this;
    if (log.isStart || log.first === null || !this.mayFetch(log)) return;
    const before = log.first;
    await this.fetching(log, async () => {
      const page = await this.feed.page({ before });
      if (this.feed.id !== id || log.first !== before) return;
      log.prepend(page.entries);
      log.isStart = page.complete;
      this.feed.filled();
    });
  }

  async newer() {
    const { log, feed: { id } } = this;
    if (log.isEnd || !this.mayFetch(log)) return;
    const after = log.through;
    await this.fetching(log, async () => {
      const page = await fetchJson(`${this.feed.api}/conversations/${id}/entries?${new URLSearchParams({ after, limit: PAGE })}`);
      if (this.feed.id !== id || log.through !== after) return;
      log.append(page.entries, { through: page.through });
      log.isEnd = page.complete && page.through >= this.feed.known;
      if (log.isEnd) log.showTail([...this.feed.outgoing.values()]);
      this.feed.filled();
    });
  }

  mayFetch(log) {
    return !log.isFetching && Date.now() >= this.restsUntil;
  }

  async fetching(log, act) {
    log.isFetching = true;
    try {
      await act();
    } catch (problem) {
      // Every pixel would ask again; cut off, the page says so already, and goes on once it is back.
      this.restsUntil = Date.now() + REST_MS;
      if (this.feed.client.online) toast(problem.message, { error: true });
    } finally {
      log.isFetching = false;
    }
  }

  /** The connection is back: what did not come is asked for. */
  resume() {
    this.restsUntil = 0;
    this.scrolled();
  }

  /** What has stood to its last line on a page that the reader has before her is read, and nothing else. */
  noteRead() {
    if (!this.feed.id || !this.feed.known || !isLookedAt() || !this.body?.isConnected) return;
    if (this.body.offsetParent === null || this.feed.known <= this.readSeq) return;
    const seq = this.log.isEnd && this.isNearEnd() ? this.feed.known : this.lastSeen();
    if (seq <= this.readSeq) return;
    this.readSeq = seq;
    this.feed.client.read(this.feed.id, seq);
    this.feed.onRead(this.feed.id, seq);
  }

  lastSeen() {
    const end = this.body.getBoundingClientRect().bottom;
    for (const [seq, row] of [...this.log.rows].reverse()) {
      if (seq <= this.readSeq) return 0;
      if (row.getBoundingClientRect().bottom <= end) return seq;
    }
    return 0;
  }
}
