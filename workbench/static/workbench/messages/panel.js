// The right pane: what the conversation is and who is in it, or who has read a message.

import { fetchJson, toast } from "../base.js";
import { element, icon } from "./elements.js";
import { FilesPane } from "./files.js";
import { History } from "./history.js";
import { Info } from "./info.js";
import { Readers } from "./readers.js";

const isWide = () => window.matchMedia("(min-width: 768px)").matches;

export class Panel {
  constructor({ root, panes, me, api, onInvite, onLeft, onSet, onJump, onDingUnread }) {
    Object.assign(this, { root, panes, me, api, onLeft, onDingUnread });
    this.infoPane = new Info({ panel: this, onInvite, onSet });
    this.history = new History({ panel: this, onJump: (seq) => { if (!isWide()) this.close(); onJump(seq); } });
    this.filesPane = new FilesPane({ panel: this, onJump: (seq) => { if (!isWide()) this.close(); onJump(seq); } });
    this.readers = new Readers({ panel: this });
    this.opener = null; // had the focus before the panel opened
    root.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.isComposing || event.defaultPrevented) return;
      if (event.target.matches('input[type="search"]') && event.target.value) return; // empties the field
      event.stopPropagation();
      this.close();
    });
  }

  close() {
    const isInside = this.root.contains(document.activeElement);
    this.shown = null;
    this.panes.classList.remove("is-aside", "has-aside");
    this.root.replaceChildren();
    if (isInside && this.opener?.isConnected) this.opener.focus({ preventScroll: true });
    this.opener = null;
  }

  /** Whoever opens the panel goes on in it; what is only drawn anew leaves the focus alone. */
  reveal(title, ...content) {
    const opens = !this.panes.classList.contains("has-aside");
    const isInside = this.root.contains(document.activeElement);
    if (!isInside) this.opener = document.activeElement;
    const heading = element("h2", "", { tabindex: "-1" }, title);
    const back = element("button", "back", { type: "button", "aria-label": "返回聊天", onclick: () => this.close() }, icon("back"));
    const close = element("button", "icon-button only-wide", { type: "button", "aria-label": "关闭", onclick: () => this.close() }, icon("close"));
    this.root.replaceChildren(
      element("div", "pane-head", {}, back, heading, element("div", "actions", {}, close)),
      ...content,
    );
    this.panes.classList.add("is-aside", "has-aside");
    if (opens || isInside) heading.focus({ preventScroll: true });
  }

  async toggleInfo(conversationId) {
    if (this.shown === `info:${conversationId}`) { this.close(); return; }
    await this.info(conversationId);
  }

  async toggleFiles(conversationId) {
    if (this.shown === `files:${conversationId}`) { this.close(); return; }
    await this.filesPane.show(conversationId);
  }

  async toggleHistory(conversationId) {
    if (this.shown === `history:${conversationId}`) { this.close(); return; }
    await this.history.show(conversationId);
  }

  async info(conversationId) {
    const detail = await this.ask(`/conversations/${conversationId}`);
    if (!detail) return;
    const isSame = this.shown === `info:${conversationId}`;
    this.shown = `info:${conversationId}`;
    this.infoPane.show(detail, { isSame });
  }

  /** Another device or person changed the conversation that is shown. */
  refresh(conversationId) {
    if (this.shown === `info:${conversationId}`) this.info(conversationId);
  }

  // ── who has read ────────────────────────────────────────────────────────

  async receipts(conversationId, seq) {
    await this.readers.show(conversationId, seq);
  }

  /** Fresh counts came for the conversation. */
  recount({ conversation_id: conversationId, counts }) {
    for (const count of counts) {
      if (this.shown === `receipts:${conversationId}:${count.seq}`) this.readers.recount(count);
    }
  }

  async ask(path) {
    try {
      return await fetchJson(this.api + path);
    } catch (problem) {
      toast(problem.message, { error: true });
      return null;
    }
  }

  async act(path, options) {
    try {
      await fetchJson(this.api + path, options);
      return true;
    } catch (problem) {
      toast(problem.message, { error: true });
      return false;
    }
  }
}
