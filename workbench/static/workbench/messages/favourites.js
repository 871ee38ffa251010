// 收藏: what the person keeps, in the middle pane; found by kind and words, passed on, led back to.

import { fetchJson, toast } from "../base.js";
import { fileOf, pictureOf } from "./attached.js";
import { element, empty, exactly, icon } from "./elements.js";
import { offerUndo } from "./keeping.js";
import { linked } from "./links.js";
import { openViewer } from "./viewer.js";

const KINDS = [["", "全部"], ["text", "文字"], ["image", "图片"], ["file", "文件"], ["record", "聊天记录"], ["card", "卡片"]];
const TYPING_MS = 300;

export class Favourites {
  /** `onJump(conversationId, seq)`, `onForward(favourite)`, `onRecord(record)` shows what a record holds. */
  constructor({ root, api, onJump, onForward, onRecord }) {
    Object.assign(this, { root, api, onJump, onForward, onRecord });
    this.going = new Map(); // id → the offer to take it back
    window.addEventListener("pagehide", () => this.finish());
  }

  async open() {
    Object.assign(this, { kind: "", words: "" });
    this.search = element("input", "input", { type: "search", placeholder: "搜索收藏", "aria-label": "搜索收藏", maxlength: "60", autocomplete: "off" });
    this.search.addEventListener("input", () => { clearTimeout(this.typing); this.typing = setTimeout(() => this.again(), TYPING_MS); });
    this.tabs = element("div", "tabs favourites-tabs", { role: "tablist" }, ...KINDS.map(([kind, label]) =>
      element("button", "tab", { type: "button", role: "tab", "aria-selected": String(kind === ""), "data-kind": kind, onclick: () => this.choose(kind) }, label)));
    this.place = element("div", "favourites");
    this.more = element("button", "button", { type: "button", hidden: true, onclick: () => this.page() }, "更早的收藏");
    this.root.replaceChildren(
      element("div", "pane-head", {}, element("button", "back", { type: "button", "data-back": true, "aria-label": "返回会话列表" }, icon("back")), element("h2", "", {}, "收藏")),
      element("div", "favourites-head", {}, element("label", "search", {}, icon("search"), this.search), this.tabs),
      element("div", "pane-body shaded", {}, this.place, element("div", "pager", {}, this.more)),
    );
    await this.again();
  }

  choose(kind) {
    this.kind = kind;
    for (const tab of this.tabs.children) tab.setAttribute("aria-selected", String(tab.dataset.kind === kind));
    this.again();
  }

  again() {
    this.cursor = "";
    this.items = [];
    return this.page();
  }

  async page() {
    const isFirst = this.cursor === "";
    const words = this.search.value.trim();
    const query = new URLSearchParams({ limit: "30", words, ...(this.kind ? { kind: this.kind } : {}), ...(isFirst ? {} : { cursor: this.cursor }) });
    const asked = (this.asked = {});
    let page;
    try {
      page = await fetchJson(`${this.api}/favourites?${query}`);
    } catch (problem) {
      toast(problem.message, { error: true });
      return;
    }
    if (this.asked !== asked || !this.place.isConnected) return; // overtaken by another question
    const shown = page.items.filter((item) => !this.going.has(item.id));
    this.items.push(...shown);
    if (isFirst) this.place.replaceChildren();
    this.place.append(...shown.map((item) => this.cardOf(item)));
    this.cursor = page.next_cursor ?? "";
    this.more.hidden = !page.next_cursor;
    if (this.items.length === 0) this.place.replaceChildren(words || this.kind ? empty("没有匹配的收藏", "换个词或类型试试") : empty("还没有收藏", "在消息的菜单里选择“收藏”，重要内容会留在这里"));
  }

  cardOf(item) {
    const about = element("p", "favourite-about", {}, element("span", "truncate", {}, [item.sender_name, item.place === item.sender_name ? "" : item.place].filter(Boolean).join(" · ")),
      element("time", "nowrap", { datetime: item.kept_at, title: `收藏于 ${exactly(item.kept_at)}` }, exactly(item.said_at)));
    const acts = element("div", "favourite-acts", {},
      item.recalled ? null : this.button("定位到聊天", "messages", () => this.onJump(item.conversation_id, item.seq)),
      item.recalled || item.kind === "card" ? null : this.button("转发", "forward", () => this.onForward(item)),
      this.button("取消收藏", "trash", () => this.letGo(item, card)));
    const card = element("article", "card favourite", { "data-id": item.id }, element("div", "favourite-content", {}, ...this.contentOf(item)), element("div", "favourite-foot", {}, about, acts));
    return card;
  }

  button(label, symbol, act) {
    return element("button", "icon-button", { type: "button", "aria-label": label, title: label, onclick: act }, icon(symbol));
  }

  contentOf(item) {
    if (item.recalled) return [element("p", "meta", {}, "该消息已被撤回")];
    if (item.kind === "image" && item.file?.thumbnail) return [pictureOf(item.file, { source: item.file.thumbnail, onView: () => this.view(item) }), this.text(item)];
    if (item.file) return [fileOf(item.file), this.text(item)];
    if (item.kind === "record") return [element("button", "record", { type: "button", onclick: () => this.record(item) }, element("strong", "record-title", {}, item.body),
      ...(item.forwarded?.lines ?? []).map((line) => element("span", "record-line", {}, line)), element("span", "record-foot", {}, `聊天记录 · ${item.forwarded?.count ?? 0} 条`))];
    if (item.card) return [element("strong", "", {}, item.card.title), ...item.card.lines.map((line) => element("p", "bubble-card-line", {}, line)),
      item.card.link ? element("a", "favourite-link", { href: item.card.link }, "查看详情") : null].filter(Boolean);
    return [this.text(item)];
  }

  /** Long words fold; a press unfolds them. */
  text(item) {
    if (!item.body) return "";
    const text = element("p", "text favourite-text", {}, ...linked(item.body));
    requestAnimationFrame(() => {
      if (text.scrollHeight <= text.clientHeight + 2) return;
      const whole = element("button", "recall", { type: "button", onclick: () => { text.classList.add("is-whole"); whole.remove(); } }, "展开全文");
      text.after(whole);
    });
    return text;
  }

  view(item) {
    const pictures = this.items.filter((one) => one.kind === "image" && one.file?.view);
    openViewer(pictures.map((one) => one.file), pictures.indexOf(item));
  }

  async record(item) {
    try {
      const { items } = await fetchJson(`${this.api}/favourites/${item.id}`);
      this.onRecord({ title: item.body, items });
    } catch (problem) {
      toast(problem.message, { error: true });
    }
  }

  /** It is gone from the page at once and from the server when nobody took it back. */
  letGo(item, card) {
    const next = card.nextElementSibling ?? card.previousElementSibling;
    card.hidden = true;
    const offer = offerUndo("已取消收藏", () => { this.going.delete(item.id); card.hidden = false; }, () => this.gone(item, card));
    this.going.set(item.id, offer);
    (next?.querySelector(".favourite-acts button") ?? this.search).focus();
  }

  async gone(item, card) {
    try {
      await fetchJson(`${this.api}/favourites/${item.id}`, { method: "DELETE", keepalive: true });
      this.items = this.items.filter((one) => one !== item);
      card.remove();
      if (this.items.length === 0 && this.place.isConnected) this.again();
    } catch (problem) {
      card.hidden = false;
      toast(problem.message, { error: true });
    } finally {
      this.going.delete(item.id);
    }
  }

  /** Whoever leaves the page has not taken anything back. */
  finish() {
    for (const offer of [...this.going.values()]) offer.end();
  }
}
