// The left pane: work notices on top, then the conversations, the newest first.

import { fetchJson } from "../base.js";
import { avatar, badgeText, element, empty, eventText, iconAvatar, moment } from "./elements.js";

export class List {
  constructor({ root, filter, client, me, api, onOpen }) {
    Object.assign(this, { root, client, me, api, onOpen });
    this.cards = new Map();
    this.notices = { unread: 0, latest: null };
    this.openId = null;
    filter.addEventListener("input", () => { this.wanted = filter.value.trim(); this.draw(); });
    client.on("arrived", ({ entry }) => this.take(entry));
    client.on("read", (data) => this.readTo(data.conversation_id, data.read_seq));
    client.on("heads", ({ heads }) => { if (heads.some((head) => this.isBehind(head))) this.load(); });
  }

  async load() {
    const [page, notices, unread] = await Promise.all([
      fetchJson(`${this.api}/conversations?limit=100`),
      fetchJson(`${this.api}/notices?limit=1`),
      fetchJson(`${this.api}/unread`),
    ]);
    this.cards = new Map(page.items.map((card) => [card.id, card]));
    this.notices = { unread: unread.notices, latest: notices.items[0] ?? null };
    if (this.openId && document.visibilityState === "visible" && this.cards.has(this.openId)) this.cards.get(this.openId).unread = 0;
    this.draw();
  }

  isBehind(head) {
    const card = this.cards.get(head.conversation_id);
    return !card || card.last_seq !== head.last_seq || card.unread !== head.unread;
  }

  take(entry) {
    const card = this.cards.get(entry.conversation_id);
    if (!card || (entry.kind === "event" && entry.event.verb !== "recalled")) { this.load(); return; }
    if (entry.seq <= card.last_seq) return;
    card.last_seq = entry.seq;
    card.last_at = entry.created_at;
    card.last_entry = entry;
    if (entry.kind === "text") {
      if (entry.sender_id === this.me.id) card.unread = 0;
      else if (this.openId !== card.id || document.visibilityState !== "visible") card.unread += 1;
    } else { this.load(); return; }
    this.draw();
  }

  readTo(conversationId, seq) {
    const card = this.cards.get(conversationId);
    if (!card) return;
    card.read_seq = Math.max(card.read_seq, seq);
    if (seq >= card.last_seq) card.unread = 0;
    this.draw();
  }

  mark(key) {
    this.openId = key;
    this.draw();
  }

  async card(conversationId) {
    if (!this.cards.has(conversationId)) {
      const { card } = await fetchJson(`${this.api}/conversations/${conversationId}`);
      this.cards.set(card.id, card);
      this.draw();
    }
    return this.cards.get(conversationId);
  }

  drop(conversationId) {
    this.cards.delete(conversationId);
    this.draw();
  }

  draw() {
    const shown = [...this.cards.values()]
      .filter((card) => !this.wanted || card.title.includes(this.wanted))
      .sort((a, b) => (a.last_at < b.last_at ? 1 : a.last_at > b.last_at ? -1 : b.id - a.id));
    const rows = [...(this.wanted ? [] : [this.noticeRow()]), ...shown.map((card) => this.row(card))];
    if (shown.length === 0) rows.push(this.wanted ? empty("没有匹配的会话", "换个名称试试") : empty("还没有会话", "点击右上角的加号，和同事聊起来"));
    const focused = this.root.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    this.root.replaceChildren(...rows);
    if (focused) this.root.querySelector(`[data-key="${focused}"]`)?.focus();
  }

  noticeRow() {
    const { unread, latest } = this.notices;
    return this.build({
      key: "notices", tile: iconAvatar("bell", "notice"), title: "工作通知", unread,
      preview: latest ? `${latest.source_name}：${latest.title}` : "暂无通知", at: latest?.created_at,
    });
  }

  row(card) {
    return this.build({
      key: card.id, tile: card.kind === "group" ? iconAvatar("directory", "group") : avatar(card.title), title: card.title,
      unread: card.unread, preview: this.preview(card), at: card.last_entry ? card.last_at : null,
    });
  }

  preview(card) {
    const entry = card.last_entry;
    if (!entry) return "";
    if (entry.kind === "event") return eventText(entry, this.me.id);
    if (entry.recalled) return "消息已撤回";
    const text = entry.body.replace(/\s+/g, " ").slice(0, 80);
    return card.kind === "group" && entry.sender_id !== this.me.id ? `${entry.sender_name}：${text}` : text;
  }

  build({ key, tile, title, unread, preview, at }) {
    const badge = element("span", "badge", {}, badgeText(unread));
    if (unread > 0) badge.append(element("span", "visually-hidden", {}, "条未读"));
    const row = element("button", `row tall${unread > 0 ? " is-unread" : ""}`, { type: "button", "aria-current": String(this.openId) === String(key) ? "true" : "false" },
      tile,
      element("span", "row-text", {}, element("span", "row-title", {}, title), element("span", "row-meta", {}, preview)),
      element("span", "row-side", {}, element("span", "", {}, at ? moment(at) : ""), badge));
    row.dataset.key = key;
    row.addEventListener("click", () => this.onOpen(key));
    return row;
  }
}
