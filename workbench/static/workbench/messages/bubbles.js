// One entry of the feed as a row: a bubble with its line of time, receipt and recall, or a trace of what was.

import { avatar, element, eventText, exactly, timeOf } from "./elements.js";

const RECALL_MS = 120000;
const GROUP_MS = 180000;

export class Bubbles {
  /** `onRecall(seq)` resolves with whether the message is recalled now. */
  constructor({ me, onReceipts, onRecall, onEdit, onRetry }) {
    Object.assign(this, { me, onReceipts, onRecall, onEdit, onRetry });
    this.recalled = new Map(); // "conversation:seq" → the own text, for as long as the page stands
  }

  /** The row of an entry of `card`; null for what has no place of its own. */
  rowOf(entry, card) {
    if (entry.kind === "event") {
      // The trace stands where the message stood.
      return ["recalled", "edited"].includes(entry.event.verb) ? null : element("p", "feed-line", { "data-seq": entry.seq }, eventText(entry, this.me.id));
    }
    if (entry.recalled) return this.trace(entry, entry.sender_name);
    return entry.sender_id === this.me.id ? this.ownRow(entry, card) : this.othersRow(entry);
  }

  /** The entry's own text is kept for writing it anew, and leaves the entry. */
  forget(entry) {
    if (entry.sender_id === this.me.id && entry.body) this.recalled.set(`${entry.conversation_id}:${entry.seq}`, entry.body);
    entry.recalled = true;
    entry.body = "";
  }

  trace(entry, name) {
    const isOwn = entry.sender_id === this.me.id;
    const text = this.recalled.get(`${entry.conversation_id}:${entry.seq}`);
    const again = isOwn && text ? element("button", "feed-edit", { type: "button", onclick: () => this.onEdit(text) }, "重新编辑") : null;
    return element("p", "feed-line", { "data-seq": entry.seq }, `${isOwn ? "您" : name}撤回了一条消息`, again);
  }

  othersRow(entry) {
    const head = element("p", "bubble-head", {}, element("span", "bubble-name", {}, entry.sender_name), element("time", "", { datetime: entry.created_at }, timeOf(entry.created_at)));
    return element("article", "message", { "data-seq": entry.seq, "data-sender": entry.sender_id, "data-at": entry.created_at },
      avatar(entry.sender_name),
      element("div", "bubble-box", {}, head, element("div", "bubble text", { title: exactly(entry.created_at) }, entry.body)));
  }

  ownRow(entry, card) {
    const foot = element("p", "bubble-foot", {}, element("time", "", { datetime: entry.created_at }, timeOf(entry.created_at)), this.receiptOf(entry, card));
    const left = new Date(entry.created_at).getTime() + RECALL_MS - Date.now();
    if (left > 0) offerRecall(foot, left, () => this.onRecall(entry.seq));
    return this.own({ "data-seq": entry.seq, "data-at": entry.created_at }, "", entry.body, foot);
  }

  own(attributes, state, body, foot) {
    const row = element("article", `message is-own ${state}`, { ...attributes, "data-sender": this.me.id },
      element("div", "bubble-box", {}, element("div", "bubble text", { onclick: () => open(row) }, body), foot));
    return row;
  }

  receiptOf(entry, card) {
    const button = element("button", "receipt", { type: "button", title: "查看已读和未读人员", onclick: () => this.onReceipts(entry.conversation_id, entry.seq) });
    button.dataset.receipt = entry.seq;
    writeCount(button, entry.counts, card);
    return button;
  }

  outgoingRow(item) {
    const foot = element("p", "bubble-foot", { role: "status" });
    if (item.state === "failed") {
      foot.append(element("span", "failed", {}, `发送失败：${item.reason}`), element("button", "recall", { type: "button", onclick: () => this.onRetry(item) }, "重新发送"));
    } else {
      foot.append(element("span", "", {}, item.state === "sent" ? "已送达" : "发送中…"));
    }
    return this.own({ "data-client-id": item.id, "data-at": item.created_at ?? item.at }, `is-${item.state}`, item.body, foot);
  }
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

/** A tap on an own bubble shows its line, and hides that of any other. */
function open(row) {
  if (!document.getSelection().isCollapsed) return;
  for (const other of row.parentElement.querySelectorAll(".message.is-open")) if (other !== row) other.classList.remove("is-open");
  row.classList.toggle("is-open");
}

/** The line offers the recall for `left` ms, and asks before it is done. */
function offerRecall(foot, left, recall) {
  let cease = null;
  const button = element("button", "recall", { type: "button", onclick: () => { cease = askRecall(foot, button, recall); } }, "撤回");
  foot.append(button);
  setTimeout(() => { cease?.(); button.remove(); }, left);
}

/** Asks in place of the line; gives what ends the asking. 取消 stands where 撤回 stood: a double tap does nothing. */
function askRecall(foot, opener, recall) {
  const cease = () => {
    document.removeEventListener("keydown", escape, true);
    if (!ask.isConnected) return;
    const hadFocus = ask.contains(document.activeElement);
    ask.remove();
    foot.classList.remove("is-asking");
    if (hadFocus) opener.focus({ preventScroll: true });
  };
  const escape = (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    cease();
  };
  const yes = element("button", "recall is-sure", { type: "button" }, "撤回");
  const no = element("button", "recall", { type: "button", onclick: cease }, "取消");
  yes.addEventListener("click", async () => {
    yes.disabled = true;
    if (!(await recall())) cease();
  });
  const ask = element("span", "recall-ask", { role: "group", "aria-label": "撤回这条消息？" }, element("span", "", {}, "撤回这条消息？"), yes, no);
  document.addEventListener("keydown", escape, true);
  foot.classList.add("is-asking");
  foot.append(ask);
  no.focus({ preventScroll: true });
  return cease;
}
