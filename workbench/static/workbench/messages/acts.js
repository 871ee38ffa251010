// What one may do to a message: the menu of it, and what its choices do.

import { fetchJson, toast } from "../base.js";
import { confirmed } from "../confirm.js";
import { isSpoken, quoted } from "./events.js";
import { openMenu } from "./menu.js";

const FORWARDED = new Set(["text", "image", "file", "record"]);
const DEFAULTS = { recall_minutes: 2, edit_minutes: 15, forwarding: true };

export const isForwardable = (entry) => isSpoken(entry) && FORWARDED.has(entry.kind);

export class MessageActs {
  constructor({ feed, onReceipts, onForward }) {
    Object.assign(this, { feed, onReceipts, onForward });
  }

  get policy() {
    return this.feed.detail?.policy ?? DEFAULTS;
  }

  isYoung(entry, minutes) {
    return Date.now() - new Date(entry.created_at).getTime() < minutes * 60000;
  }

  isEditable(entry) {
    const isOwn = entry.sender_id === this.feed.me.id;
    return isOwn && isSpoken(entry) && entry.kind === "text" && !entry.forwarded && this.isYoung(entry, this.policy.edit_minutes) && !this.feed.composer.form.hidden;
  }

  menu(row, entry, place) {
    const { feed } = this;
    const isOwn = entry.sender_id === feed.me.id;
    const forwards = isForwardable(entry) && this.policy.forwarding;
    const words = document.getSelection().toString();
    const chosen = words && row.contains(document.getSelection().anchorNode) ? words : entry.body;
    openMenu([
      feed.composer.form.hidden ? null : { label: "回复", act: () => feed.composer.answer(quoted(entry)) },
      chosen ? { label: words && chosen === words ? "复制所选" : "复制", act: () => copy(chosen) } : null,
      forwards ? { label: "转发", act: () => this.onForward(feed.card, [entry.seq], false) } : null,
      forwards ? { label: "多选", act: () => feed.selection.start(feed.log, entry.seq) } : null,
      isSpoken(entry) && this.policy.forwarding ? feed.keeping.item(entry) : null,
      this.isEditable(entry) ? { label: "编辑", act: () => this.edit(entry) } : null,
      feed.composer.form.hidden ? null : { label: "DING", act: () => feed.onDing(entry) },
      isOwn ? { label: "阅读情况", act: () => this.onReceipts(entry.conversation_id, entry.seq) } : null,
      isOwn && this.isYoung(entry, this.policy.recall_minutes) ? { label: "撤回", danger: true, act: () => this.recall(entry) } : null,
      this.mayWithdraw(entry) ? { label: "撤下", danger: true, act: () => this.withdraw(entry) } : null,
    ].filter(Boolean), place);
  }

  /** Arrows walk the messages, the menu key opens the menu of the one that has the focus. */
  keyed(event) {
    const row = event.target.closest?.(".message[data-seq]");
    if (!row) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && event.target.matches(".bubble-tools button")) {
      const all = [...this.feed.logRoot.querySelectorAll(".message[data-seq] .bubble-tools button")];
      const next = all[all.indexOf(event.target) + step];
      if (next) { event.preventDefault(); next.focus(); }
    } else if (event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey)) {
      event.preventDefault();
      row.querySelector(".bubble-tools button")?.click();
    }
  }

  // ── editing and recalling ───────────────────────────────────────────────

  async edit(entry) {
    const { members } = await this.feed.callable().catch(() => ({ members: [] })); // cut off: the names stay as words
    const named = members.filter((member) => (entry.mentions ?? []).includes(member.person_id)).map((member) => [member.name, member.person_id]);
    if (this.feed.id === entry.conversation_id) this.feed.composer.edit(entry, named);
  }

  /** The last own message is edited, if it still may be; whether it is. */
  editLast() {
    const last = [...this.feed.log.entries.values()].reverse().find((entry) => entry.sender_id === this.feed.me.id && isSpoken(entry));
    if (!last || !this.isEditable(last)) return false;
    this.edit(last);
    return true;
  }

  async saveEdit(entry, { body, mentions }) {
    return this.asked(() => fetchJson(this.path(entry), { method: "PATCH", json: { body, mentions } }));
  }

  recall(entry) {
    confirmed("撤回这条消息？所有人都将看不到它的内容。", "撤回", () => this.asked(() => fetchJson(`${this.path(entry)}/recall`, { method: "POST", json: {} })));
  }

  /** Whoever administers the group takes down what others said; whether of its owner, too, the server says. */
  mayWithdraw(entry) {
    const { card, me } = this.feed;
    return isSpoken(entry) && card.kind !== "direct" && card.role !== "member" && (entry.sender_id !== me.id || !this.isYoung(entry, this.policy.recall_minutes));
  }

  withdraw(entry) {
    const question = `撤下${entry.sender_name}的这条消息？所有人都将看不到它的内容，撤下的操作记入审计日志。`;
    confirmed(question, "撤下", () => this.asked(() => fetchJson(`${this.path(entry)}/withdraw`, { method: "POST", json: {} })));
  }

  path(entry) {
    return `${this.feed.api}/conversations/${entry.conversation_id}/messages/${entry.seq}`;
  }

  async asked(act) {
    try {
      await act();
      return true;
    } catch (problem) {
      toast(problem.message, { error: true });
      return false;
    }
  }
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast("已复制");
  } catch {
    toast("浏览器未允许复制，请选中文字后按 Ctrl+C", { error: true }); // plain http, or refused
  }
}
