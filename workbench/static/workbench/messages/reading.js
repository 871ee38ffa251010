// How far the person has read, told to the server a little later and until it is acknowledged.

import { Refusal } from "./refusal.js";

const EVERY_MS = 500;

export class Reading {
  constructor({ client }) {
    this.client = client;
    this.untold = new Map(); // conversation id → seq still to be acknowledged
    this.againAt = 0;
    this.isTelling = false;
  }

  start() {
    setInterval(() => this.tell(), EVERY_MS);
  }

  /** The person has seen everything up to `seq`; told at most twice a second, until acknowledged. */
  read(conversationId, seq) {
    if ((this.untold.get(conversationId) ?? 0) < seq) this.untold.set(conversationId, seq);
  }

  tell() {
    if (!this.client.online || this.isTelling || Date.now() < this.againAt) return;
    this.isTelling = true;
    const told = [...this.untold].map(async ([conversationId, seq]) => {
      try {
        await this.client.ask("message.read", { conversation_id: conversationId, seq });
      } catch (error) {
        if (!(error instanceof Refusal)) return;
        if (error.passes) { this.againAt = Date.now() + error.waitMs; return; }
      }
      if (this.untold.get(conversationId) === seq) this.untold.delete(conversationId);
    });
    Promise.all(told).finally(() => { this.isTelling = false; });
  }
}
