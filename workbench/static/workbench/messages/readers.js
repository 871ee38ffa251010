// 阅读情况: who has read a message and who has not, page by page, with a search by name.

import { avatar, element, empty, exactly, icon, personText } from "./elements.js";

const PAGE = 50;
const NEAR_END = 240;
const TYPING_MS = 250;
const SEARCHED_FROM = 8;
const NAMES = { unread: "未读", read: "已读" };

export class Readers {
  constructor({ panel }) {
    this.panel = panel;
  }

  /** The lists of one own message; `state` stays as it was while the same message is shown. */
  async show(conversationId, seq, state = "unread") {
    this.key = `receipts:${conversationId}:${seq}`;
    this.path = `/conversations/${conversationId}/messages/${seq}/receipts`;
    this.wanted = "";
    const page = await this.ask(state);
    if (!page) return;
    if (state === "unread" && page.unread === 0 && page.read > 0) { await this.show(conversationId, seq, "read"); return; }
    this.build(page, state);
    this.fill(page);
  }

  /** Fresh counts: the tabs say them at once; what is read further down comes when it is asked for. */
  recount(count) {
    if (!this.tabs) return;
    this.showCounts(count);
    if (this.body.scrollTop < NEAR_END && !this.wanted) this.again();
  }

  build(page, state) {
    this.state = state;
    this.tabs = new Map(Object.keys(NAMES).map((name) => [name, element("button", "tab", { type: "button", role: "tab", "aria-selected": String(name === state), onclick: () => this.choose(name) })]));
    this.ding = element("div", "pane-foot", {}, element("button", "button primary block", { type: "button", onclick: () => this.panel.onDingUnread(...this.key.split(":").slice(1).map(Number)) }, "DING 未读人员"));
    this.showCounts(page);
    const search = element("input", "input", { type: "search", placeholder: "搜索姓名或拼音", "aria-label": "搜索阅读情况中的同事", autocomplete: "off", maxlength: "60" });
    search.addEventListener("input", (event) => { if (!event.isComposing) this.typed(search.value); });
    search.addEventListener("compositionend", () => this.typed(search.value));
    this.list = element("div", "list", { "aria-busy": "false" });
    this.body = element("div", "pane-body", {}, this.list);
    this.body.addEventListener("scroll", () => this.further(), { passive: true });
    this.panel.shown = this.key;
    const many = page.read + page.unread >= SEARCHED_FROM;
    this.panel.reveal("阅读情况", element("div", "tabs panel-tabs", { role: "tablist" }, ...this.tabs.values()),
      ...(many ? [element("div", "panel-search is-alone", {}, element("label", "search", {}, icon("search"), search))] : []), this.body, this.ding);
  }

  showCounts({ read, unread }) {
    this.tabs.get("read").textContent = `已读 ${read}`;
    this.tabs.get("unread").textContent = `未读 ${unread}`;
    this.ding.hidden = unread === 0;
  }

  choose(state) {
    this.state = state;
    for (const [name, tab] of this.tabs) tab.setAttribute("aria-selected", String(name === state));
    this.again();
  }

  typed(text) {
    clearTimeout(this.soon);
    this.soon = setTimeout(() => { this.wanted = text.trim(); this.again(); }, TYPING_MS);
  }

  async again() {
    const { key, state, wanted } = this;
    this.list.setAttribute("aria-busy", "true");
    const page = await this.ask(state);
    const isOvertaken = this.panel.shown !== key || this.state !== state || this.wanted !== wanted;
    if (!page || isOvertaken) return;
    this.list.replaceChildren();
    this.showCounts(page);
    this.fill(page);
  }

  fill(page) {
    this.cursor = page.next_cursor;
    this.list.setAttribute("aria-busy", "false");
    this.list.append(...page.items.map((person) => this.row(person)));
    if (this.list.childElementCount === 0) this.list.append(this.nobody());
  }

  nobody() {
    if (this.wanted) return empty("没有匹配的同事", "换个姓名试试");
    return this.state === "read" ? empty("还没有人已读", "") : empty("全部已读", "");
  }

  row(person) {
    const side = person.read_at ? element("time", "", { datetime: person.read_at }, exactly(person.read_at)) : "未读";
    return element("div", "row tall", {}, avatar(person.name), personText(person), element("span", "row-side", {}, side));
  }

  /** The next page when the end is near. */
  async further() {
    const left = this.body.scrollHeight - this.body.scrollTop - this.body.clientHeight;
    if (!this.cursor || this.loading || left > NEAR_END) return;
    const { key, state, wanted, cursor } = this;
    this.loading = true;
    const page = await this.ask(state, cursor);
    this.loading = false;
    const isOvertaken = this.panel.shown !== key || this.state !== state || this.wanted !== wanted || this.cursor !== cursor;
    if (page && !isOvertaken) this.fill(page);
  }

  ask(state, cursor = "") {
    const asked = { state, limit: PAGE, ...(this.wanted ? { q: this.wanted } : {}), ...(cursor ? { cursor } : {}) };
    return this.panel.ask(`${this.path}?${new URLSearchParams(asked)}`);
  }
}
