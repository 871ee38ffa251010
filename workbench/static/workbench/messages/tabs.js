// A bar of tabs above what the chosen one shows. Tabs stay the same nodes while they are counted and chosen anew, so
// the focus stays where it is; as in every bar the arrows lead on, and Tab reaches the chosen one alone.

import { element } from "./elements.js";
import { arrange } from "./rows.js";

const STEPS = { ArrowLeft: -1, ArrowRight: 1 };
let made = 0;

export class Tabs {
  /** `onChoose(name)` shows what was chosen, and the bar anew, before it returns. */
  constructor({ label, classes = "", onChoose }) {
    this.onChoose = onChoose;
    this.id = `tabs-${made += 1}`;
    this.buttons = new Map(); // name → button
    this.panel = null;
    this.root = element("div", `tabs ${classes}`.trim(), { role: "tablist", "aria-label": label, onkeydown: (event) => this.walk(event) });
  }

  /** The bar stands above this. */
  over(panel) {
    this.panel = panel;
    panel.id = `${this.id}-panel`;
    panel.setAttribute("role", "tabpanel");
    this.name();
  }

  /** `tabs` are [name, ...what stands on it] each, in this order. */
  show(tabs, chosen) {
    this.chosen = chosen;
    const before = this.buttons;
    this.buttons = new Map(tabs.map(([name]) => [name, before.get(name) ?? this.make(name)]));
    for (const [name, ...content] of tabs) {
      const button = this.buttons.get(name);
      button.setAttribute("aria-selected", String(name === chosen));
      button.tabIndex = name === chosen ? 0 : -1;
      button.replaceChildren(...content);
    }
    arrange(this.root, [...this.buttons.values()]);
    this.name();
  }

  make(name) {
    return element("button", "tab", { type: "button", role: "tab", id: `${this.id}-${name || "all"}`, "aria-controls": `${this.id}-panel`, "data-tab": name, onclick: () => this.onChoose(name) });
  }

  /** The panel is called what the chosen tab is. */
  name() {
    const button = this.buttons.get(this.chosen);
    if (button) this.panel?.setAttribute("aria-labelledby", button.id);
  }

  walk(event) {
    const names = [...this.buttons.keys()];
    const at = names.findIndex((name) => this.buttons.get(name) === document.activeElement);
    const next = event.key === "Home" ? 0 : event.key === "End" ? names.length - 1 : event.key in STEPS ? (at + STEPS[event.key] + names.length) % names.length : null;
    if (at < 0 || next === null) return;
    event.preventDefault();
    this.onChoose(names[next]);
    this.buttons.get(names[next])?.focus({ preventScroll: true });
  }
}
