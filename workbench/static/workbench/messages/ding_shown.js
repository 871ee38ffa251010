// Which DINGs stood in the banner of a page that was looked at: the evidence of a DING's first rung.

import { fetchJson } from "../base.js";
import { isLookedAt } from "./attention.js";

const SPREAD_MS = 3000; // some thousand people may be called at once

export class ShownDings {
  constructor({ dings, api }) {
    Object.assign(this, { dings, api });
    this.told = new Set();
    window.addEventListener("focus", () => this.note());
  }

  /** The banner has been drawn, or is being. */
  note() {
    queueMicrotask(() => {
      const id = this.dings.shown ?? this.dings.waiting[0]?.id;
      if (!id || this.told.has(id) || !isLookedAt()) return;
      this.told.add(id);
      setTimeout(() => this.tell(id), Math.random() * SPREAD_MS);
    });
  }

  async tell(id) {
    try {
      await fetchJson(`${this.api}/dings/${id}/shown`, { method: "PUT", json: {} });
    } catch ({ status }) {
      if (status !== 404) this.told.delete(id); // told again when the banner is drawn or the page looked at
    }
  }
}
