// What reaches the reader while she looks elsewhere: notifications of her desktop, shown by one tab for all of them.
//
// A notification may stand on a locked screen, in a list that others scroll through, on a projector: it says who and
// where, never what. Words, names of files and titles of notices stay in the page.

import { element, icon } from "./elements.js";
import { calls, isSpoken } from "./events.js";
import { Missed } from "./missed.js";

const SOON_MS = 1000; // so long another device may have it read, and so long a burst is one notification
const LOUD_MS = 10000; // more of the same is added silently
const LOOKED_AT = "tongwen:looked-at";
const UNABLE = "tongwen:attention:unable"; // this browser has the word and not the thing

/** Whether the reader has this very page before her. */
export const isLookedAt = () => document.visibilityState === "visible" && document.hasFocus();

/** Phones' browsers know notifications by name and let no page make one. */
const isThere = () => "Notification" in window && !matchMedia("(pointer: coarse) and (hover: none)").matches;

/** Holds the name, as many others may; returns what lets go of it. */
function held(name) {
  let letGo;
  const until = new Promise((resolve) => { letGo = resolve; });
  navigator.locks?.request(name, { mode: "shared" }, () => until);
  return letGo;
}

export class Attention {
  /** `settingOf(conversationId)` is {title, kind, level, read_seq}; `isSilent(notice)` says whether its source is muted; `onOpen(key, seq)` shows what was clicked on. */
  constructor({ me, client, banner, settingOf, isSilent, onOpen }) {
    Object.assign(this, { me, client, banner, settingOf, isSilent, onOpen });
    this.isResting = false;
    this.coming = new Map(); // conversation id → {entries, timer}
    this.shown = new Map(); // tag → notification
    this.loudAt = new Map(); // tag → when it was heard last
    this.rung = new Set(); // DINGs that have rung
    this.together = new Set(); // those of them that rang as one
    this.lacking = new Map(); // conversation id → {number, isCalled, seq}: missed, and told of soon
    this.lacked = new Map(); // the same of what the notification shown tells
    this.isUnable = kept(UNABLE) !== null;
    this.isFirst = !navigator.locks; // without locks every tab shows it; one of a kind replaces another
    navigator.locks?.request(`tongwen:rings:${me.id}`, () => { this.isFirst = true; return new Promise(() => {}); });
    client.on("bells", ({ bells }) => { this.isResting = bells.resting; });
    client.on("settings", ({ quiet }) => { if (quiet) client.beat(); });
    client.on("arrived", ({ entry }) => this.take(entry));
    client.on("read", ({ conversation_id: id, read_seq: seq }) => this.readTo(id, seq));
    client.on("notice", ({ notice }) => this.notice(notice));
    client.on("noticesRead", () => this.close("notices"));
    const readSeqOf = (id) => settingOf(id).read_seq;
    this.missed = new Missed({ me, client, readSeqOf, onMissed: (found) => this.lack(found) });
    this.tabs = "BroadcastChannel" in window ? new BroadcastChannel(`tongwen:attention:${me.id}`) : null;
    this.tabs?.addEventListener("message", () => this.seen());
    for (const name of ["focus", "blur"]) window.addEventListener(name, () => this.look());
    document.addEventListener("visibilitychange", () => this.look());
    this.look();
    this.offer();
  }

  // ── who is to be called ─────────────────────────────────────────────────

  /** What comes while a tab of ours is looked at is seen there, even if she looks away the next moment. */
  async take(entry) {
    if (!isSpoken(entry) || entry.sender_id === this.me.id || this.missed.isTold(entry)) return;
    const { level, read_seq: readSeq } = this.settingOf(entry.conversation_id);
    const isWanted = level === "all" || (level === "mentions" && calls(entry, this.me.id));
    if (!isWanted || this.isResting || entry.seq <= readSeq || await this.isSeen()) return;
    const coming = this.coming.get(entry.conversation_id) ?? { entries: [], timer: null };
    coming.entries.push(entry);
    coming.timer ??= setTimeout(() => this.message(entry.conversation_id), SOON_MS);
    this.coming.set(entry.conversation_id, coming);
  }

  readTo(id, seq) {
    const coming = this.coming.get(id);
    if (coming) coming.entries = coming.entries.filter((entry) => entry.seq > seq);
    if (!coming?.entries.length) this.close(`conversation:${id}`);
    for (const lacks of [this.lacking, this.lacked]) if (lacks.get(id)?.seq <= seq) lacks.delete(id);
    if (this.lacked.size === 0) this.close("missed");
  }

  /** More is unread than was told of: together it is one notification. */
  async lack(found) {
    if (this.isResting || await this.isSeen()) return;
    for (const { id, ...one } of found) this.lacking.set(id, added(this.lacking.get(id), one));
    this.lackTimer ??= setTimeout(() => { this.lackTimer = null; this.tellLacking(); }, SOON_MS);
  }

  tellLacking() {
    if (this.lacking.size === 0) return;
    if (!this.shown.has("missed")) this.lacked.clear();
    for (const [id, one] of this.lacking) this.lacked.set(id, added(this.lacked.get(id), one));
    this.lacking.clear();
    const [alone, ...others] = this.lacked.keys();
    const all = [...this.lacked.values()];
    const where = others.length === 0 ? this.settingOf(alone).title : "";
    const number = all.reduce((sum, one) => sum + one.number, 0);
    this.show("missed", where || "消息", `${all.some((one) => one.isCalled) ? "[有人@我] " : ""}有 ${number} 条新消息`, { onClick: () => { if (others.length === 0) this.onOpen(alone, null); } });
  }

  message(id) {
    const { entries } = this.coming.get(id);
    this.coming.delete(id);
    if (entries.length === 0) return;
    const { title, kind } = this.settingOf(id);
    const last = entries[entries.length - 1];
    const isCalled = entries.some((entry) => calls(entry, this.me.id));
    const who = kind === "direct" ? "" : last.sender_name;
    const several = entries.length > 1 ? `发来 ${entries.length} 条消息` : "发来一条消息";
    const text = `${isCalled ? "[有人@我] " : ""}${who}${entries.length > 1 && who ? "等" : ""}${several}`;
    this.show(`conversation:${id}`, title || last.sender_name, text, { onClick: () => this.onOpen(id, null) });
  }

  notice(notice) {
    if (!this.isResting && !this.isSilent(notice)) this.show("notices", "工作通知", `${notice.source_name}发来一条通知`, { onClick: () => this.onOpen("notices", null) });
  }

  /** These DINGs wait. They ask for no quiet hours, and stand until they are clicked on or over; those told at once ring as one. */
  dings(waiting) {
    const ids = new Set(waiting.map((ding) => ding.id));
    for (const id of this.rung) if (!ids.has(id)) { this.rung.delete(id); this.close(`ding:${id}`); }
    const stood = this.together.size;
    for (const id of this.together) if (!ids.has(id)) this.together.delete(id);
    const fresh = waiting.filter(({ id }) => !this.rung.has(id));
    for (const { id } of fresh) this.rung.add(id);
    if (fresh.length > 1) {
      for (const { id } of fresh) this.together.add(id);
      this.several({ isQuiet: false });
    } else if (this.together.size === 0) this.close("dings");
    else if (this.together.size < stood && this.shown.has("dings")) this.several({ isQuiet: true });
    if (fresh.length !== 1) return;
    const [ding] = fresh;
    this.show(`ding:${ding.id}`, `${ding.sender_name} 的 DING`, "请确认收到", { stays: true, onClick: () => this.onOpen(ding.conversation_id, ding.seq) });
  }

  several({ isQuiet }) {
    this.show("dings", "DING", `${this.together.size} 条 DING 待确认`, { stays: true, isQuiet, onClick: () => this.onOpen("dings", null) });
  }

  // ── showing ─────────────────────────────────────────────────────────────

  async show(tag, title, body, { stays = false, isQuiet = false, onClick }) {
    if (!this.isFirst || this.permission !== "granted" || await this.isSeen()) return;
    const isLoud = !isQuiet && !(this.loudAt.get(tag) > Date.now() - LOUD_MS);
    if (isLoud) this.loudAt.set(tag, Date.now());
    let made;
    try {
      made = new Notification(title, { body, tag: `tongwen:${this.me.id}:${tag}`, lang: "zh-CN", renotify: isLoud, silent: !isLoud, requireInteraction: stays });
    } catch {
      this.isUnable = true;
      keep(UNABLE);
      this.offer();
      return;
    }
    made.addEventListener("click", () => { window.focus(); made.close(); onClick(); });
    made.addEventListener("close", () => { if (this.shown.get(tag) === made) this.shown.delete(tag); });
    this.shown.set(tag, made);
  }

  close(tag) {
    this.shown.get(tag)?.close();
    this.shown.delete(tag);
  }

  /** Whether this page or another tab of it is looked at: there it stands on the screen already. */
  async isSeen() {
    if (isLookedAt()) return true;
    if (!navigator.locks) return false;
    const { held: taken } = await navigator.locks.query();
    return taken.some((lock) => lock.name === LOOKED_AT);
  }

  look() {
    const isLooked = isLookedAt();
    if (isLooked === Boolean(this.letGo)) return;
    this.letGo?.();
    this.letGo = isLooked ? held(LOOKED_AT) : null;
    if (!isLooked) return;
    this.seen();
    this.tabs?.postMessage("seen"); // another one may have rung
  }

  /** The reader has a page before her: what it shows needs no notification. DINGs wait for their confirmation. */
  seen() {
    for (const { timer } of this.coming.values()) clearTimeout(timer);
    this.coming.clear();
    this.lacking.clear();
    for (const tag of [...this.shown.keys()]) if (!tag.startsWith("ding")) this.close(tag);
  }

  // ── asking for it ───────────────────────────────────────────────────────

  get key() {
    return `tongwen:attention:${this.me.id}`;
  }

  /** Offered until it is answered; the browser itself is asked only by a click. */
  offer() {
    const isOpen = this.permission === "default" && kept(this.key) !== "no";
    this.banner.hidden = !isOpen;
    if (!isOpen) { this.banner.replaceChildren(); return; }
    this.banner.replaceChildren(icon("bell"), element("span", "grow", {}, "在桌面提醒新消息和 DING？只显示谁发来、在哪个会话，不显示内容"),
      element("button", "button small", { type: "button", onclick: () => this.decline() }, "不需要"),
      element("button", "button small primary", { type: "button", onclick: () => this.ask() }, "开启桌面提醒"));
  }

  /** granted, denied, default (not asked yet), or null where this browser, or the site's address, allows none. */
  get permission() {
    return isThere() && !this.isUnable && window.isSecureContext ? Notification.permission : null;
  }

  async ask() {
    await Notification.requestPermission();
    this.offer();
  }

  decline() {
    keep(this.key, "no");
    this.banner.hidden = true;
  }
}

/** One more of the same. */
const added = (before, one) => (before ? { number: before.number + one.number, isCalled: before.isCalled || one.isCalled, seq: Math.max(before.seq, one.seq) } : one);

function keep(key, word = "yes") {
  try {
    localStorage.setItem(key, word);
  } catch {
    // storage switched off: it is asked, or tried, again next time
  }
}

function kept(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
