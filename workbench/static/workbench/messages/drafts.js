// What was begun and not sent, by conversation: kept in this browser, for this person.

const LONGEST = 4000;

export class Drafts {
  constructor({ me, onChange }) {
    Object.assign(this, { onChange });
    this.key = `tongwen:drafts:${me.id}`;
    try {
      this.kept = new Map(Object.entries(JSON.parse(localStorage.getItem(this.key) ?? "{}")));
    } catch {
      this.kept = new Map(); // storage switched off, or somebody else's words in it
    }
  }

  /** { text, quote, named } or null. */
  of(conversationId) {
    return this.kept.get(String(conversationId)) ?? null;
  }

  keep(conversationId, draft) {
    const key = String(conversationId);
    if (!draft.text.trim() && !draft.quote) {
      if (!this.kept.delete(key)) return;
    } else {
      this.kept.set(key, { ...draft, text: draft.text.slice(0, LONGEST) });
    }
    try {
      localStorage.setItem(this.key, JSON.stringify(Object.fromEntries(this.kept)));
    } catch {
      // A full or forbidden storage only means that a reload forgets.
    }
    this.onChange(conversationId);
  }
}
