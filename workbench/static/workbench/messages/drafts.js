// What was begun and not sent, by conversation: kept in this browser at once, and on the server soon after,
// so that it follows the person to other devices. What was written here and is not there yet wins.

import { fetchJson } from "../base.js";
import { changesMessage, requoted } from "./events.js";
import { newId } from "./outbox.js";

const LONGEST = 4000;
const SAVED_AFTER_MS = 1500;
const AGAIN_MS = 10000;

export class Drafts {
  /** `onChange(id)` after each change; `onArrived(id)` when it came from another device. */
  constructor({ me, api, client, onChange, onArrived }) {
    Object.assign(this, { api, client, onChange, onArrived });
    this.key = `tongwen:drafts:${me.id}`;
    this.device = newId();
    this.timers = new Map();
    try {
      this.kept = new Map(Object.entries(JSON.parse(localStorage.getItem(this.key) ?? "{}")));
    } catch {
      this.kept = new Map(); // storage switched off, or somebody else's words in it
    }
    client.on("heads", ({ heads }) => heads.forEach((head) => this.compare(head.conversation_id, head.draft ?? null)));
    client.on("draft", ({ conversation_id: id, draft, device }) => { if (device !== this.device) this.compare(id, draft); });
    client.on("arrived", ({ entry }) => {
      const quote = changesMessage(entry) ? requoted(this.of(entry.conversation_id)?.quote, entry) : null;
      if (quote) this.requote(entry.conversation_id, quote);
    });
    window.addEventListener("storage", (event) => { if (event.key === this.key) this.follow(event.newValue); });
    document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") this.saveAll(); });
    window.addEventListener("pagehide", () => this.saveAll());
  }

  /** { text, quote, named, replyTo, mentions } or null; the last two of what other devices wrote. */
  of(conversationId) {
    const draft = this.kept.get(String(conversationId)) ?? null;
    return draft?.isGone ? null : draft;
  }

  keep(conversationId, draft) {
    const key = String(conversationId);
    const before = this.of(key);
    const isEmpty = !draft.text.trim() && !draft.quote;
    if (isEmpty && !before) return;
    if (before && !isEmpty && before.text === draft.text && before.quote?.seq === draft.quote?.seq && before.named) return;
    // Whatever is new here is not there yet; that it is gone has to be told, too.
    this.kept.set(key, isEmpty ? { isGone: true, isNew: true } : { ...draft, text: draft.text.slice(0, LONGEST), isNew: true });
    this.store();
    this.onChange(conversationId);
    this.saveLater(key, SAVED_AFTER_MS);
  }

  /** The text was said in another way: it stands there no longer, unless it reads otherwise by now. */
  said(conversationId, text) {
    if (this.of(conversationId)?.text !== text.slice(0, LONGEST)) return;
    this.keep(conversationId, { text: "", quote: null });
    this.onArrived(conversationId);
  }

  /** What the draft answers reads so now; nothing was written. */
  requote(conversationId, quote) {
    const draft = this.of(conversationId);
    if (draft?.quote?.seq !== quote.seq) return;
    draft.quote = quote;
    this.store();
  }

  // ── between the devices ─────────────────────────────────────────────────

  /** What the server holds of the conversation: taken over, unless something newer was written here. */
  compare(conversationId, draft) {
    const key = String(conversationId);
    const here = this.kept.get(key);
    if (here?.isNew) { this.saveLater(key, 0); return; }
    if (!draft) {
      if (!this.kept.delete(key)) return;
    } else {
      if (here && here.text === draft.text && (here.quote?.seq ?? here.replyTo ?? null) === draft.reply_to) return;
      const quote = here?.quote?.seq === draft.reply_to ? here.quote : null;
      this.kept.set(key, { text: draft.text, quote, replyTo: draft.reply_to, mentions: draft.mentions });
    }
    this.store();
    this.onChange(conversationId);
    this.onArrived(conversationId);
  }

  /** Another tab of this browser wrote on: what it holds is what is held here. */
  follow(stored) {
    const before = this.kept;
    this.kept = new Map(Object.entries(JSON.parse(stored ?? "{}")));
    for (const key of new Set([...before.keys(), ...this.kept.keys()])) {
      if (JSON.stringify(before.get(key)) === JSON.stringify(this.kept.get(key))) continue;
      this.onChange(Number(key));
      this.onArrived(Number(key));
    }
  }

  saveLater(key, wait) {
    clearTimeout(this.timers.get(key));
    this.timers.set(key, setTimeout(() => this.save(key), wait));
  }

  saveAll() {
    for (const [key, draft] of this.kept) if (draft.isNew) { clearTimeout(this.timers.get(key)); this.save(key); }
  }

  async save(key) {
    const draft = this.kept.get(key);
    if (!draft?.isNew) return;
    const { text = "", quote = null, named = [] } = draft;
    const mentions = [...new Set(named.map(([, id]) => id).filter(Boolean))].slice(0, 500);
    try {
      await fetchJson(`${this.api}/conversations/${key}/draft`, {
        method: "PUT", keepalive: true, json: { text, reply_to: quote?.seq ?? null, mentions, device: this.device },
      });
    } catch (problem) {
      // Refused for good: it stays in this browser. Otherwise the next connection, or this, tries again.
      if (problem.status === 0 || problem.status === 429 || problem.status >= 500) { this.saveLater(key, AGAIN_MS); return; }
    }
    if (this.kept.get(key) !== draft) return; // written on meanwhile
    if (draft.isGone) this.kept.delete(key); else draft.isNew = false;
    this.store();
  }

  store() {
    try {
      localStorage.setItem(this.key, JSON.stringify(Object.fromEntries(this.kept)));
    } catch {
      // A full or forbidden storage only means that a reload forgets.
    }
  }
}
