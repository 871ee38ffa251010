// Choosing people: for a new chat, a new group, or to invite into one.

import { closeDialog, fetchJson, openDialog, toast } from "../base.js";
import { avatar, element, empty, icon, postOf } from "./elements.js";

const PATIENCE_MS = 200;

export class Picker {
  constructor({ dialog, me, searchUrl }) {
    Object.assign(this, { dialog, me, searchUrl });
    this.part = (name) => dialog.querySelector(`[data-part="${name}"]`);
    this.part("search").addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.search(), PATIENCE_MS);
    });
    this.part("form").addEventListener("submit", (event) => { event.preventDefault(); this.finish(); });
  }

  /** Opens the dialog; `onChosen(people, title)` is called with what was chosen. */
  open({ heading, verb, naming, already = [], onChosen }) {
    this.wanted = { verb, naming, onChosen };
    this.pending = false;
    this.already = new Set([this.me.id, ...already]);
    this.chosen = new Map();
    this.part("heading").textContent = heading;
    this.part("search").value = "";
    this.part("title").value = "";
    this.hint();
    this.draw();
    openDialog(this.dialog);
    this.part("search").focus();
  }

  hint() {
    this.part("found").replaceChildren(empty("搜索同事", "输入姓名、拼音或首字母"));
  }

  async search() {
    const text = this.part("search").value.trim();
    if (!text) { this.hint(); return; }
    let found;
    try {
      found = await fetchJson(`${this.searchUrl}?${new URLSearchParams({ text, limit: "20" })}`);
    } catch (problem) {
      toast(problem.message, { error: true });
      return;
    }
    if (text !== this.part("search").value.trim()) return;
    const people = [...new Map(found.map((row) => [row.person_id, row])).values()].filter((row) => row.person_id !== this.me.id);
    const rows = people.map((row) => this.row(row));
    this.part("found").replaceChildren(...(rows.length > 0 ? rows : [empty("没有找到", "换个写法试试")]));
  }

  row(person) {
    const isIn = this.already.has(person.person_id);
    const row = element("button", "row tall", { type: "button", "aria-pressed": String(this.chosen.has(person.person_id)), disabled: isIn },
      avatar(person.name),
      element("span", "row-text", {}, element("span", "row-title", {}, person.name), element("span", "row-meta", {}, postOf(person))),
      element("span", "row-side", {}, isIn ? "已在群聊中" : icon("check")));
    row.addEventListener("click", () => {
      if (this.chosen.has(person.person_id)) this.chosen.delete(person.person_id);
      else this.chosen.set(person.person_id, person);
      row.setAttribute("aria-pressed", String(this.chosen.has(person.person_id)));
      this.draw();
    });
    return row;
  }

  draw() {
    const chips = [...this.chosen.values()].map((person) => element("button", "chip is-on", {
      type: "button", "aria-label": `取消选择 ${person.name}`, onclick: () => { this.chosen.delete(person.person_id); this.draw(); this.search(); },
    }, person.name, icon("close")));
    this.part("chosen").replaceChildren(...chips);
    this.part("naming").hidden = !(this.wanted.naming && this.chosen.size > 1);
    const submit = this.part("submit");
    submit.disabled = this.pending || this.chosen.size === 0;
    submit.textContent = this.wanted.naming && this.chosen.size > 1 ? `创建群聊（${this.chosen.size + 1} 人）` : this.wanted.verb;
  }

  async finish() {
    if (this.pending || this.chosen.size === 0) return;
    const people = [...this.chosen.values()];
    const typed = this.part("title").value.trim();
    const named = [this.me.name, ...people.map((person) => person.name)];
    const title = typed || `${named.slice(0, 4).join("、")}${named.length > 4 ? "等" : ""}`;
    this.hold(true);
    try {
      await this.wanted.onChosen(people.map((person) => person.person_id), title.slice(0, 60));
      closeDialog(this.dialog);
    } catch (problem) {
      toast(problem.message, { error: true });
    } finally {
      this.hold(false);
    }
  }

  /** While a choice is on its way it is not sent again. */
  hold(pending) {
    this.pending = pending;
    this.part("submit").setAttribute("aria-busy", String(pending));
    this.draw();
  }
}
