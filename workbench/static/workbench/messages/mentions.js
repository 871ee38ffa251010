// "@" in the composer: a list of those whom one may call, walked by the keyboard.

import { avatar, element, iconAvatar, postOf } from "./elements.js";

const SHOWN = 8;
const EVERYBODY = "所有人";

/** "@name" as one word: what bubbles mark, and what calls somebody who was not picked from the list. */
export const CALL = /(@[^\s@，。；：、！？,;:!?]{1,40})/;

export class Mentions {
  /** `people()` resolves with { members, everybody }: whom one may call, and whether all at once. */
  constructor({ input, people }) {
    Object.assign(this, { input, people });
    this.named = new Map(); // name → person id
    this.known = []; // whom one may call, once somebody was called
    this.offered = [];
    this.root = element("div", "mention-list", { role: "listbox", id: "mention-list", "aria-label": "选择要@的人", hidden: true });
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-controls", "mention-list");
    input.addEventListener("input", () => this.look());
    input.addEventListener("click", () => this.look());
    input.addEventListener("blur", () => setTimeout(() => this.close(), 150));
  }

  /** Whom the words call: those picked whose "@name" still stands in them, and those written by hand. */
  calledIn(body) {
    const written = new Set(body.split(CALL).filter((word) => word.startsWith("@")).map((word) => word.slice(1)));
    const picked = [...this.named].filter(([name]) => name !== EVERYBODY && body.includes(`@${name}`)).map(([, id]) => id);
    const byHand = this.known.filter((member) => written.has(member.name) && !this.named.has(member.name)).map((member) => member.person_id);
    return { mentions: [...picked, ...byHand], mention_all: this.named.has(EVERYBODY) && body.includes(`@${EVERYBODY}`) };
  }

  /** What is being typed after "@"; null where nobody is being called. */
  typed() {
    const before = this.input.value.slice(0, this.input.selectionStart);
    return before.match(/(?:^|[^\w])@([^\s@]{0,20})$/)?.[1] ?? null;
  }

  async look() {
    const typed = this.typed();
    if (typed === null) { this.close(); return; }
    const { members, everybody } = await this.people().catch(() => ({ members: [], everybody: false })); // cut off
    this.known = members;
    if (this.typed() !== typed) return;
    const found = members.filter((member) => member.name.includes(typed)).slice(0, SHOWN);
    this.offered = everybody && EVERYBODY.startsWith(typed) ? [{ name: EVERYBODY, person_id: null }, ...found] : found;
    this.at = 0;
    this.draw();
  }

  draw() {
    this.root.hidden = this.offered.length === 0;
    this.input.setAttribute("aria-expanded", String(!this.root.hidden));
    this.root.replaceChildren(...this.offered.map((person, place) => {
      const tile = person.person_id === null ? iconAvatar("directory", "group") : avatar(person.name, "small");
      if (person.person_id === null) tile.classList.add("small");
      const row = element("div", "row", { role: "option", id: `mention-${place}`, "aria-selected": String(place === this.at) }, tile,
        element("span", "row-text mention-text", {}, element("span", "row-title", {}, person.name), element("span", "row-meta", {}, person.person_id === null ? "提醒全体成员" : postOf(person))));
      row.addEventListener("pointerdown", (event) => { event.preventDefault(); this.choose(place); });
      return row;
    }));
    if (this.root.hidden) return;
    this.input.setAttribute("aria-activedescendant", `mention-${this.at}`);
    const { offsetTop, offsetHeight } = this.root.children[this.at];
    this.root.scrollTop = Math.min(offsetTop, Math.max(this.root.scrollTop, offsetTop + offsetHeight - this.root.clientHeight));
  }

  close() {
    this.offered = [];
    this.root.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  /** Whether the key was for the list. */
  keyed(event) {
    if (this.root.hidden) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) { this.at = (this.at + step + this.offered.length) % this.offered.length; this.draw(); }
    else if (event.key === "Enter" || event.key === "Tab") this.choose(this.at);
    else if (event.key === "Escape") this.close();
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  choose(place) {
    const { name, person_id: id } = this.offered[place];
    const caret = this.input.selectionStart;
    const start = caret - this.typed().length - 1;
    this.named.set(name, id);
    this.close();
    this.input.setRangeText(`@${name} `, start, caret, "end");
    this.input.focus();
    this.input.dispatchEvent(new Event("input"));
  }
}
