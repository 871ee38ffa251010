// Where sockets do not get through: every frame by its twin of the HTTP API, and a request that waits for news.

import { fetchJson, Problem } from "../base.js";
import { Refusal } from "./refusal.js";

const WAIT_S = 25;
const ANSWER_PATIENCE_MS = 10000;

const room = (data) => `/conversations/${data.conversation_id}`;
const message = (data) => `${room(data)}/messages/${data.seq}`;

/** Frame type → [method, path]; what the path does not name is the query or the body. */
const TWINS = {
  "sync.heads": () => ["GET", "/heads"],
  "message.pull": (data) => ["GET", `${room(data)}/entries`],
  "message.send": (data) => ["POST", `${room(data)}/messages`],
  "message.edit": (data) => ["PATCH", message(data)],
  "message.recall": (data) => ["POST", `${message(data)}/recall`],
  "message.read": (data) => ["PUT", `${room(data)}/cursor`],
  "presence.subscribe": () => ["GET", "/presence"],
  typing: (data) => ["POST", `${room(data)}/typing`],
  "ding.confirm": (data) => ["PUT", `/dings/${data.ding_id}/confirmation`],
};
/** What the path names besides the conversation, or instead of it. */
const IN_PATH = {
  "message.edit": ["conversation_id", "seq"],
  "message.recall": ["conversation_id", "seq"],
  "presence.subscribe": [],
  "ding.confirm": ["ding_id"],
};

/** One stretch of polling, from `open` until it is lost or closed. */
export class Polling {
  constructor({ api, onFrame, onBehind, onBells, onLost }) {
    Object.assign(this, { api, onFrame, onBehind, onBells, onLost });
    this.state = "";
    this.watched = null;
    this.aborting = new AbortController();
    this.isOpen = true;
  }

  /** The server has answered; from now on news come. */
  async open() {
    await this.compare(0);
    this.waitForEver();
  }

  close() {
    this.isOpen = false;
    this.aborting.abort();
  }

  /** Like a socket's: resolves with the answer's data, rejects with Refusal or when cut off. */
  async ask(type, data) {
    if (type === "hello") return {};
    if (type === "receipt.watch") { this.watched = data.seqs.length ? data : null; this.recount(); return data; }
    if (!TWINS[type]) throw new Refusal({ code: "NO_TWIN", status: 404, message: "当前网络下无法完成此操作" });
    const [method, path] = TWINS[type](data);
    const rest = { ...data };
    for (const name of IN_PATH[type] ?? ["conversation_id"]) delete rest[name];
    return method === "GET"
      ? this.call(`${path}?${queryOf(rest)}`, {}, ANSWER_PATIENCE_MS)
      : this.call(path, { method, json: rest }, ANSWER_PATIENCE_MS);
  }

  async waitForEver() {
    while (this.isOpen) {
      try {
        await this.compare(WAIT_S);
        await this.recount();
      } catch (error) {
        if (!(error instanceof Refusal && error.passes)) return; // lost: whoever listens knows
        await new Promise((resolve) => { setTimeout(resolve, error.waitMs); });
      }
    }
  }

  async compare(wait) {
    const query = new URLSearchParams({ state: this.state, wait });
    const said = await this.call(`/sync?${query}`, {}, wait * 1000 + ANSWER_PATIENCE_MS);
    if (!this.isOpen) return;
    if (said === null) { this.lose(false); throw new Error("closed"); } // somebody else's page, a proxy's for instance
    this.state = said.state;
    const told = new Map();
    for (const frame of said.frames) {
      if (frame.type === "bye") { await new Promise((resolve) => { setTimeout(resolve, frame.data.retry_after_ms); }); continue; }
      if (frame.data.seq) told.set(frame.data.conversation_id, frame.data.seq);
      this.onFrame(frame);
    }
    this.onBells(said.bells);
    // What the frames did not bring was said while nothing waited, or is more than an answer carries.
    if (wait > 0 && (said.next || said.heads.some((head) => (told.get(head.conversation_id) ?? 0) < head.last_seq))) this.onBehind();
  }

  /** The counts of the messages looked at; nobody tells them here. */
  async recount() {
    const { watched } = this;
    if (!watched) return;
    const after = Math.min(...watched.seqs) - 1;
    const page = await this.call(`${room(watched)}/entries?${new URLSearchParams({ after })}`, {}, ANSWER_PATIENCE_MS).catch(() => null);
    const counts = (page?.entries ?? [])
      .filter((entry) => entry.counts && watched.seqs.includes(entry.seq))
      .map(({ seq, counts: { read, unread } }) => ({ seq, read, unread }));
    if (counts.length && this.isOpen) this.onFrame({ type: "receipt.update", data: { conversation_id: watched.conversation_id, counts } });
  }

  async call(path, options, patience) {
    const aborting = new AbortController();
    const give = () => aborting.abort();
    this.aborting.signal.addEventListener("abort", give);
    const timer = setTimeout(give, patience);
    try {
      return await fetchJson(this.api + path, { ...options, signal: aborting.signal });
    } catch (error) {
      if (error instanceof Problem && error.status >= 400 && error.status !== 401) throw refusalOf(error);
      this.lose(error.status === 401);
      throw new Error("closed");
    } finally {
      clearTimeout(timer);
      this.aborting.signal.removeEventListener("abort", give);
    }
  }

  lose(isSignedOut) {
    if (!this.isOpen) return;
    this.close();
    this.onLost(isSignedOut);
  }
}

function refusalOf(problem) {
  const wait = problem.details?.retry_after_ms ?? (problem.details?.retry_after ?? 0) * 1000;
  return new Refusal({ code: problem.code, status: problem.status, message: problem.message, retry_after_ms: wait });
}

/** A list is a name several times; what is null is left out. */
function queryOf(data) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(data)) for (const one of [value].flat()) if (one !== null) query.append(name, one);
  return query;
}
