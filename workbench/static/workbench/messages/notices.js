// Work notices in the middle pane. What has been before the reader's eyes is read, and nothing else.

import { fetchJson, toast } from "../base.js";
import { isLookedAt } from "./attention.js";
import { element, empty, exactly, icon } from "./elements.js";
import { NoticeSources } from "./notice_sources.js";
import { Rows } from "./rows.js";

const SEEN_MS = 400; // so long a card stands before her until it is read
const TOGETHER_MS = 300;
const STEPS = [0, 0.25, 0.5, 0.75, 1];

export class Notices {
  /** `total()` is how many notices call for the reader; `onRead(number)` hears how many do after a reading. */
  constructor({ root, api, client, total, onRead }) {
    Object.assign(this, { root, api, onRead });
    this.shown = new Map(); // notice id → notice, the newest first
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
    this.body = element("div", "pane-body shaded");
    this.sources.tabs.over(this.body);
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

  /** One was recalled, or came unheard: as much as is shown, as it stands now. News that comes meanwhile is asked for once more. */
  async renew() {
    if (!this.isOpen()) return;
    if (this.renewing) { this.isStale = true; return; }
    this.renewing = true;
    try {
      do {
        this.isStale = false;
        await Promise.all([this.tried(() => this.sources.load()), this.tried(() => this.again())]);
      } while (this.isStale && this.isOpen());
    } finally {
      this.renewing = false;
    }
  }

  async tried(act) {
    try {
      await act();
    } catch (problem) {
      this.complain(problem);
    }
  }

  /** Of what nobody asked for with a click; that the network is gone stands above the page already. */
  complain(problem) {
    if (problem.code !== "OFFLINE") toast(problem.message, { error: true });
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
    this.rows = new Rows({ root: this.list, keyOf: ({ id }) => id, make: (notice) => this.cardOf(notice) });
    this.more = element("button", "button", { type: "button", hidden: true, onclick: () => this.page() }, "更早的通知");
    this.pager = element("div", "pager", {}, this.more);
    this.body.replaceChildren(this.list, this.pager);
    this.body.scrollTop = 0;
    this.cursor = "";
    await this.page();
  }

  ask(cursor) {
    const asked = new URLSearchParams({ limit: "30", cursor });
    if (this.sources.chosen) asked.set("source", this.sources.chosen);
    return fetchJson(`${this.api}/notices?${asked}`);
  }

  async page() {
    const { list, more } = this;
    more.disabled = true;
    try {
      const page = await this.ask(this.cursor);
      if (list !== this.list) return; // another source was chosen meanwhile
      this.cursor = page.next_cursor ?? "";
      this.show([...page.items, ...this.shown.values()]);
    } catch (problem) {
      if (list !== this.list) return;
      toast(problem.message, { error: true });
      if (this.shown.size === 0) more.hidden = false;
    } finally {
      more.disabled = false;
    }
  }

  async again() {
    const { list } = this;
    const now = [];
    let cursor = "";
    do {
      const page = await this.ask(cursor);
      if (list !== this.list) return;
      now.push(...page.items);
      cursor = page.next_cursor ?? "";
    } while (cursor && now.length < this.shown.size);
    if (this.isStale) return;
    this.cursor = cursor;
    this.show(now);
  }

  /** These notices stand in the list and nothing else; a card whose words are the same stays the same, where it is. */
  show(notices) {
    const stood = new Map(this.rows.drawn);
    this.shown = new Map([...notices].sort((one, two) => two.id - one.id).map((notice) => [notice.id, notice]));
    this.rows.show([...this.shown.values()].map((notice) => ({ ...notice, read_at: undefined })));
    for (const [id, { node }] of stood) if (this.rows.drawn.get(id)?.node !== node) { this.observer.unobserve(node); this.inView.delete(id); }
    for (const [id, { node }] of this.rows.drawn) {
      const { read_at: readAt } = this.shown.get(id);
      if (readAt) { this.observer.unobserve(node); this.inView.delete(id); } else this.observer.observe(node);
      setNew(node, !readAt || this.fresh.has(id));
    }
    this.more.hidden = !this.cursor;
    const isNone = this.shown.size === 0;
    if (isNone && this.list.isConnected) this.body.replaceChildren(empty("暂无工作通知", "审批、公文和微应用的通知会出现在这里"));
    else if (!isNone && !this.list.isConnected) this.body.replaceChildren(this.list, this.pager);
  }

  /** A notice came while the pane is open. */
  take(notice) {
    this.sources.take(notice);
    if (this.renewing) this.isStale = true; // an answer on its way may be older than this
    const isElsewhere = this.sources.chosen && this.sources.chosen !== notice.source;
    if (!isElsewhere && !this.shown.has(notice.id)) this.show([notice, ...this.shown.values()]);
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
      : element("button", "button small primary", { type: "button", onclick: (event) => this.confirm(this.shown.get(notice.id), event.target) }, "确认收到");
    const acts = confirm || link ? element("div", "cluster", {}, confirm, link) : null;
    return element("article", "card notice", { "data-notice": notice.id },
      element("div", "notice-head", {}, element("span", "tag blue truncate", { title: notice.source_name }, notice.source_name), element("time", "meta", { datetime: notice.created_at }, exactly(notice.created_at))),
      element("h3", "", {}, notice.title),
      notice.body ? element("p", "text notice-body", {}, notice.body) : null, acts);
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
      this.complain(problem); // the next heartbeat marks it
    }
  }

  noteRead(ids, calling) {
    const fresh = this.setRead(ids);
    this.onRead(calling);
    this.sources.readOf(fresh.map(({ source }) => source));
  }

  /** These are read; that they were new stays to be seen as long as they stand there. Returns which were not yet. */
  setRead(ids) {
    const fresh = ids.map((id) => this.shown.get(id)).filter((notice) => notice && !notice.read_at);
    for (const notice of fresh) {
      notice.read_at = new Date().toISOString();
      this.fresh.add(notice.id);
      this.inView.delete(notice.id);
      this.observer.unobserve(this.rows.drawn.get(notice.id).node);
    }
    return fresh;
  }

  async readAll(source) {
    try {
      const { notices } = await fetchJson(`${this.api}/notices/read`, { method: "PUT", json: source ? { source } : {} });
      const read = [...this.shown.values()].filter((notice) => !source || notice.source === source);
      this.noteRead(read.map(({ id }) => id), notices);
      this.fresh.clear();
      for (const { id } of read) setNew(this.rows.drawn.get(id).node, false);
      await this.sources.load();
    } catch (problem) {
      toast(problem.message, { error: true });
    }
  }

  /** Told to every device, this one too. */
  readElsewhere({ notice_ids: ids = [], source }) {
    if (!this.isOpen()) return;
    if (ids.length > 0 && ids.every((id) => this.shown.get(id)?.read_at)) return;
    const those = [...this.shown.values()].filter((notice) => !source || notice.source === source).map(({ id }) => id);
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

function setNew(card, isNew) {
  const tag = card.querySelector("[data-part=new]");
  if (!isNew) tag?.remove();
  else if (!tag) card.querySelector(".notice-head > .tag").after(element("span", "tag red", { "data-part": "new" }, "新"));
}
