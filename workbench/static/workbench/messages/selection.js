// Choosing several messages, to forward them one by one or as one record.

import { element } from "./elements.js";
import { isForwardable } from "./acts.js";

const AT_MOST = 100;

export class Selection {
  constructor({ onForward, onEnd }) {
    Object.assign(this, { onForward, onEnd });
    this.seqs = null; // null while nothing is being chosen
    this.count = element("strong", "grow", { role: "status" });
    this.singly = element("button", "button", { type: "button", onclick: () => this.forward(false) }, "逐条转发");
    this.together = element("button", "button primary", { type: "button", onclick: () => this.forward(true) }, "合并转发");
    const cancel = element("button", "button quiet", { type: "button", onclick: () => this.end() }, "取消");
    this.bar = element("div", "pane-foot selection-bar", { role: "group", "aria-label": "多选消息", hidden: true }, this.count, cancel, this.singly, this.together);
    this.bar.addEventListener("keydown", (event) => { if (event.key === "Escape") { event.stopPropagation(); this.end(); } });
  }

  start(log, seq) {
    this.log = log;
    this.seqs = new Set([seq]);
    log.root.classList.add("is-selecting");
    for (const [each, row] of log.rows) this.offer(row, log.entries.get(each));
    this.bar.hidden = false;
    this.draw();
    this.together.focus();
  }

  /** While choosing, a row has a box to tick. */
  offer(row, entry) {
    if (this.seqs === null || !isForwardable(entry)) return;
    const box = element("input", "message-check", { type: "checkbox", "aria-label": "选择这条消息", checked: this.seqs.has(entry.seq) });
    box.addEventListener("change", () => {
      if (box.checked && this.seqs.size >= AT_MOST) box.checked = false;
      if (box.checked) this.seqs.add(entry.seq); else this.seqs.delete(entry.seq);
      this.draw();
    });
    row.prepend(box);
  }

  draw() {
    this.count.textContent = `已选 ${this.seqs.size} 条`;
    this.singly.disabled = this.together.disabled = this.seqs.size === 0;
  }

  forward(together) {
    const seqs = [...this.seqs].sort((a, b) => a - b);
    this.end();
    this.onForward(seqs, together);
  }

  end() {
    this.reset();
    this.onEnd();
  }

  reset() {
    this.seqs = null;
    this.bar.hidden = true;
    if (!this.log) return;
    this.log.root.classList.remove("is-selecting");
    for (const box of this.log.root.querySelectorAll(".message-check")) box.remove();
    this.log = null;
  }
}
