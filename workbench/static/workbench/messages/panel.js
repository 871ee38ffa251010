// The right pane: who is in the conversation, and who has read a message.

import { fetchJson, toast } from "../base.js";
import { confirmed } from "../confirm.js";
import { avatar, element, empty, exactly, icon, postOf } from "./elements.js";

export class Panel {
  constructor({ root, panes, me, api, onInvite, onLeft }) {
    Object.assign(this, { root, panes, me, api, onInvite, onLeft });
  }

  close() {
    this.shown = null;
    this.panes.classList.remove("is-aside", "has-aside");
    this.root.replaceChildren();
  }

  reveal(title, ...content) {
    const back = element("button", "back", { type: "button", "aria-label": "返回聊天", onclick: () => this.close() }, icon("back"));
    const close = element("button", "icon-button only-wide", { type: "button", "aria-label": "关闭", onclick: () => this.close() }, icon("close"));
    this.root.replaceChildren(
      element("div", "pane-head", {}, back, element("h2", "", {}, title), element("div", "actions", {}, close)),
      ...content,
    );
    this.panes.classList.add("is-aside", "has-aside");
  }

  // ── members ─────────────────────────────────────────────────────────────

  async toggleInfo(conversationId) {
    if (this.shown === `info:${conversationId}`) { this.close(); return; }
    await this.info(conversationId);
  }

  async info(conversationId) {
    const detail = await this.ask(`/conversations/${conversationId}`);
    if (!detail) return;
    this.shown = `info:${conversationId}`;
    const { card, members } = detail;
    const isGroup = card.kind === "group";
    const owns = isGroup && members.some((member) => member.person_id === this.me.id && member.role === "owner");
    const rows = members.map((member) => this.memberRow(card, member, owns));
    const body = element("div", "pane-body", {}, ...(isGroup ? [this.naming(card, owns)] : []),
      element("p", "list-label", {}, isGroup ? `成员 ${members.length}` : "聊天双方"), element("div", "list", {}, ...rows));
    const parts = [body];
    if (isGroup) {
      parts.push(element("div", "pane-foot panel-foot", {},
        element("button", "button block", { type: "button", onclick: () => this.onInvite(card, members) }, icon("plus"), "邀请成员"),
        element("button", "button danger block", { type: "button", onclick: () => this.leave(card) }, icon("exit"), "退出群聊")));
    }
    this.reveal(isGroup ? "群聊信息" : "聊天信息", ...parts);
  }

  naming(card, owns) {
    if (!owns) return element("div", "panel-name", {}, element("p", "meta", {}, "群聊名称"), element("p", "", {}, card.title));
    const input = element("input", "input", { id: "group-name", value: card.title, maxlength: "60", autocomplete: "off" });
    const form = element("form", "panel-name", {}, element("label", "label", { for: "group-name" }, "群聊名称"),
      element("div", "cluster", {}, input, element("button", "button", { type: "submit" }, "保存")));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const title = input.value.trim();
      if (title && title !== card.title && await this.act(`/conversations/${card.id}`, { method: "PATCH", json: { title } })) toast("群聊名称已更新");
    });
    return form;
  }

  memberRow(card, member, owns) {
    const tag = member.role === "owner" ? element("span", "tag blue", {}, "群主") : null;
    const remove = owns && member.person_id !== this.me.id
      ? element("button", "button small quiet", { type: "button", "aria-label": `移出 ${member.name}`, onclick: () => this.remove(card, member) }, "移出") : null;
    return element("div", "row tall", {}, avatar(member.name), personText(member), element("span", "row-side inline", {}, tag, remove));
  }

  remove(card, member) {
    confirmed(`确定将${member.name}移出群聊吗？`, "移出", async () => {
      if (await this.act(`/conversations/${card.id}/members/${member.person_id}`, { method: "DELETE" })) this.info(card.id);
    });
  }

  leave(card) {
    confirmed("退出后不再接收此群聊的消息，确定退出吗？", "退出群聊", async () => {
      if (await this.act(`/conversations/${card.id}/leave`, { method: "POST", json: {} })) this.onLeft(card.id);
    });
  }

  /** Another device or person changed the conversation that is shown. */
  refresh(conversationId) {
    if (this.shown === `info:${conversationId}`) this.info(conversationId);
  }

  // ── who has read ────────────────────────────────────────────────────────

  async receipts(conversationId, seq, tab = "unread") {
    const lists = await this.ask(`/conversations/${conversationId}/messages/${seq}/receipts`);
    if (!lists) return;
    this.shown = `receipts:${conversationId}:${seq}`;
    const wanted = tab === "unread" && lists.unread.length === 0 ? "read" : tab;
    const tabs = element("div", "tabs panel-tabs", { role: "tablist" },
      ...[["unread", `未读 ${lists.unread.length}`], ["read", `已读 ${lists.read.length}`]].map(([name, label]) =>
        element("button", "tab", { type: "button", role: "tab", "aria-selected": String(name === wanted), onclick: () => this.receipts(conversationId, seq, name) }, label)));
    const people = lists[wanted];
    const rows = people.map((person) => element("div", "row tall", {}, avatar(person.name), personText(person),
      element("span", "row-side", {}, person.read_at ? element("time", "", { datetime: person.read_at }, exactly(person.read_at)) : "未读")));
    const list = rows.length > 0 ? element("div", "list", {}, ...rows) : empty(wanted === "read" ? "还没有人已读" : "全部已读", "");
    this.reveal("阅读情况", tabs, element("div", "pane-body", {}, list));
  }

  /** Fresh counts came for the conversation: the open lists are asked for again. */
  recount({ conversation_id: conversationId, counts }) {
    for (const { seq } of counts) {
      if (this.shown !== `receipts:${conversationId}:${seq}`) continue;
      const read = this.root.querySelector('[aria-selected="true"]')?.textContent.startsWith("已读");
      this.receipts(conversationId, seq, read ? "read" : "unread");
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

function personText(person) {
  const post = postOf(person);
  return element("span", "row-text", {}, element("span", "row-title", {}, person.name), element("span", "row-meta", { title: post }, post));
}
