// The middle pane: one conversation's entries, what is on its way, and the place to write.

import { fetchJson, toast } from "../base.js";
import { isPicture } from "./attached.js";
import { takeDrops } from "./attachments.js";
import { Bubbles, showShare, writeCount } from "./bubbles.js";
import { Composer } from "./composer.js";
import { element, empty, icon } from "./elements.js";
import { changesMessage, isSpoken, quoted, requoted } from "./events.js";
import { Head } from "./head.js";
import { Keeping } from "./keeping.js";
import { Log, PAGE } from "./log.js";
import { MessageActs } from "./acts.js";
import { Selection } from "./selection.js";
import { sendFiles } from "./uploads.js";
import { openViewer } from "./viewer.js";

const NEAR_END = 80;
const FETCH_AT = 240; // pixels from either edge of what stands in the page
const WATCHED = 50;
const ROWS_BELOW = 480; // who reads far above is not sent more than this

const isWide = () => window.matchMedia("(min-width: 768px)").matches;
const isGroup = (card) => card.kind !== "direct";

export class Feed {
  constructor({ root, client, me, api, drafts, onReceipts, onInfo, onHistory, onFiles, onRead, onForward, onRecord, onDing }) {
    Object.assign(this, { root, client, me, api, drafts, onInfo, onHistory, onFiles, onRead, onDing });
    this.acts = new MessageActs({ feed: this, onReceipts, onForward });
    this.keeping = new Keeping({ api });
    this.bubbles = new Bubbles({
      me,
      acts: {
        receipts: onReceipts, record: onRecord,
        menu: (row, entry, place) => this.acts.menu(row, entry, place),
        edit: (text) => this.composer.rewrite(text),
        retry: (item) => client.outbox.retry(item.conversation_id, item.id),
        discard: (item) => client.outbox.discard(item.conversation_id, item.id),
        cancel: (item) => client.outbox.cancel(item.conversation_id, item.id),
        preview: (item) => client.outbox.uploads.previews.get(item.id),
        view: (entry) => this.view(entry),
        jump: (seq) => this.jumpTo(seq),
      },
    });
    this.selection = new Selection({ onForward: (seqs, together) => onForward(this.card, seqs, together), onEnd: () => this.composer.focus() });
    // Panes come and go, bubbles grow: whoever stood at the end still stands there.
    this.sizes = new ResizeObserver(() => {
      this.extent = this.measure();
      if (this.isAtEnd) this.stayAtEnd();
    });
    client.on("entry", ({ entry }) => { if (entry.conversation_id === this.id) this.take(entry); });
    client.on("outgoing", ({ item }) => { if (item.conversation_id === this.id) this.showOutgoing(item); });
    client.on("progress", ({ item, share }) => { if (item.conversation_id === this.id) showShare(this.outgoing.get(item.id), share); });
    client.on("counts", (data) => { if (data.conversation_id === this.id) data.counts.forEach((count) => this.showCount(count)); });
    takeDrops(root, { isOpen: () => Boolean(this.id) && !this.composer.form.hidden && !this.composer.edited, onFiles: (files) => this.composer.attachments.add(files) });
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
    this.detail = null;
    this.known = 0;
    this.outgoing = new Map(); // client id → element
    this.fresh = 0;
    this.dingMarks.reset();
    this.build();
    this.refreshDetail();
    this.keeping.open(card.id);
    let page;
    try {
      page = await this.page();
    } catch (problem) {
      if (this.id === card.id) this.logRoot.replaceChildren(empty("暂时无法打开会话", problem.message));
      return;
    }
    if (this.id !== card.id) return;
    this.openedAt = card.read_seq;
    this.readSeq = card.read_seq;
    this.known = page.through;
    // What was written meanwhile stands below the page that has come now.
    this.outgoing.clear();
    this.log.showTail([]);
    this.log.fill(page.entries, { isStart: page.complete, isEnd: true, through: page.through });
    // Where the first unread is further up, a button leads to it.
    const isUnreadAbove = card.unread > 0 && !page.complete && card.read_seq + 1 < this.log.first;
    if (!isUnreadAbove) this.log.markNew(this.readSeq, this.me.id);
    for (const item of this.client.outbox.waiting(card.id)) this.showOutgoing(item);
    this.client.track(card.id, page.through);
    this.client.pull(card.id);
    this.dingMarks.look();
    const { newLine } = this.log;
    if (newLine) this.log.center(newLine); else this.body.scrollTop = this.body.scrollHeight;
    this.isAtEnd = this.isNearEnd();
    if (isUnreadAbove) this.offerUnread();
    this.watchOwn();
    this.scrolled();
    if (isWide()) this.composer.focus();
  }

  page(query = {}) {
    return fetchJson(`${this.api}/conversations/${this.id}/messages?${new URLSearchParams({ limit: PAGE, ...query })}`);
  }

  // ── frame ───────────────────────────────────────────────────────────────

  build() {
    const { card } = this;
    this.head = new Head({
      me: this.me, isGroup: isGroup(card),
      acts: { info: () => this.onInfo(), ding: () => this.onDing(null), history: () => this.onHistory(), files: () => this.onFiles() },
    });
    this.logRoot = element("div", "feed-log", { role: "log", "aria-label": "消息记录", "aria-live": "polite" });
    this.body = element("div", "pane-body shaded feed-body", { tabindex: "0", "aria-label": "消息" }, this.logRoot);
    this.body.addEventListener("scroll", () => this.scrolled(), { passive: true });
    this.body.addEventListener("keydown", (event) => this.acts.keyed(event));
    this.log = new Log({ body: this.body, root: this.logRoot, rowOf: (entry) => this.rowOf(entry) });
    this.isAtEnd = false;
    this.sizes.disconnect();
    for (const part of [this.body, this.logRoot]) this.sizes.observe(part);
    this.jump = element("button", "button small feed-jump", { type: "button", hidden: true, onclick: () => this.toEnd() });
    this.unread = element("button", "button small feed-unread", { type: "button", hidden: true, onclick: () => this.toUnread() });
    this.composer = new Composer({
      conversationId: card.id, drafts: this.drafts, hint: isWide() ? "输入消息，Enter 发送，Shift+Enter 换行" : "输入消息",
      onSend: (said) => { this.client.send(card.id, said); if (this.id === card.id) this.toEnd(); },
      onFiles: (files, quote) => { sendFiles(this.client, card.id, files, quote); if (this.id === card.id) this.toEnd(); },
      onEdit: (entry, said) => this.acts.saveEdit(entry, said),
      onLast: () => this.acts.editLast(),
      onQuote: (seq) => this.page({ before: seq + 1, limit: 1 }).then(({ entries: [found] }) => (found?.seq === seq ? quoted(found) : null), () => null),
      people: () => this.callable(),
    });
    this.selection.reset();
    this.root.replaceChildren(
      this.head.root, this.head.notice, element("div", "feed-jump-place", {}, this.unread), element("div", "feed-frame", {}, this.body, this.head.watermark),
      element("div", "feed-jump-place", {}, this.jump), this.selection.bar, this.composer.root,
    );
    this.composer.grow();
    this.showHead(card);
  }

  showHead(card) {
    this.card = { ...this.card, ...card };
    this.head.show(this.card);
    const administers = this.card.role !== "member";
    const silence = this.card.dissolved ? "该群聊已解散，只能查看历史消息" : this.card.mute_all && !administers ? "群聊已开启公告模式，仅群主和管理员可以发言" : null;
    this.composer.silenced(silence);
  }

  /** What holds in the conversation, its notice and its people. */
  async refreshDetail() {
    const { id } = this;
    this.asked = fetchJson(`${this.api}/conversations/${id}`);
    let detail;
    try {
      detail = await this.asked;
    } catch {
      return; // opening the log says so, or this stays as it was
    }
    if (this.id !== id) return;
    this.detail = detail;
    const { title, member_count, mute_all, dissolved, role } = detail.card;
    this.showHead({ title, member_count, mute_all, dissolved, role });
    this.head.detail(detail);
  }

  /** Whom one may call here. */
  async callable() {
    const detail = this.detail ?? await this.asked;
    const administers = detail.card.role !== "member";
    const everybody = isGroup(detail.card) && (administers || (detail.policy.mentioning_all === "members" && detail.members_listed));
    return { members: detail.members.filter((member) => member.person_id !== this.me.id), everybody };
  }

  // ── entries ─────────────────────────────────────────────────────────────

  rowOf(entry) {
    const row = this.bubbles.rowOf(entry, this.card);
    if (row) this.selection.offer(row, entry);
    if (row) this.dingMarks.put(row, entry.seq);
    return row;
  }

  take(entry) {
    const follows = this.log.isEnd && this.isNearEnd();
    this.known = entry.seq;
    if (entry.client_message_id && this.outgoing.delete(entry.client_message_id)) this.log.showTail([...this.outgoing.values()]);
    if (changesMessage(entry)) this.change(entry);
    if (this.log.isEnd) this.log.append([entry], { through: entry.seq, wants: !follows });
    if (!follows && this.log.rows.size > ROWS_BELOW) this.log.isEnd = false;
    if (entry.sender_id === this.me.id) this.watchOwn();
    if (follows) this.stayAtEnd();
    else if (isSpoken(entry) && entry.sender_id !== this.me.id) { this.fresh += 1; this.offerEnd(); }
    this.noteRead();
  }

  /** A message was recalled, or reads anew. */
  change(event) {
    const { seq, verb } = event.event;
    const entry = this.log.entries.get(seq);
    if (entry && verb === "recalled") this.bubbles.forget(entry);
    else if (entry && event.changed && !entry.recalled) Object.assign(entry, event.changed, { counts: entry.counts });
    if (entry) this.redraw(entry);
    for (const other of this.log.entries.values()) {
      const quote = requoted(other.reply_to, event);
      if (quote) { other.reply_to = quote; this.redraw(other); }
    }
    this.composer.change(event);
    this.client.outbox.requote(this.id, (quote) => requoted(quote, event)).forEach((item) => this.showOutgoing(item));
  }

  redraw(entry) {
    if (this.log.rows.has(entry.seq)) this.log.replace(entry.seq, this.rowOf(entry));
  }

  showCount(count) {
    const entry = this.log.entries.get(count.seq);
    if (entry) entry.counts = count;
    const button = this.logRoot.querySelector(`[data-receipt="${count.seq}"]`);
    if (button) writeCount(button, count, this.card);
  }

  watchOwn() {
    const own = [...this.log.entries.values()].filter((entry) => entry.sender_id === this.me.id && isSpoken(entry));
    const seqs = own.map((entry) => entry.seq).sort((a, b) => b - a).slice(0, WATCHED);
    if (seqs.join() !== this.watchedSeqs || this.client.watched?.conversation_id !== this.id) this.client.watch(this.id, seqs);
    this.watchedSeqs = seqs.join();
    for (const entry of own) if (!entry.counts) this.showCount({ seq: entry.seq, read: 0, unread: Math.max(1, this.card.member_count - 1) });
  }

  /** The pictures that stand in the page, beginning with this one. */
  view(entry) {
    const pictures = [...this.log.entries.values()].filter(isPicture).sort((a, b) => a.seq - b.seq);
    openViewer(pictures.map((one) => one.file), pictures.indexOf(entry));
  }

  // ── on its way ──────────────────────────────────────────────────────────

  showOutgoing(item) {
    this.outgoing.delete(item.id);
    const isStored = item.state === "sent" && (item.seq <= this.known || this.log.rows.has(item.seq));
    // Acknowledged means stored: shown at once, even before its own echo fills the log.
    if (item.state !== "discarded" && !isStored) this.outgoing.set(item.id, this.bubbles.outgoingRow(item));
    this.log.showTail([...this.outgoing.values()]);
    if (this.outgoing.has(item.id) && this.log.isEnd) this.stayAtEnd();
  }

  // ── scrolling and reading ───────────────────────────────────────────────

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
    if (!this.log.isEnd && !(await this.load(() => this.page(), { isEnd: true }))) return;
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
      if (!(await this.load(() => this.page({ before }), { isEnd: false }))) return;
    }
    if (marks) this.log.markNew(this.openedAt, this.me.id);
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
    const { id } = this;
    let page;
    try {
      page = await ask();
    } catch (problem) {
      toast(problem.message, { error: true });
      return false;
    }
    if (this.id !== id) return false;
    const through = Math.min(page.through, page.last_seq);
    const reaches = through >= Math.max(this.known, page.last_seq);
    this.isAtEnd = false;
    this.log.fill(page.entries, { isStart: page.complete, isEnd: reaches, through });
    this.dingMarks.look();
    this.watchOwn();
    this.scrolled();
    if (isEnd && !reaches) await this.newer();
    return true;
  }

  offerEnd() {
    const isFar = !this.log.isEnd || this.body.scrollHeight - this.body.scrollTop > 2.5 * this.body.clientHeight;
    this.jump.hidden = this.fresh === 0 && !isFar;
    if (!this.jump.hidden) this.jump.replaceChildren(icon("down"), this.fresh > 0 ? `${this.fresh} 条新消息` : "回到最新");
  }

  offerUnread() {
    this.unread.replaceChildren(icon("up"), `${this.card.unread > 999 ? "999+" : this.card.unread} 条未读`);
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
    const { log, id } = this;
    if (log.isStart || this.loading || log.first === null) return;
    const before = log.first;
    await this.fetching(async () => {
      const page = await this.page({ before });
      if (this.id !== id || log.first !== before) return;
      log.prepend(page.entries);
      log.isStart = page.complete;
      this.dingMarks.look();
      this.watchOwn();
    });
  }

  async newer() {
    const { log, id } = this;
    if (log.isEnd || this.loading) return;
    const after = log.through;
    await this.fetching(async () => {
      const page = await fetchJson(`${this.api}/conversations/${id}/entries?${new URLSearchParams({ after, limit: PAGE })}`);
      if (this.id !== id || log.through !== after) return;
      log.append(page.entries, { through: page.through });
      log.isEnd = page.complete && page.through >= this.known;
      if (log.isEnd) log.showTail([...this.outgoing.values()]);
      this.dingMarks.look();
      this.watchOwn();
    });
  }

  async fetching(act) {
    this.loading = true;
    try {
      await act();
    } catch (problem) {
      toast(problem.message, { error: true });
    } finally {
      this.loading = false;
    }
  }

  /** What has stood on a visible screen to its last line is read, and nothing else. */
  noteRead() {
    if (!this.id || !this.known || document.visibilityState !== "visible" || !this.body?.isConnected) return;
    if (this.body.offsetParent === null || this.known <= this.readSeq) return;
    const seq = this.log.isEnd && this.isNearEnd() ? this.known : this.lastSeen();
    if (seq <= this.readSeq) return;
    this.readSeq = seq;
    this.client.read(this.id, seq);
    this.onRead(this.id, seq);
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
