// 收藏 from the conversation: which of its messages are kept, and keeping or letting go with a way back.

import { fetchJson, toast } from "../base.js";
import { element } from "./elements.js";

const UNDO_MS = 6000;

export class Keeping {
  constructor({ api }) {
    this.api = api;
    this.marks = new Map(); // seq → id of the favourite
  }

  /** Of the conversation that is open now. */
  async open(conversationId) {
    this.id = conversationId;
    this.marks = new Map();
    try {
      const marks = await fetchJson(`${this.api}/conversations/${conversationId}/favourites`);
      // What was kept meanwhile stays marked.
      if (this.id === conversationId) this.marks = new Map([...marks.map((mark) => [mark.seq, mark.id]), ...this.marks]);
    } catch {
      // The menu then offers to keep what is kept, which changes nothing.
    }
  }

  item(entry) {
    const isKept = this.marks.has(entry.seq);
    return { label: isKept ? "取消收藏" : "收藏", act: () => (isKept ? this.letGo(entry) : this.keep(entry)) };
  }

  keep(entry, said = "已收藏") {
    return this.asked(async () => {
      const { id } = await fetchJson(`${this.api}/conversations/${entry.conversation_id}/messages/${entry.seq}/favourite`, { method: "PUT", json: {} });
      if (this.id === entry.conversation_id) this.marks.set(entry.seq, id);
      if (said) offerUndo(said, () => this.letGo(entry, { id, said: "" }));
    });
  }

  letGo(entry, { id = this.marks.get(entry.seq), said = "已取消收藏" } = {}) {
    return this.asked(async () => {
      await fetchJson(`${this.api}/favourites/${id}`, { method: "DELETE" });
      if (this.id === entry.conversation_id) this.marks.delete(entry.seq);
      if (said) offerUndo(said, () => this.keep(entry, ""));
    });
  }

  async asked(act) {
    try {
      await act();
    } catch (problem) {
      toast(problem.message, { error: true });
    }
  }
}

let offered = null;

/** One line with a way back, for a few seconds and until the next; `onEnd` is called once nobody took it. */
export function offerUndo(text, act, onEnd = () => {}) {
  offered?.end();
  const place = document.getElementById("toasts");
  let isTaken = false;
  const end = (took) => {
    if (isTaken) return;
    isTaken = true;
    clearTimeout(timer);
    line.remove();
    if (took) act(); else onEnd();
  };
  const line = element("div", "toast has-undo", {}, element("span", "", {}, text), element("button", "toast-undo", { type: "button", onclick: () => end(true) }, "撤销"));
  const timer = setTimeout(() => end(false), UNDO_MS);
  place.append(line);
  offered = { end: () => end(false) };
  return offered;
}
