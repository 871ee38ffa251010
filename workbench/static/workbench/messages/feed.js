// The middle pane: one conversation's entries, what is on its way, and the place to write.

import { fetchJson, toast } from "../base.js";
import { avatar, dayName, dayOf, element, empty, eventText, icon, timeOf } from "./elements.js";

const PAGE = 50;
const NEAR_END = 80;
const RECALL_MS = 120000;
const WATCHED = 50;

const isWide = () => window.matchMedia("(min-width: 768px)").matches;

export class Feed {
  constructor({ root, client, me, api, onReceipts, onInfo, onRead }) {
    Object.assign(this, { root, client, me, api, onReceipts, onInfo, onRead });
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
    this.client.track(card.id, page.through);
    this.client.pull(card.id);
    this.fillScreen();
    (this.newLine ?? this.log.lastElementChild)?.scrollIntoView({ block: this.newLine ? "center" : "end" });
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
    if (entry.sender_id === this.me.id) this.watchOwn();
    if (follows) this.toEnd();
    else if (entry.kind === "text" && entry.sender_id !== this.me.id) this.announce();
    this.noteRead();
  }

  append(entry) {
    if (this.rows.has(entry.seq)) return;
    this.entries.set(entry.seq, entry);
    const row = this.rowOf(entry);
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

  rowOf(entry) {
    if (entry.kind === "event") {
      // The trace stands where the message stood.
      return entry.event.verb === "recalled" ? null : element("p", "feed-line", { "data-seq": entry.seq }, eventText(entry, this.me.id));
    }
    if (entry.recalled) return this.trace(entry, entry.sender_name);
    return entry.sender_id === this.me.id ? this.ownRow(entry) : this.othersRow(entry);
  }

  trace(entry, name) {
    const by = entry.sender_id === this.me.id ? "你" : name;
    return element("p", "feed-line", { "data-seq": entry.seq }, `${by}撤回了一条消息`);
  }

  othersRow(entry) {
    const head = element("p", "bubble-head", {}, element("span", "bubble-name", {}, entry.sender_name), element("time", "", { datetime: entry.created_at }, timeOf(entry.created_at)));
    return element("article", "message", { "data-seq": entry.seq },
      avatar(entry.sender_name), element("div", "bubble-box", {}, head, element("div", "bubble text", {}, entry.body)));
  }

  ownRow(entry) {
    const foot = element("p", "bubble-foot", {}, element("time", "", { datetime: entry.created_at }, timeOf(entry.created_at)), this.receiptOf(entry), this.recallOf(entry));
    return element("article", "message is-own", { "data-seq": entry.seq },
      element("div", "bubble-box", {}, element("div", "bubble text", {}, entry.body), foot));
  }

  receiptOf(entry) {
    const button = element("button", "receipt", { type: "button", title: "查看已读和未读人员", onclick: () => this.onReceipts(this.id, entry.seq) });
    button.dataset.receipt = entry.seq;
    this.write(button, entry.receipt);
    return button;
  }

  recallOf(entry) {
    const left = new Date(entry.created_at).getTime() + RECALL_MS - Date.now();
    if (left <= 0) return null;
    const button = element("button", "recall", { type: "button", onclick: () => this.recall(entry.seq) }, "撤回");
    setTimeout(() => button.remove(), left);
    return button;
  }

  write(button, count) {
    if (!count) { button.textContent = "已送达"; return; }
    if (this.card.kind === "direct") button.textContent = count.read > 0 ? "已读" : "未读";
    else button.textContent = count.unread === 0 ? `${count.read} 人已读` : `${count.read} 人已读 · ${count.unread} 人未读`;
    button.classList.toggle("is-read", count.unread === 0);
  }

  showCount(count) {
    const entry = this.entries.get(count.seq);
    if (entry) entry.receipt = count;
    const button = this.log.querySelector(`[data-receipt="${count.seq}"]`);
    if (button) this.write(button, count);
  }

  watchOwn() {
    const own = [...this.entries.values()].filter((entry) => entry.sender_id === this.me.id && entry.kind === "text" && !entry.recalled);
    const seqs = own.map((entry) => entry.seq).sort((a, b) => b - a).slice(0, WATCHED);
    this.client.watch(this.id, seqs);
    for (const entry of own) if (!entry.receipt) this.showCount({ seq: entry.seq, read: 0, unread: Math.max(1, this.card.member_count - 1) });
  }

  async recall(seq) {
    try {
      await fetchJson(`${this.api}/conversations/${this.id}/messages/${seq}/recall`, { method: "POST", json: {} });
    } catch (problem) {
      toast(problem.message, { error: true });
    }
  }

  hide(event) {
    const seq = event.event.seq;
    const row = this.rows.get(seq);
    const entry = this.entries.get(seq);
    if (!row || !entry) return;
    entry.recalled = true;
    entry.body = "";
    const trace = this.trace(entry, event.event.by_name);
    row.replaceWith(trace);
    this.rows.set(seq, trace);
  }

  // ── on its way ──────────────────────────────────────────────────────────

  showOutgoing(item) {
    this.outgoing.get(item.id)?.remove();
    this.outgoing.delete(item.id);
    if (item.state === "sent") {
      // Acknowledged means stored: shown at once, even before its own echo fills the log.
      if (item.seq > this.known && !this.rows.has(item.seq)) this.outgoing.set(item.id, this.outgoingRow(item));
    } else {
      this.outgoing.set(item.id, this.outgoingRow(item));
    }
    const row = this.outgoing.get(item.id);
    if (row) { this.log.append(row); this.toEnd(); }
  }

  outgoingRow(item) {
    const foot = element("p", "bubble-foot", { role: "status" });
    if (item.state === "failed") {
      foot.append(element("span", "failed", {}, `发送失败：${item.reason}`), element("button", "recall", { type: "button", onclick: () => this.client.retry(item.conversation_id, item.id) }, "重新发送"));
    } else {
      foot.append(element("span", "", {}, item.state === "sent" ? "已送达" : "发送中…"));
    }
    return element("article", `message is-own is-${item.state}`, { "data-client-id": item.id },
      element("div", "bubble-box", {}, element("div", "bubble text", {}, item.body), foot));
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

  toEnd() {
    this.body.scrollTop = this.body.scrollHeight;
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
    if (this.isNearEnd()) { this.fresh = 0; this.jump.hidden = true; }
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
      const row = this.rowOf(entry);
      if (!row || this.rows.has(entry.seq)) continue;
      this.rows.set(entry.seq, row);
      if (day !== dayOf(entry.created_at)) { day = dayOf(entry.created_at); made.append(this.dayLine(entry)); }
      made.append(row);
    }
    if (first?.dataset.day === day) first.remove();
    this.log.prepend(made);
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

