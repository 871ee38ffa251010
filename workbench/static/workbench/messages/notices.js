// Work notices in the middle pane.

import { fetchJson, toast } from "../base.js";
import { isLookedAt } from "./attention.js";
import { element, empty, exactly, icon } from "./elements.js";

export class Notices {
  constructor({ root, api, onRead }) {
    Object.assign(this, { root, api, onRead });
    this.isUnmarked = false;
    window.addEventListener("focus", () => { if (this.isUnmarked && this.isOpen()) this.markRead(); });
  }

  async open() {
    this.list = element("div", "notices");
    this.more = element("button", "button", { type: "button", hidden: true, onclick: () => this.page() }, "更早的通知");
    this.body = element("div", "pane-body shaded", {}, this.list, element("div", "pager", {}, this.more));
    this.root.replaceChildren(
      element("div", "pane-head", {}, element("button", "back", { type: "button", "data-back": true, "aria-label": "返回会话列表" }, icon("back")), element("h2", "", {}, "工作通知")),
      this.body,
    );
    this.cursor = "";
    await this.page();
    this.markRead();
  }

  async page() {
    try {
      const page = await fetchJson(`${this.api}/notices?${new URLSearchParams({ limit: "30", cursor: this.cursor })}`);
      for (const notice of page.items) this.list.append(this.cardOf(notice));
      this.cursor = page.next_cursor ?? "";
      this.more.hidden = !page.next_cursor;
    } catch (problem) {
      toast(problem.message, { error: true });
    }
    if (!this.list.firstElementChild) this.body.replaceChildren(empty("暂无工作通知", "审批、公文和微应用的通知会出现在这里"));
  }

  /** A notice came while the pane is open. */
  take(notice) {
    if (!this.list?.isConnected) { this.open(); return; }
    this.list.prepend(this.cardOf(notice));
    this.markRead();
  }

  /** One was recalled: it reads so. */
  renew() {
    if (this.isOpen()) this.open();
  }

  isOpen() {
    return Boolean(this.list?.isConnected);
  }

  async markRead() {
    this.isUnmarked = !isLookedAt();
    if (this.isUnmarked) return;
    try {
      await fetchJson(`${this.api}/notices/read`, { method: "PUT", json: {} });
      this.onRead();
    } catch (problem) {
      toast(problem.message, { error: true });
    }
  }

  cardOf(notice) {
    const link = notice.link ? element("a", "button small", { href: notice.link }, "查看详情", icon("right")) : null;
    const isAsked = notice.asks && !notice.recalled_at;
    const confirm = !isAsked ? null : notice.confirmed_at ? element("span", "tag green", {}, `${exactly(notice.confirmed_at)} 已确认`)
      : element("button", "button small primary", { type: "button", onclick: (event) => this.confirm(notice, event.target) }, "确认收到");
    const acts = confirm || link ? element("div", "cluster", {}, confirm, link) : null;
    return element("article", "card notice", {},
      element("div", "notice-head", {}, element("span", "tag blue", {}, notice.source_name), notice.read_at ? null : element("span", "tag red", {}, "新"), element("time", "meta", { datetime: notice.created_at }, exactly(notice.created_at))),
      element("h3", "", {}, notice.title),
      notice.body ? element("p", "text notice-body", {}, notice.body) : null, acts);
  }

  async confirm(notice, button) {
    button.disabled = true;
    try {
      await fetchJson(`${this.api}/notices/${notice.id}/confirmation`, { method: "PUT", json: {} });
      notice.confirmed_at = new Date().toISOString();
      button.replaceWith(element("span", "tag green", {}, "已确认"));
      this.onRead();
    } catch (problem) {
      button.disabled = false;
      toast(problem.message, { error: true });
    }
  }
}
