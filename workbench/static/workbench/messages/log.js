// The part of a conversation's log that stands in the page: a window over it that moves both ways without jumping.

import { group } from "./bubbles.js";
import { dayName, dayOf, element } from "./elements.js";
import { isSpoken } from "./events.js";

export const PAGE = 50;
const AT_MOST = 240; // rows in the page; what is further away is fetched again

export class Log {
  /** `rowOf(entry)` gives a row or null; `body` scrolls `root`. */
  constructor({ body, root, rowOf }) {
    Object.assign(this, { body, root, rowOf });
    this.clear();
  }

  clear() {
    this.rows = new Map(); // seq → element, in order
    this.entries = new Map(); // seq → entry, in order; of what stands in the page
    this.tail = []; // rows of what is on its way, below everything
    this.newLine = null;
    this.isStart = false; // nothing older can be seen
    this.isEnd = false; // what comes live follows at once
    this.through = 0; // the page knows the log up to here
    this.root.replaceChildren();
  }

  get first() {
    return this.entries.size > 0 ? this.entries.keys().next().value : null;
  }

  /** The log shows these entries and nothing else. */
  fill(entries, { isStart, isEnd, through }) {
    const { tail } = this;
    this.clear();
    Object.assign(this, { tail, isStart, isEnd, through });
    this.root.classList.add("is-filled");
    this.root.append(...this.made(entries));
    if (isEnd) this.root.append(...tail);
    this.order();
  }

  /** Older entries stand above; what is too far below leaves. */
  prepend(entries) {
    this.keepingPlace(() => {
      const known = [...this.entries];
      const rows = [...this.rows];
      const below = this.root.firstElementChild;
      this.entries = new Map();
      this.rows = new Map();
      const made = this.made(entries);
      for (const [seq, entry] of known) this.entries.set(seq, entry);
      for (const [seq, row] of rows) this.rows.set(seq, row);
      this.root.prepend(...made);
      const day = entries.length > 0 ? dayOf(entries[entries.length - 1].created_at) : null;
      if (below?.dataset.day === day) below.remove();
      this.cutEnd();
      this.order();
    });
  }

  /** Newer entries stand below; `wants` keeps all that is above. */
  append(entries, { through, wants = false }) {
    const place = () => {
      const before = this.tail[0]?.parentElement === this.root ? this.tail[0] : null;
      for (const row of this.made(entries)) this.root.insertBefore(row, before);
      this.through = Math.max(this.through, through);
      if (!wants) this.cutStart();
      this.order();
    };
    if (entries.length === 1 && this.rows.size < AT_MOST) place();
    else this.keepingPlace(place);
  }

  made(entries) {
    const made = [];
    let day = this.lastDay();
    for (const entry of entries) {
      if (this.entries.has(entry.seq)) continue;
      const row = this.rowOf(entry);
      this.entries.set(entry.seq, entry);
      if (!row) continue;
      this.rows.set(entry.seq, row);
      if (day !== dayOf(entry.created_at)) {
        day = dayOf(entry.created_at);
        made.push(element("p", "feed-line feed-day", { "data-day": day }, dayName(entry.created_at)));
      }
      made.push(row);
    }
    return made;
  }

  lastDay() {
    const last = [...this.entries.values()].pop();
    return last ? dayOf(last.created_at) : null;
  }

  cutEnd() {
    const spare = [...this.entries.keys()].slice(AT_MOST);
    if (spare.length === 0) return;
    for (const seq of spare) this.dropRow(seq);
    this.through = [...this.entries.keys()].pop();
    this.isEnd = false;
    for (const row of this.tail) row.remove();
    this.cutDays();
  }

  cutStart() {
    const spare = [...this.entries.keys()].slice(0, Math.max(0, this.entries.size - AT_MOST));
    if (spare.length === 0) return;
    for (const seq of spare) this.dropRow(seq);
    this.isStart = false;
    this.cutDays();
    const first = this.root.firstElementChild;
    if (first && !first.dataset.day && !first.dataset.clientId) {
      const entry = this.entries.get(this.rows.keys().next().value);
      if (entry) this.root.prepend(element("p", "feed-line feed-day", { "data-day": dayOf(entry.created_at) }, dayName(entry.created_at)));
    }
  }

  dropRow(seq) {
    this.rows.get(seq)?.remove();
    this.rows.delete(seq);
    this.entries.delete(seq);
  }

  cutDays() {
    if (this.newLine?.isConnected && !this.newLine.nextElementSibling?.dataset.seq) { this.newLine.remove(); this.newLine = null; }
    for (const line of this.root.querySelectorAll(".feed-day")) {
      const next = line.nextElementSibling;
      if (!next || next.dataset.day) line.remove();
    }
  }

  order() {
    group(this.root);
  }

  /** What is seen stays where it is seen while `change` moves what is around it. */
  keepingPlace(change) {
    const top = this.body.getBoundingClientRect().top;
    const anchor = [...this.rows.values()].find((row) => row.getBoundingClientRect().bottom > top);
    const before = anchor?.getBoundingClientRect().top;
    change();
    if (anchor?.isConnected) this.body.scrollTop += anchor.getBoundingClientRect().top - before;
  }

  /** The row stands in the middle; nothing but the log is scrolled for it. */
  center(row) {
    const [place, frame] = [row.getBoundingClientRect(), this.body.getBoundingClientRect()];
    this.body.scrollTop += place.top - frame.top - (frame.height - place.height) / 2;
  }

  replace(seq, row) {
    const old = this.rows.get(seq);
    if (!old) return;
    const hadFocus = old.contains(document.activeElement);
    old.replaceWith(row);
    this.rows.set(seq, row);
    if (hadFocus) row.querySelector("button")?.focus({ preventScroll: true });
    this.order();
  }

  /** The line above the first message of others behind `readSeq`. */
  markNew(readSeq, me) {
    this.newLine?.remove();
    this.newLine = null;
    const entries = [...this.entries.values()];
    const first = entries.find((entry) => entry.seq > readSeq && isSpoken(entry) && entry.sender_id !== me);
    if (!first || (readSeq === 0 && entries[0] === first && this.isStart)) return;
    this.newLine = element("p", "feed-new", { role: "separator" }, element("span", "", {}, "以下为新消息"));
    this.rows.get(first.seq).before(this.newLine);
    this.order();
  }

  /** What is on its way stands at the end, where the end is shown. */
  showTail(rows) {
    for (const row of this.tail) row.remove();
    this.tail = rows;
    if (this.isEnd) this.root.append(...rows);
    this.order();
  }
}
