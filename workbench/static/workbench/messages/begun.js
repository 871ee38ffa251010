// What was begun in a conversation and is neither sent nor a draft: the chosen files, and a message half edited.
// It stays where it was begun while other conversations are open, for as long as the page stands.

import { Attachments } from "./attachments.js";

export class Begun {
  constructor() {
    this.kept = new Map();
  }

  /** { attachments, edit: { entry, text, named } or null, onEnd() } of the conversation. */
  of(conversationId) {
    if (!this.kept.has(conversationId)) this.kept.set(conversationId, { attachments: new Attachments(), edit: null, onEnd: () => {} });
    return this.kept.get(conversationId);
  }

  /** In a conversation that is not open, what was recalled cannot be edited any more. */
  change({ conversation_id: id, event }) {
    const begun = this.kept.get(id);
    if (event.verb === "recalled" && begun?.edit?.entry.seq === event.seq) begun.edit = null;
  }
}
