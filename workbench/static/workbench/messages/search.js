// The search above the list: 联系人, 群聊 and 聊天记录 take the list's place while something is typed.

import { fetchJson, Problem } from "../base.js";
import { avatar, element, empty, icon, personText } from "./elements.js";
import { hitRow, markedName } from "./marked.js";
import { tileOf } from "./list.js";

const TYPING_MS = 250;
const FEW = 4; // rows of a group before "更多"
const ROOMS = 20;
const PAGE = 20;
const PEOPLE = "/api/v1/org/people/search";

export class Search {
  /** `onPerson(id)`, `onRoom(id)` and `onMessage(id, seq)` open what was chosen. */
  constructor({ input, list, root, api, me, onPerson, onRoom, onMessage }) {
    Object.assign(this, { input, list, root, api, me, onPerson, onRoom, onMessage });
    input.addEventListener("input", (event) => { if (!event.isComposing) this.typed(); });
    input.addEventListener("compositionend", () => this.typed());
    input.addEventListener("keydown", (event) => this.keyed(event));
    root.addEventListener("keydown", (event) => this.walked(event));
    document.addEventListener("keydown", (event) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || event.key.toLowerCase() !== "k") return;
      if (input.offsetParent === null || document.querySelector(".dialog-back:not([hidden])")) return;
      event.preventDefault();
      input.focus();
      input.select();
    });
  }

  typed() {
    clearTimeout(this.soon);
    const wanted = this.input.value.trim();
    if (wanted === "") { this.end(); return; }
    if (wanted === this.wanted) return;
    this.soon = setTimeout(() => this.look(wanted), TYPING_MS);
    if (this.root.hidden) this.wait();
  }

  end() {
    clearTimeout(this.soon);
    this.wanted = null;
    this.root.hidden = true;
    this.root.replaceChildren();
    this.list.hidden = false;
  }

  wait() {
    this.list.hidden = true;
    this.root.hidden = false;
    this.root.replaceChildren(element("p", "list-label", { role: "status" }, "正在搜索…"));
  }

  async look(wanted) {
    this.wanted = wanted;
    this.list.hidden = true;
    this.root.hidden = false;
    this.root.setAttribute("aria-busy", "true");
    let found;
    try {
      found = await Promise.all([
        this.people(wanted),
        fetchJson(`${this.api}/search/conversations?${new URLSearchParams({ q: wanted.slice(0, 60), limit: ROOMS })}`),
        this.messages(wanted),
      ]);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (this.wanted === wanted) this.show([empty("暂时无法搜索", problem.message)]);
      return;
    }
    if (this.wanted !== wanted) return; // overtaken by what was typed since
    const [people, rooms, messages] = found;
    const others = this.once(people).filter((person) => person.person_id !== this.me.id);
    const groups = rooms.filter((room) => room.kind !== "direct");
    const parts = [
      this.group("联系人", others.map((person) => this.person(person))),
      this.group("群聊", groups.map((room) => this.room(room))),
      this.said(messages),
    ].filter(Boolean);
    this.show(parts.length > 0 ? parts : [empty("没有找到相关内容", "换个词试试")]);
  }

  /** One Chinese character names half of the province: nobody is looked for by it. */
  people(wanted) {
    if ([...wanted].length < 2 || wanted.length > 60) return [];
    return fetchJson(`${PEOPLE}?${new URLSearchParams({ text: wanted, limit: PAGE })}`);
  }

  messages(wanted, cursor = "") {
    return fetchJson(`${this.api}/search/messages?${new URLSearchParams({ q: wanted, limit: PAGE, ...(cursor ? { cursor } : {}) })}`);
  }

  show(parts) {
    this.root.setAttribute("aria-busy", "false");
    this.root.replaceChildren(...parts);
  }

  /** Whoever holds several posts is one contact. */
  once(people) {
    return [...new Map([...people].reverse().map((person) => [person.person_id, person])).values()].reverse();
  }

  group(label, rows) {
    if (rows.length === 0) return null;
    const shown = element("div", "list", {}, ...rows.slice(0, FEW));
    const more = element("button", "button small quiet found-more", { type: "button", hidden: rows.length <= FEW, onclick: () => { shown.append(...rows.slice(FEW)); more.hidden = true; rows[FEW].focus(); } }, `更多${label}`);
    return element("section", "found-group", { "aria-label": label }, element("h2", "list-label", {}, label), shown, more);
  }

  person(person) {
    const row = element("button", "row tall", { type: "button", onclick: () => this.onPerson(person.person_id) }, avatar(person.name), personText(person));
    row.querySelector(".row-title").replaceChildren(...markedName(person.name, this.wanted));
    return row;
  }

  room(room) {
    const by = room.by_member ? ["包含：", ...markedName(room.by_member, this.wanted)] : [`${room.member_count} 人`];
    return element("button", "row tall", { type: "button", onclick: () => this.onRoom(room.conversation_id) }, tileOf(room),
      element("span", "row-text", {}, element("span", "row-title", {}, ...markedName(room.title, this.wanted)), element("span", "row-meta", {}, ...by)));
  }

  /** 聊天记录, page by page; the button also goes on where a page ended without being full. */
  said(page) {
    if (page.items.length === 0 && !page.next_cursor) return null;
    const { wanted } = this;
    const rows = element("div", "list");
    let { next_cursor: cursor } = page;
    const more = element("button", "button small quiet found-more", { type: "button" }, "更早的聊天记录");
    const take = (next) => {
      cursor = next.next_cursor;
      rows.append(...next.items.map((hit) => this.hit(hit)));
      more.hidden = !cursor;
    };
    more.addEventListener("click", async () => {
      more.disabled = true;
      try {
        const next = await this.messages(wanted, cursor);
        if (this.wanted === wanted) take(next);
      } catch (problem) {
        if (!(problem instanceof Problem)) throw problem;
      } finally {
        more.disabled = false;
      }
    });
    take(page);
    return element("section", "found-group", { "aria-label": "聊天记录" }, element("h2", "list-label", {}, "聊天记录"), rows, more);
  }

  hit(hit) {
    const isOthers = hit.conversation_kind !== "direct" || hit.sender_id === this.me.id;
    const who = isOthers ? (hit.sender_id === this.me.id ? "我" : hit.sender_name) : "";
    return hitRow(hit, {
      tile: tileOf({ kind: hit.conversation_kind, title: hit.conversation_title }), title: hit.conversation_title, who,
      onOpen: () => this.onMessage(hit.conversation_id, hit.seq),
    });
  }

  keyed(event) {
    if (event.isComposing) return;
    if (event.key === "Escape" && this.input.value) {
      event.stopPropagation();
      this.input.value = "";
      this.end();
      return;
    }
    if (!["Enter", "ArrowDown"].includes(event.key)) return;
    const first = (this.root.hidden ? this.list : this.root).querySelector("button.row");
    if (!first) return;
    event.preventDefault();
    if (event.key === "Enter" && this.input.value.trim()) first.click(); else first.focus();
  }

  /** Up and down walk over all groups; Escape goes back to the words. */
  walked(event) {
    if (event.key === "Escape") { event.stopPropagation(); this.input.focus(); return; }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || !event.target.matches(".row")) return;
    const rows = [...this.root.querySelectorAll("button.row")];
    const next = rows[rows.indexOf(event.target) + step];
    event.preventDefault();
    event.stopPropagation();
    (next ?? (step < 0 ? this.input : event.target)).focus();
  }
}
