// The middle pane: one conversation's entries, what is on its way, and the place to write.

import { fetchJson } from "../base.js";
import { comeAgain, isPicture } from "./attached.js";
import { takeDrops } from "./attachments.js";
import { Begun } from "./begun.js";
import { Bubbles, showShare, writeCount } from "./bubbles.js";
import { Composer } from "./composer.js";
import { element, empty } from "./elements.js";
import { changesMessage, isSpoken, quoted, requoted } from "./events.js";
import { Head } from "./head.js";
import { Keeping } from "./keeping.js";
import { Log, PAGE } from "./log.js";
import { MessageActs } from "./acts.js";
import { Selection } from "./selection.js";
import { sendFiles } from "./uploads.js";
import { openViewer } from "./viewer.js";
import { Walk } from "./walk.js";

const WATCHED = 50;
const ROWS_BELOW = 480; // who reads far above is not sent more than this

const wide = window.matchMedia("(min-width: 768px)");
const isWide = () => wide.matches;
const hint = () => (isWide() ? "输入消息，Enter 发送，Shift+Enter 换行" : "输入消息");
const isGroup = (card) => card.kind !== "direct";

export class Feed {
  constructor({ root, client, me, api, drafts, onReceipts, onInfo, onHistory, onFiles, onRead, onForward, onRecord, onDing }) {
    Object.assign(this, { root, client, me, api, drafts, onInfo, onHistory, onFiles, onRead, onDing });
    this.acts = new MessageActs({ feed: this, onReceipts, onForward });
    this.keeping = new Keeping({ api });
    this.begun = new Begun();
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
        jump: (seq) => this.walk.jumpTo(seq),
      },
    });
    this.selection = new Selection({ onForward: (seqs, together) => onForward(this.card, seqs, together), onEnd: () => this.composer.focus() });
    this.walk = new Walk({ feed: this });
    wide.addEventListener("change", () => { if (this.id) this.composer.input.placeholder = hint(); });
    client.on("state", ({ online }) => { if (online && this.id) this.resume(); });
    client.on("arrived", ({ entry }) => { if (changesMessage(entry) && entry.conversation_id !== this.id) this.begun.change(entry); });
    client.on("entry", ({ entry }) => { if (entry.conversation_id === this.id) this.take(entry); });
    client.on("outgoing", ({ item }) => { if (item.conversation_id === this.id) this.showOutgoing(item); });
    client.on("progress", ({ item, share }) => { if (item.conversation_id === this.id) showShare(this.outgoing.get(item.id), share); });
    client.on("counts", (data) => { if (data.conversation_id === this.id) data.counts.forEach((count) => this.showCount(count)); });
    takeDrops(root, { isOpen: () => Boolean(this.id) && !this.composer.form.hidden && !this.composer.edited, onFiles: (files) => this.composer.attachments.add(files) });
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
    this.dingMarks.reset();
    this.build();
    this.refreshDetail();
    this.keeping.open(card.id);
    await this.enter(card);
  }

  /** The end of the log comes, or a word why not; then it is tried again once the connection is back. */
  async enter(card) {
    this.isOut = false;
    let page;
    try {
      page = await this.page();
    } catch (problem) {
      if (this.id === card.id) this.stayOut(problem);
      return;
    }
    if (this.id !== card.id) return;
    this.known = page.through;
    // What was written meanwhile stands below the page that has come now.
    this.outgoing.clear();
    this.log.showTail([]);
    this.log.fill(page.entries, { isStart: page.complete, isEnd: true, through: page.through });
    for (const item of this.client.outbox.waiting(card.id)) this.showOutgoing(item);
    this.client.track(card.id, page.through);
    this.client.pull(card.id);
    this.walk.enter(card);
    this.filled();
    this.walk.scrolled();
    if (isWide()) this.composer.focus();
  }

  /** The log did not come; what is written all the same stands below the word of it. */
  stayOut(problem) {
    this.isOut = true;
    const again = element("button", "button", { type: "button", onclick: () => this.enter(this.card) }, "重试");
    this.log.fill([], { isStart: true, isEnd: true, through: 0 });
    const sorry = empty("暂时无法打开会话", problem.message);
    sorry.append(again);
    this.logRoot.prepend(sorry);
    for (const item of this.client.outbox.waiting(this.id)) this.showOutgoing(item);
  }

  /** The connection is back: what could not be had without it is asked for. */
  resume() {
    if (this.lacksDetail) this.refreshDetail();
    comeAgain(this.logRoot);
    if (this.isOut) this.enter(this.card);
    else if (this.known > 0) this.walk.resume();
  }

  /** Other entries stand in the page than before. */
  filled() {
    this.dingMarks.look();
    this.watchOwn();
  }

  jumpTo(seq) {
    return this.walk.jumpTo(seq);
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
    this.body = element("div", "pane-body shaded feed-body", { role: "group", tabindex: "0", "aria-label": "消息" }, this.logRoot);
    this.body.addEventListener("keydown", (event) => this.acts.keyed(event));
    this.log = new Log({ body: this.body, root: this.logRoot, rowOf: (entry) => this.rowOf(entry) });
    this.walk.begin();
    this.composer = new Composer({
      conversationId: card.id, drafts: this.drafts, begun: this.begun.of(card.id), hint: hint(),
      onSend: (said) => { this.client.send(card.id, said); if (this.id === card.id) this.walk.toEnd(); },
      onFiles: (files, quote) => { sendFiles(this.client, card.id, files, quote); if (this.id === card.id) this.walk.toEnd(); },
      onEdit: (entry, said) => this.acts.saveEdit(entry, said),
      onLast: () => this.acts.editLast(),
      onQuote: (seq) => this.page({ before: seq + 1, limit: 1 }).then(({ entries: [found] }) => (found?.seq === seq ? quoted(found) : null), () => null),
      people: () => this.callable(),
    });
    this.selection.reset();
    this.root.replaceChildren(
      this.head.root, this.head.notice, element("div", "feed-jump-place", {}, this.walk.unread), element("div", "feed-frame", {}, this.body, this.head.watermark),
      element("div", "feed-jump-place", {}, this.walk.jump), this.selection.bar, this.composer.root,
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
    this.lacksDetail = false;
    this.asked = fetchJson(`${this.api}/conversations/${id}`);
    let detail;
    try {
      detail = await this.asked;
    } catch {
      if (this.id === id) this.lacksDetail = true;
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
    const follows = this.log.isEnd && this.walk.isNearEnd();
    this.known = entry.seq;
    if (entry.client_message_id && this.outgoing.delete(entry.client_message_id)) this.log.showTail([...this.outgoing.values()]);
    if (changesMessage(entry)) this.change(entry);
    if (this.log.isEnd) this.log.append([entry], { through: entry.seq, wants: !follows });
    if (!follows && this.log.rows.size > ROWS_BELOW) this.log.isEnd = false;
    if (entry.sender_id === this.me.id) this.watchOwn();
    if (follows) this.walk.stayAtEnd();
    else if (isSpoken(entry) && entry.sender_id !== this.me.id) this.walk.missed();
    this.walk.noteRead();
  }

  /** A message was recalled, or reads anew. */
  change(event) {
    const { seq, verb } = event.event;
    const entry = this.log.entries.get(seq);
    if (entry && verb === "recalled") this.bubbles.forget(entry, event.event);
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
    if (this.outgoing.has(item.id) && this.log.isEnd) this.walk.stayAtEnd();
  }
}
