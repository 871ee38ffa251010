// Forwarding: where to, chosen from the conversations or from the people; and a record, opened.

import { closeDialog, fetchJson, openDialog, toast } from "../base.js";
import { chosen, reset } from "../picker.js";
import { fileOf, pictureOf } from "./attached.js";
import { element, exactly, icon } from "./elements.js";
import { linked } from "./links.js";
import { tileOf } from "./list.js";
import { newId } from "./outbox.js";
import { openViewer } from "./viewer.js";

const SHOWN = 60;
const KINDS = { image: "[图片]", record: "[聊天记录]" };

export class Forward {
  constructor({ dialog, api, me, list }) {
    Object.assign(this, { dialog, api, me, list });
    this.part = (name) => dialog.querySelector(`[data-part="${name}"]`);
    this.people = dialog.querySelector("[data-picker]");
    this.people.addEventListener("picker:changed", () => this.draw());
    this.part("search").addEventListener("input", () => this.drawList());
    for (const tab of dialog.querySelectorAll("[data-tab]")) tab.addEventListener("click", () => this.show(tab.dataset.tab));
    this.part("form").addEventListener("submit", (event) => { event.preventDefault(); this.finish(); });
  }

  open(card, seqs, together) {
    const heading = together ? `合并转发 ${seqs.length} 条消息` : seqs.length > 1 ? `逐条转发 ${seqs.length} 条消息` : "转发消息";
    this.ask(heading, `/conversations/${card.id}/forward-${together ? "together" : "singly"}`, { seqs });
  }

  /** Asks where to, and posts the answer to the path of the API, with `content`. */
  ask(heading, path, content = {}) {
    this.wanted = { path, content, id: newId() };
    this.to = new Set();
    this.pending = false;
    this.part("heading").textContent = heading;
    this.part("search").value = "";
    reset(this.people, { without: [this.me.id] });
    this.show("rooms");
    this.drawList();
    openDialog(this.dialog);
    this.part("search").focus();
  }

  show(name) {
    for (const tab of this.dialog.querySelectorAll("[data-tab]")) tab.setAttribute("aria-selected", String(tab.dataset.tab === name));
    this.part("rooms").hidden = name !== "rooms";
    this.part("persons").hidden = name !== "persons";
    if (name === "persons") this.people.querySelector("input[type=search]").focus();
  }

  drawList() {
    const wanted = this.part("search").value.trim();
    const cards = this.list.sorted().filter((card) => !card.dissolved && (!wanted || card.title.includes(wanted)) && !(card.mute_all && card.role === "member"));
    this.part("list").replaceChildren(...cards.slice(0, SHOWN).map((card) => this.rowOf(card)));
    this.draw();
  }

  rowOf(card) {
    const row = element("button", "row picker-one", { type: "button", "aria-pressed": String(this.to.has(card.id)) }, tileOf(card),
      element("span", "row-text", {}, element("span", "row-title", { title: card.title }, card.title), card.kind === "direct" ? null : element("span", "row-meta", {}, `${card.member_count} 人`)),
      element("span", "picker-mark", {}, icon("check")));
    row.classList.toggle("is-picked", this.to.has(card.id));
    row.addEventListener("click", () => {
      if (!this.to.delete(card.id)) this.to.add(card.id);
      row.classList.toggle("is-picked", this.to.has(card.id));
      row.setAttribute("aria-pressed", String(this.to.has(card.id)));
      this.draw();
    });
    return row;
  }

  draw() {
    if (!this.wanted) return;
    const number = this.to.size + chosen(this.people).length;
    this.part("submit").disabled = this.pending || number === 0;
    this.part("submit").textContent = number > 0 ? `转发给 ${number} 处` : "转发";
  }

  async finish() {
    const { path, content, id } = this.wanted;
    const persons = chosen(this.people).map((person) => person.id);
    if (this.pending || this.to.size + persons.length === 0) return;
    this.hold(true);
    try {
      const opened = await Promise.all(persons.map((person) => fetchJson(`${this.api}/conversations/direct`, { json: { person_id: person } })));
      const to = [...new Set([...this.to, ...opened.map((one) => one.conversation_id)])];
      await fetchJson(this.api + path, { json: { client_message_id: id, ...content, to } });
      closeDialog(this.dialog);
      toast("已转发");
    } catch (problem) {
      toast(problem.message, { error: true });
    } finally {
      this.hold(false);
    }
  }

  hold(pending) {
    this.pending = pending;
    this.part("submit").setAttribute("aria-busy", String(pending));
    this.draw();
  }

  /** A picture or file of a record. */
  carried(item, items) {
    if (item.kind !== "image" || !item.file.thumbnail) return fileOf(item.file);
    const pictures = items.filter((one) => one.kind === "image" && one.file?.view);
    return pictureOf(item.file, { source: item.file.thumbnail, onView: () => openViewer(pictures.map((one) => one.file), pictures.indexOf(item)) });
  }

  /** A record's messages in a dialog. */
  async record(entry) {
    let record;
    try {
      record = await fetchJson(`${this.api}/conversations/${entry.conversation_id}/messages/${entry.seq}/record`);
    } catch (problem) {
      toast(problem.message, { error: true });
      return;
    }
    this.showRecord(record);
  }

  showRecord(record) {
    const close = element("button", "icon-button", { type: "button", "data-close": true, "aria-label": "关闭" }, icon("close"));
    const items = record.items.map((item) => element("li", "record-item", {},
      element("p", "bubble-head", {}, element("span", "bubble-name", {}, item.sender_name), element("time", "", { datetime: item.created_at }, exactly(item.created_at))),
      item.file ? this.carried(item, record.items) : null, element("p", "text", {}, ...linked(item.body || (item.file ? "" : KINDS[item.kind] ?? "")))));
    const back = element("div", "dialog-back", { "data-once": "yes" }, element("div", "dialog wide", { role: "dialog", "aria-modal": "true", "aria-label": record.title },
      element("div", "dialog-head", {}, element("h2", "truncate", {}, record.title), close), element("ol", "dialog-body record-items", {}, ...items)));
    document.body.append(back);
    openDialog(back);
  }
}
