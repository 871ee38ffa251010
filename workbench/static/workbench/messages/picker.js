// Choosing people: for a new chat, a new group, or to invite into one.

import { closeDialog, openDialog, toast } from "../base.js";
import { chosen, reset } from "../picker.js";

export class Picker {
  constructor({ dialog, me }) {
    Object.assign(this, { dialog, me });
    this.part = (name) => dialog.querySelector(`[data-part="${name}"]`);
    this.people = dialog.querySelector("[data-picker]");
    this.people.addEventListener("picker:changed", () => this.draw());
    this.part("form").addEventListener("submit", (event) => { event.preventDefault(); this.finish(); });
  }

  /** Opens the dialog; `onChosen(people, title)` is called with what was chosen. */
  open({ heading, verb, naming, already = [], onChosen }) {
    this.wanted = { verb, naming, onChosen };
    this.pending = false;
    this.part("heading").textContent = heading;
    this.part("title").value = "";
    reset(this.people, { without: [this.me.id, ...already] });
    openDialog(this.dialog);
    this.people.querySelector("input[type=search]").focus();
  }

  draw() {
    if (!this.wanted) return;
    const number = chosen(this.people).length;
    const isGroup = this.wanted.naming && number > 1;
    this.part("naming").hidden = !isGroup;
    const submit = this.part("submit");
    submit.disabled = this.pending || number === 0;
    submit.textContent = isGroup ? `创建群聊（${number + 1} 人）` : this.wanted.verb;
  }

  async finish() {
    const people = chosen(this.people);
    if (this.pending || people.length === 0) return;
    const typed = this.part("title").value.trim();
    const named = [this.me.name, ...people.map((person) => person.name)];
    const title = typed || `${named.slice(0, 4).join("、")}${named.length > 4 ? "等" : ""}`;
    this.hold(true);
    try {
      await this.wanted.onChosen(people.map((person) => person.id), title.slice(0, 60));
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
