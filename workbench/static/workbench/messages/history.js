// 查找聊天记录: the messages of one conversation by words, sender, kind and day.

import { avatar, element, empty, icon } from "./elements.js";
import { hitRow } from "./marked.js";

const TYPING_MS = 250;
const PAGE = 30;
const NEAR_END = 240;
const KINDS = [["", "全部类型"], ["text", "文字"], ["image", "图片"], ["file", "文件"], ["record", "聊天记录"], ["card", "卡片"]];
const MEMBERS = 100;

export class History {
  /** `onJump(seq)` shows the message in its surroundings. */
  constructor({ panel, onJump }) {
    Object.assign(this, { panel, onJump });
  }

  async show(conversationId) {
    const detail = await this.panel.ask(`/conversations/${conversationId}`);
    if (!detail) return;
    this.id = conversationId;
    this.key = this.panel.shown = `history:${conversationId}`;
    this.words = element("input", "input", { type: "search", placeholder: "搜索聊天记录", "aria-label": "搜索聊天记录", autocomplete: "off", maxlength: "100" });
    this.sender = this.choice("发送人", [["", "全部成员"], ...this.people(detail.members)]);
    this.kind = this.choice("类型", KINDS);
    this.since = this.day("起始日期");
    this.until = this.day("结束日期");
    this.list = element("div", "list", { role: "group", "aria-label": "查找结果" });
    this.body = element("div", "pane-body", {}, this.list);
    this.body.addEventListener("scroll", () => this.further(), { passive: true });
    this.words.addEventListener("input", (event) => { if (!event.isComposing) this.typed(); });
    this.words.addEventListener("compositionend", () => this.typed());
    this.words.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowDown" || event.isComposing) return;
      event.preventDefault();
      this.list.querySelector("button.row")?.focus();
    });
    this.panel.reveal("查找聊天记录",
      element("div", "history-filters", {}, element("label", "search", {}, icon("search"), this.words),
        element("div", "cluster", {}, this.sender, this.kind), element("div", "cluster", {}, this.since, element("span", "meta", {}, "至"), this.until)),
      this.body);
    this.words.focus();
    this.again();
  }

  people(members) {
    return members.slice(0, MEMBERS).map((member) => [String(member.person_id), member.person_id === this.panel.me.id ? `${member.name}（我）` : member.name]);
  }

  choice(label, options) {
    const select = element("select", "input", { "aria-label": label }, ...options.map(([value, text]) => element("option", "", { value }, text)));
    select.addEventListener("change", () => this.again());
    return select;
  }

  day(label) {
    const input = element("input", "input", { type: "date", "aria-label": label, max: "9999-12-31" });
    input.addEventListener("change", () => this.again());
    return input;
  }

  typed() {
    clearTimeout(this.soon);
    this.soon = setTimeout(() => this.again(), TYPING_MS);
  }

  asked() {
    const filters = { q: this.words.value.trim(), sender_id: this.sender.value, kind: this.kind.value };
    if (this.since.value) filters.since = `${this.since.value}T00:00:00+08:00`;
    if (this.until.value) filters.until = `${this.until.value}T23:59:59.999999+08:00`;
    return Object.fromEntries(Object.entries(filters).filter(([, value]) => value));
  }

  async again() {
    const asked = this.asked();
    this.key = JSON.stringify(asked);
    this.cursor = null;
    if (Object.keys(asked).length === 0) {
      this.list.replaceChildren(empty("查找聊天记录", "输入关键词，或按发送人、类型、日期筛选"));
      return;
    }
    this.list.setAttribute("aria-busy", "true");
    if (this.list.childElementCount === 0) this.list.replaceChildren(element("p", "list-label", { role: "status" }, "正在查找…"));
    const page = await this.ask(asked);
    if (!page || !this.isCurrent(asked)) return;
    this.list.replaceChildren();
    this.list.setAttribute("aria-busy", "false");
    this.take(page);
  }

  isCurrent(asked) {
    return this.panel.shown === `history:${this.id}` && this.key === JSON.stringify(asked);
  }

  take(page) {
    this.cursor = page.next_cursor;
    this.list.append(...page.items.map((hit) => this.row(hit)));
    if (this.list.childElementCount === 0 && !this.cursor) this.list.append(empty("没有找到聊天记录", "换个词，或放宽筛选条件"));
    this.further();
  }

  row(hit) {
    const isOwn = hit.sender_id === this.panel.me.id;
    return hitRow(hit, { tile: avatar(hit.sender_name), title: isOwn ? `${hit.sender_name}（我）` : hit.sender_name, who: "", onOpen: () => this.onJump(hit.seq) });
  }

  /** The next page when the end is near: also where a page ended before it was full. */
  async further() {
    const left = this.body.scrollHeight - this.body.scrollTop - this.body.clientHeight;
    if (!this.cursor || this.loading || left > NEAR_END) return;
    const asked = this.asked();
    this.loading = true;
    const page = await this.ask(asked, this.cursor);
    this.loading = false;
    if (page && this.isCurrent(asked)) this.take(page);
  }

  ask(asked, cursor = "") {
    const query = { ...asked, conversation_id: this.id, limit: PAGE, ...(cursor ? { cursor } : {}) };
    return this.panel.ask(`/search/messages?${new URLSearchParams(query)}`);
  }
}
