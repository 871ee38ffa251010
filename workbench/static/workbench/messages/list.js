// The left pane: work notices on top, then the conversations: the pinned ones, then the newest first.

import { fetchJson, toast } from "../base.js";
import { avatar, badgeText, element, empty, icon, iconAvatar, moment } from "./elements.js";
import { calls, changesMessage, eventText, isSpoken, lineOf, recallText } from "./events.js";
import { openMenu } from "./menu.js";
import { Rows } from "./rows.js";

const PAGE = 100;
const NEAR_END = 200;
const TOGETHER_MS = 150;
const RENEW_MS = 1000; // and up to as much again: what concerns many is not asked for by all at once
const MISSED_AT_MOST = 100;
const CLICK_MS = 100; // after a finger was lifted
const NOTHING = "nothing";
const NOTICES_AT_MOST = 1000; // as far as bells count

/** The tile of a conversation, or of the notices. */
export function tileOf(card) {
  if (card.kind === "notices") return iconAvatar("bell", "notice");
  if (card.kind === "direct") return avatar(card.title);
  return card.kind === "unit" ? iconAvatar("unit", "unit") : iconAvatar("directory", "group");
}

export class List {
  constructor({ root, client, me, api, drafts, onOpen, onDrawn }) {
    Object.assign(this, { root, client, me, api, drafts, onOpen, onDrawn });
    this.cards = new Map();
    this.seen = new Map(); // conversation id → how far was read here; the server hears of it a little later
    this.renewing = new Map(); // conversation id → timer
    this.notices = { unread: 0, latest: null };
    this.silenced = new Set(); // the sources of notices that are muted
    this.openId = null;
    this.cursor = null;
    this.rows = new Rows({ root, keyOf: (item) => item.key, make: (item) => this.make(item) });
    root.addEventListener("pointerdown", () => this.press());
    for (const name of ["pointerup", "pointercancel", "blur"]) window.addEventListener(name, () => this.letGo());
    root.parentElement.addEventListener("scroll", () => this.further(), { passive: true });
    client.on("arrived", ({ entry }) => this.take(entry));
    client.on("read", (data) => this.readTo(data.conversation_id, data.read_seq));
    client.on("heads", ({ heads }) => this.compare(heads));
    client.on("behind", ({ conversation_id: id, last_seq: seq }) => { if (!(this.cards.get(id)?.last_seq >= seq)) this.renewSoon(id); });
    client.on("bells", ({ bells }) => this.hear(bells));
    client.on("settings", (data) => this.settle(data));
  }

  async load() {
    const [page, notices, unread] = await Promise.all([
      fetchJson(`${this.api}/conversations?limit=${PAGE}`),
      fetchJson(`${this.api}/notices?limit=1`),
      fetchJson(`${this.api}/unread`),
    ]);
    const older = this.cursor === null ? [] : [...this.cards.values()];
    this.cards = new Map([...older, ...page.items.map((card) => this.newer(card))].map((card) => [card.id, card]));
    if (this.cursor === null) this.cursor = page.next_cursor ?? "";
    this.notices = { unread: unread.notices, latest: notices.items[0] ?? null };
    this.draw();
  }

  /** What came live, or was read, while the answer was under way is not undone by it. */
  newer(card) {
    const here = this.cards.get(card.id);
    if (here && here.last_seq > card.last_seq) return here;
    return this.seen.get(card.id) >= card.last_seq ? { ...card, unread: 0, mentions: 0 } : card;
  }

  /** One row alone is asked for, once nothing more happens to it. */
  renewSoon(id) {
    clearTimeout(this.renewing.get(id));
    this.renewing.set(id, setTimeout(() => this.renew(id), RENEW_MS * (1 + Math.random())));
  }

  async renew(id) {
    this.renewing.delete(id);
    let card;
    try {
      ({ card } = await fetchJson(`${this.api}/conversations/${id}`));
    } catch {
      return; // gone, or not to be had now: the next comparing says which
    }
    const now = this.newer(card);
    this.cards.set(id, now);
    if (now.missed?.size > 0) this.lackSoon(now); // the answer is older than what came live
    this.draw();
  }

  /** Many changes at once ask once. */
  loadSoon() {
    clearTimeout(this.soon);
    this.soon = setTimeout(() => this.load().catch((problem) => toast(problem.message, { error: true })), TOGETHER_MS);
  }

  /** The next page, when the end is near. */
  async further() {
    const pane = this.root.parentElement;
    const isNear = pane.scrollHeight - pane.scrollTop - pane.clientHeight < NEAR_END;
    if (!this.cursor || this.loading || !isNear) return;
    this.loading = true;
    try {
      const page = await fetchJson(`${this.api}/conversations?${new URLSearchParams({ limit: PAGE, cursor: this.cursor })}`);
      for (const card of page.items) if (!this.cards.has(card.id)) this.cards.set(card.id, card);
      this.cursor = page.next_cursor ?? "";
      this.draw();
    } catch (problem) {
      toast(problem.message, { error: true });
      return;
    } finally {
      this.loading = false;
    }
    this.further();
  }

  /** Whatever the person is in no longer leaves the list; whatever has changed is asked for. */
  compare(heads) {
    const present = new Set(heads.map((head) => head.conversation_id));
    for (const id of [...this.cards.keys()]) if (!present.has(id)) this.cards.delete(id);
    if (heads.some((head) => this.isBehind(head))) this.loadSoon();
    this.draw();
  }

  isBehind(head) {
    const card = this.cards.get(head.conversation_id);
    if (!card) return !this.cursor; // it may stand on a page that has not come yet
    return ["last_seq", "unread", "mentions", "level", "pinned"].some((name) => card[name] !== head[name]);
  }

  take(entry) {
    const card = this.cards.get(entry.conversation_id);
    if (!card) { this.loadSoon(); return; }
    const isLate = entry.seq <= card.last_seq;
    if (isLate && !card.missed?.delete(entry.seq)) return;
    if (!isLate) this.follow(card, entry);
    if (!this.isRight(card, entry)) this.renewSoon(card.id);
    if (isSpoken(entry)) this.count(card, entry);
    this.draw();
  }

  /** The row shows the entry; what was passed over may still come, or is asked for. */
  follow(card, entry) {
    const passed = entry.seq - card.last_seq - 1;
    if (passed > 0) {
      card.missed ??= new Set();
      for (let seq = entry.seq - Math.min(passed, MISSED_AT_MOST); seq < entry.seq; seq += 1) card.missed.add(seq);
      this.lackSoon(card);
    }
    Object.assign(card, { last_seq: entry.seq, last_at: entry.created_at });
    if (!changesMessage(entry)) card.last_entry = entry;
  }

  lackSoon(card) {
    setTimeout(() => { if (card.missed.size > 0 && this.cards.get(card.id) === card) this.renew(card.id); }, RENEW_MS * (1 + Math.random()));
  }

  /** Whether the row says all that the entry changes; otherwise the server has to be asked. */
  isRight(card, entry) {
    if (isSpoken(entry)) return true;
    if (changesMessage(entry)) return this.change(card, entry);
    const { verb, people = [], title, changed = {}, by_id: byId } = entry.event;
    if (byId === this.me.id || people.some((person) => person.id === this.me.id)) return false;
    if (verb === "renamed") card.title = title;
    if (verb === "dissolved") card.dissolved = true;
    if ("mute_all" in changed) card.mute_all = changed.mute_all;
    return true;
  }

  /** That a message changed is no news; what was said last shows as it reads now. */
  change(card, { event, changed }) {
    const last = card.last_entry;
    if (last?.seq === event.seq && event.verb === "recalled") card.last_entry = { ...last, recalled: true, withdrawn: Boolean(event.withdrawn), body: "", file: null, card: null };
    else if (last?.seq === event.seq && changed) card.last_entry = changed;
    else if (last?.kind === "event") return false; // what was said last stands further up
    return event.verb === "edited" || card.unread === 0; // what is recalled is not unread any more
  }

  count(card, entry) {
    if (entry.sender_id === this.me.id) Object.assign(card, { unread: 0, mentions: 0 });
    else if (!(this.seen.get(card.id) >= entry.seq)) {
      card.unread += 1;
      if (calls(entry, this.me.id)) card.mentions += 1;
    }
  }

  readTo(conversationId, seq) {
    const card = this.cards.get(conversationId);
    if (!card) return;
    this.seen.set(conversationId, Math.max(this.seen.get(conversationId) ?? 0, seq));
    card.read_seq = Math.max(card.read_seq, seq);
    if (seq >= card.last_seq) Object.assign(card, { unread: 0, mentions: 0 });
    else if (card.unread > 0) this.renewSoon(conversationId); // how many of the rest count, the server knows
    this.draw();
  }

  settle({ conversation_id: id, pinned, level, source, muted }) {
    if (source) this.silence(source, muted);
    const card = this.cards.get(id);
    if (!card) return;
    Object.assign(card, { pinned, level });
    this.draw();
  }

  /** How the conversation stands in the reader's list from now on. */
  async set(id, change) {
    try {
      this.settle(await fetchJson(`${this.api}/conversations/${id}/settings`, { method: "PATCH", json: change }));
      return true;
    } catch (problem) {
      toast(problem.message, { error: true });
      return false;
    }
  }

  /** What the row of the notices says is so, or is asked for. */
  hear({ notices_unread: unread, newest_notice: newest, notices_muted: silenced = [] }) {
    const { notices } = this;
    this.silenced = new Set(silenced);
    if (Math.min(notices.unread, NOTICES_AT_MOST) !== unread || (notices.latest?.id ?? null) !== newest) this.loadNoticesSoon();
  }

  silence(source, muted) {
    if (muted) this.silenced.add(source);
    else this.silenced.delete(source);
    this.loadNotices(); // how many of its notices count from now on
  }

  /** What a muted source sends calls nobody, unless it asks to be confirmed. */
  isSilent({ source, asks }) {
    return this.silenced.has(source) && !asks;
  }

  takeNotice(notice) {
    if (this.notices.latest?.id >= notice.id) { this.loadNoticesSoon(); return; } // it may be counted already
    this.notices = { unread: this.notices.unread + (this.isSilent(notice) ? 0 : 1), latest: notice };
    this.draw();
  }

  loadNoticesSoon() {
    this.noticesSoon ??= setTimeout(() => { this.noticesSoon = null; this.loadNotices(); }, RENEW_MS * Math.random());
  }

  async loadNotices() {
    try {
      const [page, unread] = await Promise.all([fetchJson(`${this.api}/notices?limit=1`), fetchJson(`${this.api}/unread`)]);
      this.notices = { unread: unread.notices, latest: page.items[0] ?? null };
      this.draw();
    } catch {
      // what stands there stays until the next heartbeat
    }
  }

  mark(key) {
    this.openId = key;
    this.draw();
  }

  async card(conversationId) {
    if (!this.cards.has(conversationId)) {
      const { card } = await fetchJson(`${this.api}/conversations/${conversationId}`);
      this.cards.set(card.id, card);
      this.draw();
    }
    return this.cards.get(conversationId);
  }

  drop(conversationId) {
    this.cards.delete(conversationId);
    this.draw();
  }

  /** In the order of the list. */
  sorted() {
    return [...this.cards.values()].sort((a, b) => Number(b.pinned) - Number(a.pinned) || (a.last_at < b.last_at ? 1 : a.last_at > b.last_at ? -1 : b.id - a.id));
  }

  /** The rows follow with the next picture of the screen, however much comes until then. */
  draw() {
    if (this.cursor === null) return; // what has not come yet is not nothing
    this.onDrawn();
    this.frame ??= requestAnimationFrame(() => { this.frame = null; if (!this.isPressed) this.show(); });
  }

  /** From press to click nothing moves: the click is for the row that was pressed. */
  press() {
    clearTimeout(this.release);
    this.isPressed = true;
  }

  /** A finger's click comes a moment after it was lifted. */
  letGo() {
    if (!this.isPressed) return;
    clearTimeout(this.release);
    this.release = setTimeout(() => { this.isPressed = false; this.draw(); }, CLICK_MS);
  }

  show() {
    const cards = this.sorted().map((card) => this.itemOf(card));
    const focused = this.root.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    this.rows.show([this.noticesItem(), ...cards, ...(cards.length === 0 ? [{ key: NOTHING }] : [])]);
    for (const row of this.root.querySelectorAll(".row")) mark(row, row.dataset.key === String(this.openId));
    if (focused && document.activeElement?.dataset.key !== focused) this.root.querySelector(`[data-key="${focused}"]`)?.focus();
  }

  noticesItem() {
    const { unread, latest } = this.notices;
    return {
      key: "notices", kind: "notices", title: "工作通知", unread,
      preview: { mark: "", text: latest ? `${latest.source_name}：${latest.title}` : "暂无通知" }, at: latest ? moment(latest.created_at) : "",
    };
  }

  itemOf(card) {
    return {
      key: card.id, kind: card.kind, title: card.title, unread: card.unread, preview: this.preview(card), at: card.last_entry ? moment(card.last_at) : "",
      isPinned: card.pinned, level: card.level,
    };
  }

  make(item) {
    if (item.key === NOTHING) return empty("还没有会话", "点击右上角的加号，和同事聊起来");
    const row = this.build(item);
    row.addEventListener("click", () => this.onOpen(item.key));
    if (item.key !== "notices") row.addEventListener("contextmenu", (event) => { event.preventDefault(); this.offer(row, item, event); });
    return row;
  }

  offer(row, { key, isPinned, level }, event) {
    const { left, top, height } = row.getBoundingClientRect();
    const place = event.clientX ? { x: event.clientX, y: event.clientY } : { x: left + 48, y: top + height / 2 };
    openMenu([
      { label: isPinned ? "取消置顶" : "置顶", act: () => this.set(key, { pinned: !isPinned }) },
      level === "all" ? { label: "消息免打扰", act: () => this.set(key, { level: "mentions" }) } : { label: "恢复提醒", act: () => this.set(key, { level: "all" }) },
    ], { ...place, opener: row });
  }

  preview(card) {
    const entry = card.last_entry;
    const draft = this.openId === card.id ? null : this.drafts.of(card.id);
    if (draft && card.mentions === 0) return { mark: "[草稿]", text: draft.text.replace(/\s+/g, " ").slice(0, 80) };
    const said = !entry ? "" : entry.kind === "event" ? eventText(entry, this.me.id) : entry.recalled ? recallText(entry, this.me.id) : lineOf(entry);
    const isOthers = entry && isSpoken(entry) && card.kind !== "direct" && entry.sender_id !== this.me.id && entry.sender_name;
    const text = isOthers ? `${entry.sender_name}：${said}` : said;
    return { mark: card.mentions > 0 ? "[有人@我]" : "", text };
  }

  build({ key, kind, title, unread, preview: { mark: marked, text }, at, isPinned = false, level = "all" }) {
    const isQuiet = level !== "all";
    const badge = element("span", `badge${isQuiet ? " quiet" : ""}`, {}, badgeText(unread));
    if (unread > 0) badge.append(element("span", "visually-hidden", {}, "条未读"));
    const silent = isQuiet ? element("span", "row-silent", { title: level === "none" ? "不提醒" : "仅提醒@我的" }, icon("bell-off"), element("span", "visually-hidden", {}, "已免打扰")) : null;
    const pin = isPinned ? element("span", "visually-hidden", {}, "，已置顶") : null;
    const said = marked ? [element("span", "row-draft", {}, marked), ` ${text}`] : [text];
    const row = element("button", `row tall${unread > 0 ? " is-unread" : ""}${isPinned ? " is-pinned" : ""}`, { type: "button" },
      tileOf({ kind, title }),
      element("span", "row-text", {}, element("span", "row-title", { title }, title), element("span", "row-meta", { title: marked ? `${marked} ${text}` : text }, ...said)),
      element("span", "row-side", {}, element("span", "", {}, at, pin), element("span", "row-signs", {}, silent, badge)));
    row.dataset.key = key;
    return row;
  }
}

function mark(row, isOpen) {
  if (row.getAttribute("aria-current") !== String(isOpen)) row.setAttribute("aria-current", String(isOpen));
}
