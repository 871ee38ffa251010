// The middle pane: one conversation's entries, what is on its way, and the place to write.

import { fetchJson, toast } from "../base.js";
import { Bubbles, group, writeCount } from "./bubbles.js";
import { dayName, dayOf, element, empty, icon } from "./elements.js";

const PAGE = 50;
const NEAR_END = 80;
const WATCHED = 50;

const isWide = () => window.matchMedia("(min-width: 768px)").matches;

export class Feed {
  constructor({ root, client, me, api, onReceipts, onInfo, onRead }) {
    Object.assign(this, { root, client, me, api, onInfo, onRead });
    this.bubbles = new Bubbles({
      me, onReceipts,
      onRecall: (seq) => this.recall(seq),
      onEdit: (text) => this.edit(text),
      onRetry: (item) => client.retry(item.conversation_id, item.id),
    });
    // Panes come and go, bubbles grow: whoever stood at the end still stands there.
    this.sizes = new ResizeObserver(() => {
      this.extent = this.measure();
      if (this.isAtEnd) this.toEnd();
    });
    client.on("entry", ({ entry }) => { if (entry.conversation_id === this.id) this.take(entry); });
    client.on("outgoing", ({ item }) => { if (item.conversation_id === this.id) this.showOutgoing(item); });
    client.on("counts", (data) => { if (data.conversation_id === this.id) data.counts.forEach((count) => this.showCount(count)); });
    document.addEventListener("visibilitychange", () => this.noteRead());
    window.addEventListener("focus", () => this.noteRead());
  }

  close() {
    if (this.id) this.client.untrack(this.id);
    this.id = null;
    this.root.replaceChildren(element("div", "pane-body shaded", {}, empty("选择一个会话", "从左侧选择会话，或发起新的聊天")));
  }

  async open(card) {
    if (this.id) this.client.untrack(this.id);
    this.id = card.id;
    this.card = card;
    this.rows = new Map(); // seq → element
    this.outgoing = new Map(); // client id → element
    this.entries = new Map(); // seq → entry
    this.build();
    let page;
    try {
      page = await fetchJson(`${this.api}/conversations/${card.id}/messages?limit=${PAGE}`);
    } catch (problem) {
      if (this.id === card.id) this.log.replaceChildren(empty("暂时无法打开会话", problem.message));
      return;
    }
    if (this.id !== card.id) return;
    this.readSeq = card.read_seq;
    this.known = page.through;
    this.complete = page.complete;
    // What was written meanwhile stands below the page that has come now.
    this.log.replaceChildren();
    this.outgoing.clear();
    for (const entry of page.entries) this.append(entry);
    this.markNew(page.entries);
    for (const item of this.client.waiting(card.id)) this.showOutgoing(item);
    group(this.log);
    this.client.track(card.id, page.through);
    this.client.pull(card.id);
    this.fillScreen();
    (this.newLine ?? this.log.lastElementChild)?.scrollIntoView({ block: this.newLine ? "center" : "end" });
    this.isAtEnd = this.isNearEnd();
    this.watchOwn();
    this.noteRead();
    if (isWide()) this.input.focus();
  }

  // ── frame ───────────────────────────────────────────────────────────────

  build() {
    const { card } = this;
    this.title = element("h2", "", { tabindex: "-1" });
    this.subtitle = element("span", "meta nowrap feed-count");
    this.log = element("div", "feed-log", { role: "log", "aria-label": "消息记录", "aria-live": "polite" });
    this.body = element("div", "pane-body shaded feed-body", { tabindex: "0", "aria-label": "消息" }, this.log);
    this.body.addEventListener("scroll", () => this.scrolled(), { passive: true });
    this.isAtEnd = false;
    this.sizes.disconnect();
    for (const part of [this.body, this.log]) this.sizes.observe(part);
    this.jump = element("button", "button small feed-jump", { type: "button", hidden: true, onclick: () => this.toEnd() });
    this.input = element("textarea", "input composer-input", {
      rows: "1", maxlength: "16000", placeholder: isWide() ? "输入消息，Enter 发送，Shift+Enter 换行" : "输入消息", "aria-label": "输入消息", enterkeyhint: "send",
    });
    this.input.addEventListener("keydown", (event) => this.keyed(event));
    this.input.addEventListener("input", () => this.grow());
    this.sendButton = element("button", "button primary", { type: "submit" }, icon("send"), "发送");
    const composer = element("form", "pane-foot composer", { "aria-label": "发送消息" }, this.input, this.sendButton);
    composer.addEventListener("submit", (event) => { event.preventDefault(); this.submit(); });
    const info = element("button", "icon-button", { type: "button", "aria-label": card.kind === "group" ? "群聊信息" : "聊天信息", title: "信息", onclick: () => this.onInfo() }, icon("directory"));
    this.root.replaceChildren(
      element("div", "pane-head", {}, element("button", "back", { type: "button", "data-back": true, "aria-label": "返回会话列表" }, icon("back")), this.title, this.subtitle, element("div", "actions", {}, info)),
      this.body, element("div", "feed-jump-place", {}, this.jump), composer,
    );
    this.showHead(card);
  }

  showHead(card) {
    this.card = { ...this.card, ...card };
    this.title.textContent = this.card.title;
    this.subtitle.textContent = this.card.kind === "group" ? `${this.card.member_count} 人` : "";
  }

  grow() {
    this.input.rows = Math.min(6, Math.max(1, this.input.value.split("\n").length));
  }

  keyed(event) {
    // While an input method composes, Enter chooses a word.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.submit();
  }

  submit() {
    const body = this.input.value.trim();
    if (!body) return;
    if (new TextEncoder().encode(body).length > 16384) { toast("单条消息不能超过 16 KB", { error: true }); return; }
    this.input.value = "";
    this.grow();
    this.client.send(this.id, body);
    this.toEnd();
  }

  // ── entries ─────────────────────────────────────────────────────────────

  take(entry) {
    const follows = this.isNearEnd();
    this.known = entry.seq;
    if (entry.client_message_id && this.outgoing.has(entry.client_message_id)) {
      this.outgoing.get(entry.client_message_id).remove();
      this.outgoing.delete(entry.client_message_id);
    }
    if (this.rows.has(entry.seq)) return;
    this.append(entry);
    if (entry.kind === "event" && entry.event.verb === "recalled") this.hide(entry);
    group(this.log);
    if (entry.sender_id === this.me.id) this.watchOwn();
    if (follows) this.toEnd();
    else if (entry.kind === "text" && entry.sender_id !== this.me.id) this.announce();
    this.noteRead();
  }

  append(entry) {
    if (this.rows.has(entry.seq)) return;
    this.entries.set(entry.seq, entry);
    const row = this.bubbles.rowOf(entry, this.card);
    if (!row) return;
    this.rows.set(entry.seq, row);
    const before = [...this.outgoing.values()][0] ?? null;
    if (this.lastDay !== dayOf(entry.created_at)) {
      this.lastDay = dayOf(entry.created_at);
      this.log.insertBefore(this.dayLine(entry), before);
    }
    this.log.insertBefore(row, before);
  }

  dayLine(entry) {
    return element("p", "feed-line", { "data-day": dayOf(entry.created_at) }, dayName(entry.created_at));
  }

  showCount(count) {
    const entry = this.entries.get(count.seq);
    if (entry) entry.counts = count;
    const button = this.log.querySelector(`[data-receipt="${count.seq}"]`);
    if (button) writeCount(button, count, this.card);
  }

  watchOwn() {
    const own = [...this.entries.values()].filter((entry) => entry.sender_id === this.me.id && entry.kind === "text" && !entry.recalled);
    const seqs = own.map((entry) => entry.seq).sort((a, b) => b - a).slice(0, WATCHED);
    this.client.watch(this.id, seqs);
    for (const entry of own) if (!entry.counts) this.showCount({ seq: entry.seq, read: 0, unread: Math.max(1, this.card.member_count - 1) });
  }

  async recall(seq) {
    try {
      await fetchJson(`${this.api}/conversations/${this.id}/messages/${seq}/recall`, { method: "POST", json: {} });
      return true;
    } catch (problem) {
      toast(problem.message, { error: true });
      return false;
    }
  }

  /** The text goes back to where it was written, below what stands there already. */
  edit(text) {
    this.input.value = [this.input.value, text].filter(Boolean).join("\n");
    this.grow();
    this.input.focus();
  }

  hide(event) {
    const seq = event.event.seq;
    const row = this.rows.get(seq);
    const entry = this.entries.get(seq);
    if (!row || !entry) return;
    const hadFocus = row.contains(document.activeElement);
    this.bubbles.forget(entry);
    const trace = this.bubbles.trace(entry, event.event.by_name);
    row.replaceWith(trace);
    this.rows.set(seq, trace);
    if (hadFocus) trace.querySelector("button")?.focus({ preventScroll: true });
  }

  // ── on its way ──────────────────────────────────────────────────────────

  showOutgoing(item) {
    this.outgoing.get(item.id)?.remove();
    this.outgoing.delete(item.id);
    if (item.state === "sent") {
      // Acknowledged means stored: shown at once, even before its own echo fills the log.
      if (item.seq > this.known && !this.rows.has(item.seq)) this.outgoing.set(item.id, this.bubbles.outgoingRow(item));
    } else {
      this.outgoing.set(item.id, this.bubbles.outgoingRow(item));
    }
    const row = this.outgoing.get(item.id);
    if (row) this.log.append(row);
    group(this.log);
    if (row) this.toEnd();
  }

  // ── scrolling and reading ───────────────────────────────────────────────

  markNew(entries) {
    const first = entries.find((entry) => entry.seq > this.readSeq && entry.kind === "text" && !entry.recalled && entry.sender_id !== this.me.id);
    this.newLine = null;
    if (!first || this.readSeq === 0 && entries[0] === first && this.complete) return;
    const row = this.rows.get(first.seq);
    this.newLine = element("p", "feed-new", { role: "separator" }, element("span", "", {}, "以下为新消息"));
    row.before(this.newLine);
  }

  isNearEnd() {
    return this.body.scrollHeight - this.body.scrollTop - this.body.clientHeight < NEAR_END;
  }

  measure() {
    return [this.body.clientWidth, this.body.clientHeight, this.body.scrollHeight].join();
  }

  toEnd() {
    this.body.scrollTop = this.body.scrollHeight;
    this.isAtEnd = true;
    this.fresh = 0;
    this.jump.hidden = true;
  }

  announce() {
    this.fresh = (this.fresh ?? 0) + 1;
    this.jump.replaceChildren(icon("down"), `${this.fresh} 条新消息`);
    this.jump.hidden = false;
  }

  scrolled() {
    if (this.body.scrollTop < 120) this.older();
    // The browser scrolls by itself when the layout changes; that tells nothing of where the person wants to be.
    if (this.measure() === this.extent) this.isAtEnd = this.isNearEnd();
    if (this.isAtEnd) { this.fresh = 0; this.jump.hidden = true; }
    this.noteRead();
  }

  fillScreen() {
    if (!this.complete && this.body.scrollHeight <= this.body.clientHeight) this.older();
  }

  async older() {
    if (this.complete || this.loading) return;
    this.loading = true;
    const conversationId = this.id;
    const before = Math.min(...this.entries.keys());
    try {
      const page = await fetchJson(`${this.api}/conversations/${conversationId}/messages?limit=${PAGE}&before=${before}`);
      if (this.id !== conversationId) return;
      this.complete = page.complete;
      this.prepend(page.entries);
    } catch (problem) {
      toast(problem.message, { error: true });
    } finally {
      this.loading = false;
    }
  }

  prepend(entries) {
    const height = this.body.scrollHeight;
    const top = this.body.scrollTop;
    const first = this.log.firstElementChild;
    const made = document.createDocumentFragment();
    let day = null;
    for (const entry of entries) {
      this.entries.set(entry.seq, entry);
      const row = this.bubbles.rowOf(entry, this.card);
      if (!row || this.rows.has(entry.seq)) continue;
      this.rows.set(entry.seq, row);
      if (day !== dayOf(entry.created_at)) { day = dayOf(entry.created_at); made.append(this.dayLine(entry)); }
      made.append(row);
    }
    if (first?.dataset.day === day) first.remove();
    this.log.prepend(made);
    group(this.log);
    this.body.scrollTop = top + this.body.scrollHeight - height;
  }

  /** What has stood on a visible screen to its last line is read, and nothing else. */
  noteRead() {
    if (!this.id || !this.known || document.visibilityState !== "visible" || !this.body?.isConnected) return;
    if (this.body.offsetParent === null || this.known <= this.readSeq) return;
    const seq = this.isNearEnd() ? this.known : this.lastSeen();
    if (seq <= this.readSeq) return;
    this.readSeq = seq;
    this.client.read(this.id, seq);
    this.onRead(this.id, seq);
  }

  lastSeen() {
    const end = this.body.getBoundingClientRect().bottom;
    for (const [seq, row] of [...this.rows].sort(([a], [b]) => b - a)) {
      if (seq <= this.readSeq) return 0;
      if (row.getBoundingClientRect().bottom <= end) return seq;
    }
    return 0;
  }
}

