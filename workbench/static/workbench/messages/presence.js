// Who on the screen is online, and who is typing in the open conversation.
//
// The screen asks for those it shows, over and over while it is looked at; nothing is asked for anybody else.
// What cannot be known is not shown.

import { element } from "./elements.js";

const ASK_MS = 20000;
const SOON_MS = 300;
const PEOPLE = 100;
const TELL_TYPING_MS = 3000;
const TYPING_MS = 6000;

export class Presence {
  constructor({ client, feed, panel, me }) {
    Object.assign(this, { client, feed, panel, me });
    this.online = new Map(); // person id → whether she is online; whoever is missing is not to be known
    this.typing = new Map(); // person id → {name, timer}
    this.toldAt = 0;
    client.on("typing", (data) => this.hear(data));
    client.on("arrived", ({ entry }) => { if (entry.conversation_id === this.feed.id) this.stop(entry.sender_id); });
    client.on("state", ({ online }) => { if (online) this.askSoon(); else this.forget(); });
    document.addEventListener("visibilitychange", () => this.askSoon());
    new MutationObserver(() => this.askSoon()).observe(panel.root, { childList: true, subtree: true });
    setInterval(() => this.ask(), ASK_MS);
  }

  /** The feed has built its head anew, for this conversation. */
  show() {
    this.forget();
    this.line = element("span", "meta nowrap presence-line");
    this.feed.head.subtitle.after(this.line);
    this.feed.composer.input.addEventListener("input", () => this.told());
    this.askSoon();
  }

  forget() {
    this.online.clear();
    for (const { timer } of this.typing.values()) clearTimeout(timer);
    this.typing.clear();
    this.draw();
  }

  onScreen() {
    const shown = [...this.panel.root.querySelectorAll("[data-person]")].map((row) => Number(row.dataset.person));
    const peer = this.feed.id && this.feed.card.kind === "direct" ? [this.feed.card.peer_id] : [];
    return [...new Set([...peer, ...shown])].filter((id) => id && id !== this.me.id).slice(0, PEOPLE);
  }

  askSoon() {
    clearTimeout(this.soon);
    this.soon = setTimeout(() => this.ask(), SOON_MS);
  }

  async ask() {
    const people = this.onScreen();
    if (document.visibilityState !== "visible" || !this.client.online || (!this.feed.id && people.length === 0)) return;
    const { id } = this.feed;
    let state;
    try {
      state = await this.client.ask("presence.subscribe", { person_ids: people, conversation_id: id });
    } catch {
      return; // cut off or refused: the next time asks again, what was known grows old with the page
    }
    if (this.feed.id !== id) return;
    this.online = new Map(state.people.map((one) => [one.person_id, one.online]));
    this.draw();
  }

  // ── typing ──────────────────────────────────────────────────────────────

  told() {
    const { feed, client } = this;
    if (!feed.composer.input.value.trim() || Date.now() - this.toldAt < TELL_TYPING_MS || !client.online) return;
    this.toldAt = Date.now();
    client.ask("typing", { conversation_id: feed.id }).catch(() => {});
  }

  hear({ conversation_id: id, person_id: personId, name }) {
    if (id !== this.feed.id || personId === this.me.id) return;
    clearTimeout(this.typing.get(personId)?.timer);
    this.typing.set(personId, { name, timer: setTimeout(() => this.stop(personId), TYPING_MS) });
    this.draw();
  }

  stop(personId) {
    clearTimeout(this.typing.get(personId)?.timer);
    if (this.typing.delete(personId)) this.draw();
  }

  // ── what is seen ────────────────────────────────────────────────────────

  draw() {
    for (const row of this.panel.root.querySelectorAll("[data-person]")) {
      const isOnline = this.online.get(Number(row.dataset.person)) === true;
      const tile = row.querySelector(".avatar");
      if (tile.classList.contains("is-online") === isOnline) continue;
      tile.classList.toggle("is-online", isOnline);
      if (isOnline) row.setAttribute("title", "在线"); else row.removeAttribute("title");
    }
    if (!this.line) return;
    this.line.replaceChildren(...this.words());
    this.line.title = this.line.textContent;
  }

  words() {
    const names = [...this.typing.values()].map(({ name }) => name);
    const isDirect = this.feed.card?.kind === "direct";
    if (names.length > 0) return [isDirect ? "正在输入…" : `${names.slice(0, 2).join("、")}${names.length > 2 ? ` 等 ${names.length} 人` : ""}正在输入…`];
    const isOnline = isDirect ? this.online.get(this.feed.card.peer_id) : undefined;
    if (isOnline === undefined) return [];
    return [element("span", `presence-dot${isOnline ? " is-on" : ""}`, { "aria-hidden": "true" }), isOnline ? "在线" : "不在线"];
  }
}
