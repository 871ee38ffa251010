// One entry of the feed as a row: a bubble with what it answers and its line of time and receipt, or a trace of what was.

import { fileOf, pictureOf } from "./attached.js";
import { avatar, element, exactly, icon, timeOf } from "./elements.js";
import { changesMessage, eventText, recallText } from "./events.js";
import { linked } from "./links.js";
import { CALL } from "./mentions.js";

const GROUP_MS = 180000;
const CALLED = new RegExp(`^${CALL.source}$`);
const TONES = { waiting: "amber", good: "green", bad: "red", neutral: "blue" };

export class Bubbles {
  /** `acts`: receipts, menu(row, entry, place), edit(text), retry(item), discard(item), cancel(item), jump(seq), record(entry), view(entry), preview(item). */
  constructor({ me, acts }) {
    Object.assign(this, { me, acts });
    this.recalled = new Map(); // "conversation:seq" → the own text, for as long as the page stands
  }

  /** The row of an entry of `card`; null for what has no place of its own. */
  rowOf(entry, card) {
    if (changesMessage(entry)) return null; // the trace stands where the message stood
    if (entry.kind === "event") return element("p", "feed-line", { "data-seq": entry.seq }, eventText(entry, this.me.id));
    if (entry.recalled) return this.trace(entry);
    const isOwn = entry.sender_id === this.me.id;
    const row = element("article", `message${isOwn ? " is-own" : ""}`, { "data-seq": entry.seq, "data-sender": entry.sender_id ?? entry.sender_name, "data-at": entry.created_at });
    const tools = this.toolsOf(row, entry);
    const bubble = this.bubbleOf(entry, row);
    if (isOwn) row.append(element("div", "bubble-box", {}, element("div", "bubble-line", {}, tools, bubble), this.footOf(entry, card)));
    else row.append(avatar(entry.sender_name), element("div", "bubble-box", {}, headOf(entry), element("div", "bubble-line", {}, bubble, tools)));
    row.addEventListener("contextmenu", (event) => {
      if (event.target.closest("a")) return;
      event.preventDefault();
      this.acts.menu(row, entry, { x: event.clientX, y: event.clientY, opener: row.querySelector(".bubble-tools button") });
    });
    return row;
  }

  /** The entry's own text is kept for writing it anew, and leaves the entry. */
  forget(entry, { withdrawn = false } = {}) {
    if (entry.sender_id === this.me.id && entry.body && !withdrawn) this.recalled.set(`${entry.conversation_id}:${entry.seq}`, entry.body);
    Object.assign(entry, { recalled: true, withdrawn, body: "", file: null, card: null, forwarded: null, reply_to: null, mentions: [] });
  }

  trace(entry) {
    const isOwn = entry.sender_id === this.me.id;
    const text = this.recalled.get(`${entry.conversation_id}:${entry.seq}`);
    const again = isOwn && text ? element("button", "feed-edit", { type: "button", onclick: () => this.acts.edit(text) }, "重新编辑") : null;
    return element("p", "feed-line", { "data-seq": entry.seq }, recallText(entry, this.me.id), again);
  }

  toolsOf(row, entry) {
    const more = element("button", "icon-button", { type: "button", "aria-label": "更多操作", title: "更多操作", "aria-haspopup": "menu" }, icon("more"));
    more.addEventListener("click", () => {
      const { left, bottom } = more.getBoundingClientRect();
      this.acts.menu(row, entry, { x: left, y: bottom + 4, opener: more, gap: 36 });
    });
    return element("span", "bubble-tools", {}, more);
  }

  bubbleOf(entry, row) {
    const quote = entry.reply_to ? this.quoteOf(entry.reply_to) : null;
    const from = entry.forwarded?.from_name ? element("span", "bubble-from", {}, `转发自 ${entry.forwarded.from_name}`) : null;
    const bubble = element("div", `bubble${entry.kind === "image" && entry.file?.thumbnail ? " is-picture" : ""}`, { title: exactly(entry.created_at), onclick: () => open(row) }, quote, from, this.contentOf(entry));
    if (entry.edited_at) bubble.append(element("span", "bubble-edited", { title: `编辑于 ${exactly(entry.edited_at)}` }, "已编辑"));
    return bubble;
  }

  contentOf(entry) {
    if (entry.card) return cardOf(entry.card);
    if (entry.kind === "record") return this.recordOf(entry);
    const words = entry.body ? element("div", "text", {}, ...this.words(entry)) : null;
    if (!entry.file) return words ?? "";
    const look = entry.kind === "image" && entry.file.thumbnail ? pictureOf(entry.file, { source: entry.file.thumbnail, onView: () => this.acts.view(entry) }) : fileOf(entry.file);
    return element("div", "bubble-file", {}, look, words);
  }

  /** The text, with the names it calls marked and its addresses linked. */
  words(entry) {
    if (!entry.mention_all && (entry.mentions ?? []).length === 0) return linked(entry.body);
    return linked(entry.body).flatMap((part) => (typeof part === "string" ? part.split(CALL) : [part])).map((piece) => {
      if (typeof piece !== "string" || !CALLED.test(piece)) return piece;
      const isMe = (entry.mention_all && piece === "@所有人") || ((entry.mentions ?? []).includes(this.me.id) && piece === `@${this.me.name}`);
      return element("span", `mention${isMe ? " is-me" : ""}`, {}, piece);
    });
  }

  quoteOf(quote) {
    if (quote.recalled) return element("span", "quote", {}, "原消息已撤回");
    return element("button", "quote", { type: "button", title: "查看原消息", onclick: (event) => { event.stopPropagation(); this.acts.jump(quote.seq); } },
      element("strong", "", {}, quote.sender_name), ` ${quote.excerpt}`);
  }

  recordOf(entry) {
    const lines = entry.forwarded?.lines ?? [];
    return element("button", "record", { type: "button", onclick: (event) => { event.stopPropagation(); this.acts.record(entry); } },
      element("strong", "record-title", {}, entry.body), ...lines.map((line) => element("span", "record-line", {}, line)),
      element("span", "record-foot", {}, `聊天记录 · ${entry.forwarded?.count ?? lines.length} 条`));
  }

  footOf(entry, card) {
    const button = element("button", "receipt", { type: "button", title: "查看已读和未读人员", onclick: () => this.acts.receipts(entry.conversation_id, entry.seq) });
    button.dataset.receipt = entry.seq;
    writeCount(button, entry.counts, card);
    return element("p", "bubble-foot", {}, element("time", "", { datetime: entry.created_at }, timeOf(entry.created_at)), button);
  }

  /** A file that is not sent yet: its picture from this browser, and how far it has come. */
  comingOf(item) {
    const preview = this.acts.preview(item);
    const look = item.kind === "image" && preview && item.file.width ? pictureOf(item.file, { source: preview }) : fileOf(item.file);
    const bar = item.state === "sending" && !item.file_id ? element("progress", "upload-bar", { max: "1", value: "0", "aria-label": `正在上传 ${item.file.name}` }) : null;
    return element("div", "bubble-file", {}, look, bar);
  }

  outgoingRow(item) {
    const foot = element("p", "bubble-foot", { role: "status" });
    if (item.state === "failed") {
      foot.append(element("span", "failed", {}, `发送失败：${item.reason}`), element("button", "recall", { type: "button", onclick: () => this.acts.retry(item) }, "重新发送"),
        element("button", "recall", { type: "button", onclick: () => this.acts.discard(item) }, "删除"));
    } else {
      foot.append(element("span", "", {}, item.state === "sent" ? "已送达" : item.file && !item.file_id ? "上传中…" : "发送中…"));
      if (item.file && item.state === "sending") foot.append(element("button", "recall", { type: "button", onclick: () => this.acts.cancel(item) }, "取消"));
    }
    const bubble = element("div", `bubble${item.kind === "image" ? " is-picture" : ""}`, {}, item.quote ? this.quoteOf(item.quote) : null, item.file ? this.comingOf(item) : element("div", "text", {}, ...this.words(item)));
    return element("article", `message is-own is-${item.state}`, { "data-client-id": item.id, "data-at": item.created_at ?? item.at, "data-sender": this.me.id },
      element("div", "bubble-box", {}, element("div", "bubble-line", {}, bubble), foot));
  }
}

/** How much of the file has left this browser. */
export function showShare(row, share) {
  const bar = row?.querySelector("progress");
  if (bar) bar.value = share;
}

export function writeCount(button, count, card) {
  if (!count) { button.textContent = "已送达"; return; }
  if (card.kind === "direct") button.textContent = count.read > 0 ? "已读" : "未读";
  else button.textContent = count.unread === 0 ? `${count.read} 人已读` : `${count.read} 人已读 · ${count.unread} 人未读`;
  button.classList.toggle("is-read", count.unread === 0);
}

/** What one person says within three minutes stands together: name and time once, the own line below the last. */
export function group(log) {
  let first = null;
  let last = null;
  for (const row of log.children) {
    const { sender, at } = row.dataset;
    const follows = first !== null && sender === first.dataset.sender && Date.parse(at) - Date.parse(first.dataset.at) < GROUP_MS;
    if (sender) row.classList.toggle("is-continued", follows);
    last?.classList.toggle("is-followed", follows);
    if (!follows) first = sender ? row : null;
    last = sender ? row : null;
  }
  last?.classList.remove("is-followed");
}

function headOf(entry) {
  return element("p", "bubble-head", {}, element("span", "bubble-name", {}, entry.sender_name), element("time", "", { datetime: entry.created_at }, timeOf(entry.created_at)));
}

function cardOf(card) {
  const state = card.state ? element("span", `tag ${TONES[card.tone] ?? ""}`, {}, card.state) : null;
  const link = card.link ? element("a", "bubble-card-link", card.link.startsWith("/") ? { href: card.link } : { href: card.link, target: "_blank", rel: "noopener noreferrer" }, "查看详情", icon("right")) : null;
  return element("div", "bubble-card", {}, element("div", "bubble-card-head", {}, element("strong", "", {}, card.title), state),
    ...card.lines.map((line) => element("p", "bubble-card-line", {}, line)), link);
}

/** A tap on a bubble shows its line and tools, and hides those of any other. */
function open(row) {
  if (!document.getSelection().isCollapsed) return;
  for (const other of row.parentElement.querySelectorAll(".message.is-open")) if (other !== row) other.classList.remove("is-open");
  row.classList.toggle("is-open");
}
