// The messaging client: one socket, every entry once and in order, nothing lost over a cut connection.
//
// The rules (docs/integration/messaging-clients.md): a conversation's entries are applied strictly by seq; a gap is
// pulled; what is sent waits in the outbox with its own id until it is acknowledged, one in flight per conversation.
// Where sockets do not open, the same goes by requests (polling.js) until one does.

import { newId, Outbox } from "./outbox.js";
import { Polling } from "./polling.js";
import { Reading } from "./reading.js";
import { Refusal } from "./refusal.js";
import { Shelf } from "./shelf.js";

const PROTOCOL = "im.v1.json";
const FIRST_RETRY_MS = 400;
const LONGEST_RETRY_MS = 15000;
const OFFLINE_RETRY_MS = 15000;
const GAP_PATIENCE_MS = 200;
const ANSWER_PATIENCE_MS = 10000;
const HEARTBEAT_MS = 25000;
const HINT_SPREAD_MS = 1000;
const MEMBERS_SPREAD_MS = 5000; // a reorganisation moves many at once
const REFUSED_AFTER = 3;
const SOCKET_AGAIN_MS = 120000;
const SIGNED_OUT = new Set([4001, 4003]);
const NOT_AT_ONCE = new Set([4009, 4029]);

/**
 * Emits: state {online, signedOut, refused, polling} · entry {entry} (tracked, in order) · arrived {entry} (any) ·
 * outgoing {item} · bells {bells} (how notices and DINGs stand) · heads {heads} · behind {conversation_id, last_seq} · read {conversation_id, read_seq} · counts {conversation_id, counts} ·
 * notice {notice} · noticesRead {notice_ids, source?} · noticeRecalled {notice_id} · ding {ding_id, opened?, state?, counts?} · settings {conversation_id, pinned, level, muted}, {quiet} or {source, muted}.
 */
export class Client {
  constructor({ url, api = null, personId, shelf = new Shelf({ personId }) }) {
    this.url = url;
    this.api = api; // where the HTTP twins are; null: nothing is polled
    this.personId = personId;
    this.listeners = new Map();
    this.tracked = new Map(); // conversation id → {known, early: Map(seq → entry), pulling}
    this.asked = new Map(); // frame id → {resolve, reject, timer}
    this.watched = null; // {conversation_id, seqs}
    this.failures = 0;
    this.unopened = 0; // sockets in a row that closed before they opened
    this.online = false;
    this.polling = null;
    this.signedOut = false;
    this.outbox = new Outbox({ client: this, shelf });
    this.reading = new Reading({ client: this });
  }

  on(name, act) {
    if (!this.listeners.has(name)) this.listeners.set(name, []);
    this.listeners.get(name).push(act);
  }

  emit(name, content) {
    for (const act of this.listeners.get(name) ?? []) act(content);
  }

  // ── connection ──────────────────────────────────────────────────────────

  start() {
    window.addEventListener("online", () => this.connect());
    window.addEventListener("offline", () => this.lose());
    setInterval(() => this.beat(), HEARTBEAT_MS);
    this.reading.start();
    this.connect();
  }

  connect() {
    clearTimeout(this.retryTimer);
    if (this.socket || this.polling || this.signedOut) return;
    this.socket = this.newSocket();
  }

  newSocket() {
    const socket = new WebSocket(this.url, PROTOCOL);
    this.unopened += 1;
    socket.addEventListener("open", () => this.greet(socket));
    socket.addEventListener("message", (event) => { if (this.socket === socket) this.receive(JSON.parse(event.data)); });
    socket.addEventListener("close", (event) => this.closed(socket, event.code));
    setTimeout(() => { if (socket.readyState === WebSocket.CONNECTING) this.giveUp(socket); }, ANSWER_PATIENCE_MS);
    return socket;
  }

  async greet(socket) {
    if (this.socket && this.socket !== socket) { socket.close(); return; } // another was quicker
    this.unopened = 0;
    this.stopPolling();
    this.socket = socket;
    let welcome;
    try {
      welcome = await this.ask("hello", { client: "web" });
    } catch {
      socket.close();
      return;
    }
    if (this.socket !== socket) return;
    this.ring(welcome.bells);
    await this.begin();
  }

  async begin() {
    this.failures = 0;
    this.setOnline(true);
    this.outbox.flushAll();
    if (this.watched) this.askWatched();
    await this.compareHeads();
  }

  lose() {
    this.polling?.lose(false);
    if (this.socket) this.giveUp(this.socket);
  }

  /** Gives a socket up without waiting for its close: it may be long dead. */
  giveUp(socket) {
    this.closed(socket, 1006);
    socket.close();
  }

  closed(socket, code) {
    if (this.socket !== socket) return;
    this.socket = null;
    this.cutOff(SIGNED_OUT.has(code));
    if (this.signedOut) return;
    if (this.api !== null && this.unopened >= REFUSED_AFTER && navigator.onLine !== false) { this.poll(); return; }
    this.retryIn(this.byeWait ?? this.nextWait(code));
  }

  cutOff(signedOut) {
    for (const { reject, timer } of this.asked.values()) { clearTimeout(timer); reject(new Error("closed")); }
    this.asked.clear();
    this.outbox.cut();
    this.signedOut = signedOut;
    this.setOnline(false);
  }

  retryIn(wait) {
    this.byeWait = undefined;
    clearTimeout(this.retryTimer);
    this.retryTimer = setTimeout(() => this.connect(), wait);
  }

  // ── where sockets do not get through ────────────────────────────────────

  async poll() {
    const polling = new Polling({
      api: this.api,
      onFrame: (frame) => { if (this.polling === polling) this.receive(frame); },
      onBehind: () => { if (this.polling === polling) this.compareHeads(); },
      onBells: (bells) => { if (this.polling === polling) this.ring(bells); },
      onLost: (isSignedOut) => this.pollingLost(polling, isSignedOut),
    });
    this.polling = polling;
    try {
      await polling.open();
    } catch (error) {
      if (error instanceof Refusal) polling.lose(false);
      return;
    }
    if (this.polling !== polling) return;
    this.probeTimer = setInterval(() => this.newSocket(), SOCKET_AGAIN_MS); // greeted, it takes over
    await this.begin();
  }

  pollingLost(polling, isSignedOut) {
    if (this.polling !== polling) return;
    this.stopPolling();
    this.cutOff(isSignedOut);
    if (!this.signedOut) this.retryIn(this.nextWait());
  }

  stopPolling() {
    clearInterval(this.probeTimer);
    const { polling } = this;
    this.polling = null;
    polling?.close();
  }

  nextWait(code) {
    if (navigator.onLine === false) return OFFLINE_RETRY_MS;
    const base = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.failures);
    this.failures += 1;
    return (NOT_AT_ONCE.has(code) ? LONGEST_RETRY_MS : base) * (0.5 + Math.random() / 2);
  }

  setOnline(online) {
    this.online = online;
    this.emit("state", { online, signedOut: this.signedOut, refused: this.unopened >= REFUSED_AFTER, polling: this.polling !== null });
  }

  /** Also asks how notices and DINGs stand: a frame that told of them and was lost leaves no gap. */
  beat() {
    if (!this.online || this.polling) return; // polling tells it with each answer
    this.ask("hello", { client: "web" }).then(({ bells }) => this.ring(bells), () => this.lose());
  }

  ring(bells) {
    if (bells) this.emit("bells", { bells });
  }

  // ── frames ──────────────────────────────────────────────────────────────

  /** Sends a frame; resolves with the data of its answer, rejects with Refusal or when cut off. */
  ask(type, data) {
    if (this.polling) return this.polling.ask(type, data);
    return new Promise((resolve, reject) => {
      if (this.socket?.readyState !== WebSocket.OPEN) { reject(new Error("closed")); return; }
      const id = newId();
      const timer = setTimeout(() => { this.asked.delete(id); reject(new Error("no answer")); this.lose(); }, ANSWER_PATIENCE_MS);
      this.asked.set(id, { resolve, reject, timer });
      this.socket.send(JSON.stringify({ type, id, data }));
    });
  }

  receive(frame) {
    const waiting = frame.id ? this.asked.get(frame.id) : undefined;
    if (waiting) {
      this.asked.delete(frame.id);
      clearTimeout(waiting.timer);
      if (frame.type === "error") waiting.reject(new Refusal(frame.data));
      else waiting.resolve(frame.data);
      return;
    }
    const act = {
      "message.created": (data) => this.arrive(data),
      "message.recalled": (data) => this.arrive(data),
      "message.edited": (data) => this.arrive(data),
      "message.read": (data) => this.emit("read", data),
      "receipt.update": (data) => this.emit("counts", data),
      "notice.created": (data) => this.emit("notice", { notice: data }),
      "notice.recalled": (data) => this.emit("noticeRecalled", data),
      "notice.read": (data) => this.emit("noticesRead", data),
      "draft.changed": (data) => this.emit("draft", data),
      "settings.changed": (data) => this.emit("settings", data),
      typing: (data) => this.emit("typing", data),
      "ding.opened": (data) => this.emit("ding", { ding: { ding_id: data.id, conversation_id: data.conversation_id, opened: data } }),
      "ding.state": (data) => this.emit("ding", { ding: data }),
      "member.changed": () => this.compareLater(Math.random() * MEMBERS_SPREAD_MS),
      "sync.hint": (data) => this.hinted(data),
      bye: (data) => { this.byeWait = data.retry_after_ms; },
    }[frame.type];
    act?.(frame.data);
  }

  // ── entries, strictly in order ──────────────────────────────────────────

  /** From now on the conversation's entries after `known` are emitted one by one, without a gap. */
  track(conversationId, known) {
    this.tracked.set(conversationId, { known, early: new Map(), pulling: false });
  }

  untrack(conversationId) {
    this.tracked.delete(conversationId);
  }

  arrive(entry) {
    this.settle(entry);
    this.emit("arrived", { entry });
    const log = this.tracked.get(entry.conversation_id);
    if (!log || entry.seq <= log.known) return;
    log.early.set(entry.seq, entry);
    this.applyEarly(log);
    if (log.early.size > 0) setTimeout(() => { if (log.early.size > 0) this.pull(entry.conversation_id); }, GAP_PATIENCE_MS);
  }

  applyEarly(log) {
    for (const seq of log.early.keys()) if (seq <= log.known) log.early.delete(seq);
    while (log.early.has(log.known + 1)) {
      const entry = log.early.get(log.known + 1);
      log.early.delete(entry.seq);
      log.known = entry.seq;
      this.emit("entry", { entry });
    }
  }

  async pull(conversationId) {
    const log = this.tracked.get(conversationId);
    if (!log || log.pulling) return;
    log.pulling = true;
    try {
      let page;
      do {
        page = await this.ask("message.pull", { conversation_id: conversationId, after: log.known });
        for (const entry of page.entries) {
          this.settle(entry);
          if (entry.seq <= log.known) continue;
          if (!log.early.has(entry.seq)) this.emit("arrived", { entry });
          log.known = entry.seq;
          this.emit("entry", { entry });
        }
        log.known = Math.max(log.known, page.through);
        this.applyEarly(log);
      } while (!page.complete);
    } catch (error) {
      // Cut off again: the next connection compares heads and pulls anew.
      if (error instanceof Refusal) this.pullRefused(conversationId, log, error);
      return;
    } finally {
      log.pulling = false;
    }
    // What came early while the pull was under way may have left a gap of its own.
    if (log.early.size > 0) this.pullLater(conversationId, log, GAP_PATIENCE_MS);
  }

  pullRefused(conversationId, log, refusal) {
    if (refusal.passes) this.pullLater(conversationId, log, refusal.waitMs);
    else if (refusal.isFinal && this.tracked.get(conversationId) === log) this.untrack(conversationId);
  }

  pullLater(conversationId, log, wait) {
    setTimeout(() => { if (this.tracked.get(conversationId) === log) this.pull(conversationId); }, wait);
  }

  /** One comparing at a time; for all who ask meanwhile there is one more after it. */
  compareHeads() {
    if (this.comparing) this.comparesAgain = true;
    else this.comparing = this.compareUntilNew().finally(() => { this.comparing = null; });
    return this.comparing;
  }

  async compareUntilNew() {
    do {
      this.comparesAgain = false;
      await this.askHeads();
    } while (this.comparesAgain && this.online);
  }

  compareLater(wait) {
    this.compareTimer ??= setTimeout(() => {
      this.compareTimer = null;
      if (!this.online) return; // the next connection compares
      this.beat();
      this.compareHeads();
    }, wait);
  }

  async askHeads() {
    const heads = [];
    try {
      let after = 0;
      do {
        const part = await this.ask("sync.heads", { after });
        heads.push(...part.heads);
        after = part.next ?? null;
      } while (after !== null);
    } catch (error) {
      if (error instanceof Refusal && error.passes) this.compareLater(error.waitMs);
      return;
    }
    for (const head of heads) {
      const log = this.tracked.get(head.conversation_id);
      if (log && head.last_seq > log.known) this.pull(head.conversation_id);
    }
    this.emit("heads", { heads });
  }

  /** One conversation is looked at alone. Everybody is hinted at once, so not everybody asks at once. */
  hinted(hint) {
    if (hint.conversation_id === undefined) { this.compareLater(Math.random() * HINT_SPREAD_MS); return; }
    const log = this.tracked.get(hint.conversation_id);
    if (log && hint.last_seq > log.known) this.pull(hint.conversation_id);
    this.emit("behind", hint);
  }

  // ── sending ─────────────────────────────────────────────────────────────

  /** What is said waits its turn, and is sent again with the same id until it is acknowledged. */
  send(conversationId, said) {
    return this.outbox.send(conversationId, said);
  }

  settle(entry) {
    if (entry.sender_id === this.personId && entry.client_message_id) this.outbox.settle(entry);
  }

  // ── reading ─────────────────────────────────────────────────────────────

  read(conversationId, seq) {
    this.reading.read(conversationId, seq);
  }

  /** The counts of these own messages come live; one conversation at a time. */
  watch(conversationId, seqs) {
    if (this.watched && this.watched.conversation_id !== conversationId && this.online) {
      this.ask("receipt.watch", { conversation_id: this.watched.conversation_id, seqs: [] }).catch(() => {});
    }
    this.watched = { conversation_id: conversationId, seqs };
    if (this.online) this.askWatched();
  }

  /** Cut off, the next connection asks; refused for the moment, it is asked again unless overtaken. */
  askWatched() {
    const { watched } = this;
    this.ask("receipt.watch", watched).catch((error) => {
      if (!(error instanceof Refusal && error.passes)) return;
      setTimeout(() => { if (this.online && this.watched === watched) this.askWatched(); }, error.waitMs);
    });
  }
}
