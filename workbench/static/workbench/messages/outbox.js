// What is on its way: a queue for each conversation, one in flight, sent again until it is acknowledged.

import { Refusal } from "./refusal.js";

/** A fresh UUID (version 4); crypto.randomUUID is younger than the browsers we serve. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Keeps `client`'s messages until the server has them; emits "outgoing" {item} through it. */
export class Outbox {
  constructor({ client, shelf }) {
    Object.assign(this, { client, shelf });
    this.queues = new Map(); // conversation id → [item]
    this.inFlight = new Set(); // conversation ids with a send under way
    for (const item of shelf.items()) this.queueOf(item.conversation_id).push(item);
    shelf.follow((items) => this.adopt(items));
  }

  /** What a page that is gone has left waits here now. */
  adopt(items) {
    const here = new Set(this.everything().map((item) => item.id));
    const fresh = items.filter((item) => !here.has(item.id));
    for (const item of fresh) this.queueOf(item.conversation_id).push(item);
    this.keep();
    for (const item of fresh) this.client.emit("outgoing", { item });
    this.flushAll();
  }

  /**
   * `said` is { body, quote, mentions, mention_all }; `quote` what it answers, as the feed shows it.
   * Of a file it is { id, body, kind, file, quote }, and `uploads` holds its bytes under that id.
   */
  send(conversationId, said) {
    const item = { id: newId(), conversation_id: conversationId, ...said, state: "sending", at: new Date().toISOString() };
    this.queueOf(conversationId).push(item);
    this.keep();
    this.client.emit("outgoing", { item });
    this.flush(conversationId);
    return item;
  }

  retry(conversationId, id) {
    const item = this.queueOf(conversationId).find((candidate) => candidate.id === id);
    if (!item) return;
    Object.assign(item, { state: "sending", at: new Date().toISOString() }); // she says it now
    this.keep();
    this.client.emit("outgoing", { item });
    this.flush(conversationId);
  }

  /** What could not be sent is given up. */
  discard(conversationId, id) {
    const item = this.queueOf(conversationId).find((candidate) => candidate.id === id && candidate.state === "failed");
    if (!item) return;
    item.state = "discarded";
    this.remove(item);
    this.client.emit("outgoing", { item });
  }

  /** What is still on its way is given up; what the server was asked to store may have been stored. */
  cancel(conversationId, id) {
    const item = this.queueOf(conversationId).find((candidate) => candidate.id === id);
    if (!item || item.isAsked) return;
    item.state = "discarded";
    this.remove(item);
    this.client.emit("outgoing", { item });
  }

  /** What is answered shows as it reads now: `requoted(quote)` gives that, or null. All that wait, if any of it changed. */
  requote(conversationId, requoted) {
    const items = this.waiting(conversationId);
    const answers = items.filter((item) => requoted(item.quote));
    if (answers.length === 0) return [];
    for (const item of answers) item.quote = requoted(item.quote);
    this.keep();
    return items;
  }

  everything() {
    return [...this.queues.values()].flat();
  }

  waiting(conversationId) {
    return [...this.queueOf(conversationId)];
  }

  /** Nothing is in flight any more: what was goes again, by its id. */
  cut() {
    this.inFlight.clear();
  }

  flushAll() {
    for (const id of this.queues.keys()) this.flush(id);
  }

  /** An own message that came by another way than its acknowledgement leaves the queue. */
  settle(entry) {
    const item = this.queueOf(entry.conversation_id).find((candidate) => candidate.id === entry.client_message_id);
    if (item) this.acknowledge(item, entry);
  }

  queueOf(conversationId) {
    if (!this.queues.has(conversationId)) this.queues.set(conversationId, []);
    return this.queues.get(conversationId);
  }

  async flush(conversationId) {
    if (this.inFlight.has(conversationId) || !this.client.online) return;
    const item = this.queueOf(conversationId).find((candidate) => candidate.state === "sending");
    if (!item) return;
    this.inFlight.add(conversationId);
    let wait = 0;
    try {
      if (item.file) await this.uploaded(item);
      if (item.state === "sending") {
        item.isAsked = true;
        this.acknowledge(item, await this.client.ask("message.send", frameOf(item)));
      }
    } catch (error) {
      item.isAsked = false;
      if (item.state === "discarded") wait = 0;
      else if (error instanceof Refusal && error.passes) wait = error.waitMs;
      else if (error instanceof Refusal) this.fail(item, error);
      else return; // cut off: the item keeps its id and goes with the next connection
    } finally {
      this.inFlight.delete(conversationId);
    }
    setTimeout(() => this.flush(conversationId), wait);
  }

  /** The server has the file that the message carries. */
  async uploaded(item) {
    if (item.file_id) return;
    await this.uploads.hand(item);
    this.keep();
  }

  acknowledge(item, { seq, created_at }) {
    if (item.state === "sent") return;
    item.state = "sent";
    item.seq = seq;
    item.created_at = created_at;
    this.remove(item);
    this.client.emit("outgoing", { item });
  }

  fail(item, error) {
    item.state = "failed";
    item.reason = error.message;
    this.keep();
    this.client.emit("outgoing", { item });
  }

  remove(item) {
    const queue = this.queueOf(item.conversation_id);
    queue.splice(queue.indexOf(item), 1);
    this.keep();
  }

  keep() {
    this.shelf.keep(this.everything().map(({ isAsked, ...item }) => item));
  }
}

function frameOf(item) {
  const frame = { conversation_id: item.conversation_id, client_message_id: item.id, body: item.body };
  if (item.quote) frame.reply_to = item.quote.seq;
  if (item.mentions?.length) frame.mentions = item.mentions;
  if (item.mention_all) frame.mention_all = true;
  if (item.file) Object.assign(frame, { kind: item.kind, file_id: item.file_id });
  return frame;
}
