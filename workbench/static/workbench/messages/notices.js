// Work notices in the middle pane. What has been before the reader's eyes is read, and nothing else.

import { fetchJson, toast } from "../base.js";
import { isLookedAt } from "./attention.js";
import { element, empty, exactly, icon } from "./elements.js";
import { NoticeSources } from "./notice_sources.js";

const SEEN_MS = 400; // so long a card stands before her until it is read
const TOGETHER_MS = 300;
const STEPS = [0, 0.25, 0.5, 0.75, 1];

export class Notices {
  /** `total()` is how many notices call for the reader; `onRead(number)` hears how many do after a reading. */
  constructor({ root, api, client, total, onRead }) {
    Object.assign(this, { root, api, onRead });
    this.shown = new Map(); // notice id → {notice, card}
    this.inView = new Set(); // the ids of unread ones that stand before her
    this.fresh = new Set(); // the ids of those read since the pane was opened: they stay marked as new
    this.sources = new NoticeSources({ api, total, onChoose: () => this.fill(), onRead: (source) => this.readAll(source), onDrawn: () => this.drawHead() });
    window.addEventListener("focus", () => this.markSoon());
    client.on("settings", (set) => { if (set.source && this.isOpen()) this.sources.settle(set); });
    client.on("noticesRead", (told) => this.readElsewhere(told));
    client.on("bells", ({ bells }) => this.compare(bells));
  }

  async open() {
    this.observer?.disconnect();
    this.all = element("button", "button small", { type: "button", hidden: true, onclick: () => this.readAll(this.sources.chosen) }, "全部已读");
    this.mute = element("button", "button small", { type: "button", hidden: true, onclick: () => this.sources.mute(this.sources.of(this.sources.chosen)) });
    this.body = element("div", "pane-body shaded", { role: "tabpanel", "aria-label": "工作通知" });
    this.observer = new IntersectionObserver((entries) => this.see(entries), { root: this.body, threshold: STEPS });
    this.root.replaceChildren(
      element("div", "pane-head", {}, element("button", "back", { type: "button", "data-back": true, "aria-label": "返回会话列表" }, icon("back")), element("h2", "", {}, "工作通知"), element("div", "actions", {}, this.all, this.mute)),
      this.sources.root, this.body,
    );
    this.fresh.clear();
    await Promise.all([this.tried(() => this.sources.open()), this.fill()]);
  }

  isOpen() {
    return Boolean(this.body?.isConnected);
  }

  /** Everything anew: one was recalled, or came unheard. */
  async renew() {
    if (!this.isOpen()) return;
    await Promise.all([this.tried(() => this.sources.load()), this.fill()]);
  }

  async tried(act) {
    try {
      await act();
    } catch (problem) {
      toast(problem.message, { error: true });
    }
  }

  loadSourcesSoon() {
    clearTimeout(this.soon);
    this.soon = setTimeout(() => { if (this.isOpen()) this.tried(() => this.sources.load()); }, TOGETHER_MS);
  }

  // ── the list ────────────────────────────────────────────────────────────

  /** The chosen source's notices from the newest on. */
  async fill() {
    this.observer.disconnect();
    this.shown.clear();
    this.inView.clear();
    this.list = element("div", "notices");
    this.more = element("button", "button", { type: "button", hidden: true, onclick: () => this.page() }, "更早的通知");
    this.body.replaceChildren(this.list, element("div", "pager", {}, this.more));
    this.body.scrollTop = 0;
    this.cursor = "";
    await this.page();
  }

  async page() {
    const { list } = this;
    const asked = new URLSearchParams({ limit: "30", cursor: this.cursor });
    if (this.sources.chosen) asked.set("source", this.sources.chosen);
    this.more.disabled = true;
    try {
      const page = await fetchJson(`${this.api}/notices?${asked}`);
      if (list !== this.list) return; // another source was chosen meanwhile
      for (const notice of page.items) if (!this.shown.has(notice.id)) list.append(this.cardOf(notice));
      this.cursor = page.next_cursor ?? "";
      this.more.hidden = !page.next_cursor;
      if (this.shown.size === 0) this.body.replaceChildren(empty("暂无工作通知", "审批、公文和微应用的通知会出现在这里"));
    } catch (problem) {
      if (list !== this.list) return;
      toast(problem.message, { error: true });
      if (this.shown.size === 0) this.more.hidden = false;
    } finally {
      this.more.disabled = false;
    }
  }

  /** A notice came while the pane is open. */
  take(notice) {
    this.sources.take(notice);
    const isElsewhere = this.sources.chosen && this.sources.chosen !== notice.source;
    if (isElsewhere || this.shown.has(notice.id)) return;
    if (this.list.isConnected) this.list.prepend(this.cardOf(notice));
    else this.fill();
  }

  /** What a heartbeat says and the bar does not was told while nobody heard it. */
  compare({ newest_notice: newest, notices_muted: muted = [] }) {
    if (!this.isOpen()) return;
    this.markSoon(); // what could not be marked before
    if ((newest ?? 0) > this.sources.newest) this.renew();
    else if (this.sources.items.some((item) => item.muted !== muted.includes(item.source))) this.loadSourcesSoon();
  }

  cardOf(notice) {
    const link = notice.link ? element("a", "button small", { href: notice.link }, "查看详情", icon("right")) : null;
    const isAsked = notice.asks && !notice.recalled_at;
    const confirm = !isAsked ? null : notice.confirmed_at ? element("span", "tag green", {}, `${exactly(notice.confirmed_at)} 已确认`)
      : element("button", "button small primary", { type: "button", onclick: (event) => this.confirm(notice, event.target) }, "确认收到");
    const acts = confirm || link ? element("div", "cluster", {}, confirm, link) : null;
    const card = element("article", "card notice", { "data-notice": notice.id },
      element("div", "notice-head", {}, element("span", "tag blue truncate", { title: notice.source_name }, notice.source_name), notice.read_at && !this.fresh.has(notice.id) ? null : element("span", "tag red", { "data-part": "new" }, "新"), element("time", "meta", { datetime: notice.created_at }, exactly(notice.created_at))),
      element("h3", "", {}, notice.title),
      notice.body ? element("p", "text notice-body", {}, notice.body) : null, acts);
    this.shown.set(notice.id, { notice, card });
    if (!notice.read_at) this.observer.observe(card);
    return card;
  }

  async confirm(notice, button) {
    button.disabled = true;
    try {
      const { notices } = await fetchJson(`${this.api}/notices/${notice.id}/confirmation`, { method: "PUT", json: {} });
      notice.confirmed_at = new Date().toISOString();
      button.replaceWith(element("span", "tag green", {}, "已确认"));
      this.noteRead([notice.id], notices);
    } catch (problem) {
      button.disabled = false;
      toast(problem.message, { error: true });
    }
  }

  // ── reading ─────────────────────────────────────────────────────────────

  /** Half of a card, or of the pane where a card is taller. */
  see(entries) {
    for (const { target, isIntersecting, intersectionRect, boundingClientRect, rootBounds } of entries) {
      const isSeen = isIntersecting && intersectionRect.height >= Math.min(boundingClientRect.height, rootBounds.height) / 2;
      if (isSeen) this.inView.add(Number(target.dataset.notice));
      else this.inView.delete(Number(target.dataset.notice));
    }
    this.markSoon();
  }

  markSoon() {
    this.marking ??= setTimeout(() => { this.marking = null; this.mark(); }, SEEN_MS);
  }

  async mark() {
    const ids = [...this.inView];
    if (ids.length === 0 || !this.isOpen() || !isLookedAt()) return;
    try {
      const { notices } = await fetchJson(`${this.api}/notices/read`, { method: "PUT", json: { notice_ids: ids } });
      this.noteRead(ids, notices);
    } catch (problem) {
      toast(problem.message, { error: true });
    }
  }

  noteRead(ids, calling) {
    const fresh = this.setRead(ids);
    this.onRead(calling);
    this.sources.readOf(fresh.map(({ notice }) => notice.source));
  }

  /** These are read; that they were new stays to be seen as long as they stand there. Returns which were not yet. */
  setRead(ids) {
    const fresh = ids.map((id) => this.shown.get(id)).filter((one) => one && !one.notice.read_at);
    for (const { notice, card } of fresh) {
      notice.read_at = new Date().toISOString();
      this.fresh.add(notice.id);
      this.inView.delete(notice.id);
      this.observer.unobserve(card);
    }
    return fresh;
  }

  async readAll(source) {
    try {
      const { notices } = await fetchJson(`${this.api}/notices/read`, { method: "PUT", json: source ? { source } : {} });
      const read = [...this.shown.values()].filter(({ notice }) => !source || notice.source === source);
      for (const { card } of read) card.querySelector("[data-part=new]")?.remove();
      this.noteRead(read.map(({ notice }) => notice.id), notices);
      this.fresh.clear();
      await this.sources.load();
    } catch (problem) {
      toast(problem.message, { error: true });
    }
  }

  /** Told to every device, this one too. */
  readElsewhere({ notice_ids: ids = [], source }) {
    if (!this.isOpen()) return;
    if (ids.length > 0 && ids.every((id) => this.shown.get(id)?.notice.read_at)) return;
    const those = [...this.shown.values()].filter(({ notice }) => !source || notice.source === source).map(({ notice }) => notice.id);
    this.setRead(ids.length > 0 ? ids : those);
    this.loadSourcesSoon();
  }

  drawHead() {
    if (!this.all) return;
    const item = this.sources.of(this.sources.chosen);
    this.all.hidden = this.sources.unread === 0;
    this.mute.hidden = !item?.may_mute;
    if (this.mute.hidden) return;
    this.mute.replaceChildren(icon(item.muted ? "bell" : "bell-off"), item.muted ? "恢复提醒" : "免打扰");
    this.mute.title = item.muted ? "这里的通知重新计入未读，并在桌面提醒" : "通知照常送达，但不计入未读、不在桌面提醒；需要确认的除外";
  }
}
