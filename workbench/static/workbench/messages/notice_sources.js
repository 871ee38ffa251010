// Who sends work notices, in a bar above them: from all of them to the one whose notices are shown, and silent or not.

import { fetchJson, toast } from "../base.js";
import { badgeText, element, icon } from "./elements.js";
import { openMenu } from "./menu.js";
import { Tabs } from "./tabs.js";

const ALL = "";

export class NoticeSources {
  /** `total()` is how many notices call for the reader; `onChoose(source)` shows those of one, or all (""). */
  constructor({ api, total, onChoose, onRead, onDrawn }) {
    Object.assign(this, { api, total, onChoose, onRead, onDrawn });
    this.items = [];
    this.chosen = ALL;
    this.tabs = new Tabs({ label: "通知来源", classes: "notice-sources", onChoose: (source) => this.choose(source) });
    this.root = this.tabs.root;
    this.root.addEventListener("contextmenu", (event) => this.menu(event));
    this.root.addEventListener("wheel", (event) => this.roll(event));
    this.root.addEventListener("scroll", () => this.shade(), { passive: true });
    window.addEventListener("resize", () => { this.reveal(); this.shade(); });
  }

  /** The one with the newest notice first, as it was when the bar was opened: later ones stand behind. */
  async open() {
    Object.assign(this, { items: [], chosen: ALL });
    this.draw();
    await this.load();
  }

  async load() {
    const { items } = await fetchJson(`${this.api}/notices/sources`);
    const stood = new Map(this.items.map(({ source }, at) => [source, at]));
    const place = new Map(items.map(({ source }, at) => [source, stood.get(source) ?? stood.size + at]));
    this.items = items.sort((a, b) => place.get(a.source) - place.get(b.source));
    if (this.chosen === ALL || this.of(this.chosen)) this.draw();
    else this.choose(ALL);
  }

  of(source) {
    return this.items.find((item) => item.source === source);
  }

  /** The newest notice there is, as far as the bar knows. */
  get newest() {
    return Math.max(0, ...this.items.map(({ latest }) => latest.id));
  }

  /** What of the chosen one is not read, or of all. */
  get unread() {
    return this.chosen === ALL ? this.items.reduce((sum, item) => sum + item.unread, 0) : this.of(this.chosen).unread;
  }

  /** A notice came. */
  take(notice) {
    const item = this.of(notice.source);
    const latest = { id: notice.id, title: notice.title, created_at: notice.created_at };
    if (item && item.latest.id < notice.id) Object.assign(item, { unread: item.unread + 1, source_name: notice.source_name, latest });
    else this.load().catch((problem) => toast(problem.message, { error: true })); // a new source, or it may be counted already
    this.draw();
  }

  /** So many of each source are read now. */
  readOf(sources) {
    for (const source of sources) {
      const item = this.of(source);
      if (item) item.unread = Math.max(0, item.unread - 1);
    }
    this.draw();
  }

  settle({ source, muted }) {
    const item = this.of(source);
    if (item) item.muted = muted;
    this.draw();
  }

  async mute(item) {
    const path = `${this.api}/notices/sources/${encodeURIComponent(item.source)}/settings`;
    try {
      this.settle(await fetchJson(path, { method: "PATCH", json: { muted: !item.muted } }));
      toast(item.muted ? `“${item.source_name}”已免打扰：通知照常送达，需要确认的仍会提醒` : `“${item.source_name}”已恢复提醒`);
    } catch (problem) {
      toast(problem.message, { error: true });
    }
  }

  // ── the bar ─────────────────────────────────────────────────────────────

  /** How many call for the reader is known elsewhere, too. */
  follow() {
    if (this.root.isConnected && this.drawn !== this.total()) this.draw();
  }

  draw() {
    this.drawn = this.total();
    const all = { source: ALL, source_name: "全部", unread: this.drawn, muted: false };
    this.root.hidden = this.items.length === 0;
    this.tabs.show([all, ...this.items].map((item) => [item.source, ...this.words(item)]), this.chosen);
    this.shade();
    this.onDrawn();
  }

  words({ source_name: name, unread, muted }) {
    const badge = element("span", `badge${muted ? " quiet" : ""}`, {}, badgeText(unread));
    if (unread > 0) badge.append(element("span", "visually-hidden", {}, "条未读"));
    const silent = muted ? [element("span", "row-silent", { title: "已免打扰" }, icon("bell-off"), element("span", "visually-hidden", {}, "，已免打扰"))] : [];
    return [element("span", "truncate notice-source", { title: name }, name), ...silent, badge];
  }

  menu(event) {
    const opener = event.target.closest(".tab");
    const item = this.of(opener?.dataset.tab);
    if (!item) return;
    event.preventDefault();
    const { left, bottom } = opener.getBoundingClientRect();
    const place = event.clientX ? { x: event.clientX, y: event.clientY } : { x: left, y: bottom };
    const items = [];
    if (item.may_mute) items.push({ label: item.muted ? "恢复提醒" : "免打扰", act: () => this.mute(item) });
    if (item.unread > 0) items.push({ label: "全部已读", act: () => this.onRead(item.source) });
    openMenu(items, { ...place, opener });
  }

  choose(source) {
    this.chosen = source;
    this.draw();
    this.reveal();
    this.onChoose(source);
  }

  reveal() {
    this.tabs.buttons.get(this.chosen)?.scrollIntoView({ block: "nearest", inline: "center" });
  }

  /** A wheel that turns one way only rolls the bar, as long as there is more of it. */
  roll(event) {
    if (event.deltaX !== 0 || event.shiftKey) return;
    const before = this.root.scrollLeft;
    this.root.scrollLeft += event.deltaY;
    if (this.root.scrollLeft !== before) event.preventDefault();
  }

  /** Where the bar goes on it fades out. */
  shade() {
    const { scrollLeft, scrollWidth, clientWidth } = this.root;
    this.root.classList.toggle("is-more-before", scrollLeft > 1);
    this.root.classList.toggle("is-more-behind", scrollLeft + clientWidth < scrollWidth - 1);
  }
}
