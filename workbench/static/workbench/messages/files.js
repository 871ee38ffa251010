// 聊天文件: the pictures and files of a conversation, newest first.

import { fileOf, markOf } from "./attached.js";
import { element, empty, exactly, icon } from "./elements.js";
import { openViewer } from "./viewer.js";

const TABS = [["image", "图片"], ["file", "文件"]];
const EMPTY = { image: ["还没有图片", "这里会列出聊天中的图片"], file: ["还没有文件", "这里会列出聊天中的文件"] };

export class FilesPane {
  /** `onJump(seq)` shows the message in the conversation. */
  constructor({ panel, onJump }) {
    Object.assign(this, { panel, onJump });
  }

  async show(conversationId, kind = "image") {
    Object.assign(this, { id: conversationId, kind, items: [], cursor: null });
    const page = await this.page();
    if (!page || this.id !== conversationId || this.kind !== kind) return;
    this.panel.shown = `files:${conversationId}`;
    const tabs = element("div", "tabs panel-tabs", { role: "tablist" }, ...TABS.map(([name, label]) =>
      element("button", "tab", { type: "button", role: "tab", "aria-selected": String(name === kind), onclick: () => this.show(conversationId, name) }, label)));
    this.list = element("div", kind === "image" ? "picture-grid" : "list", { "aria-label": kind === "image" ? "图片" : "文件" });
    this.more = element("button", "button small", { type: "button", onclick: () => this.further() }, "显示更多");
    this.pager = element("div", "pager", {}, this.more);
    this.panel.reveal("聊天文件", tabs, element("div", "pane-body", {}, this.list, this.pager));
    this.take(page);
  }

  page() {
    const query = new URLSearchParams({ kind: this.kind, limit: 30, ...(this.cursor ? { cursor: this.cursor } : {}) });
    return this.panel.ask(`/conversations/${this.id}/files?${query}`);
  }

  async further() {
    const page = await this.page();
    if (page) this.take(page);
  }

  take(page) {
    this.cursor = page.next_cursor;
    this.items.push(...page.items);
    this.pager.hidden = !this.cursor;
    if (this.items.length === 0) { this.list.replaceWith(empty(...EMPTY[this.kind])); return; }
    this.list.append(...page.items.map((item) => (this.kind === "image" ? this.picture(item) : this.row(item))));
  }

  picture(item) {
    const { file } = item;
    return element("button", "picture-cell", { type: "button", "aria-label": `查看图片 ${file.name}`, title: `${item.sender_name} · ${exactly(item.created_at)}`, onclick: () => this.view(item) },
      element("img", "", { src: file.thumbnail, alt: "", loading: "lazy", width: "96", height: "96" }), markOf(file));
  }

  view(item) {
    openViewer(this.items.map((one) => one.file), this.items.indexOf(item));
  }

  row(item) {
    const jump = element("button", "icon-button", { type: "button", "aria-label": `定位到聊天 ${item.file.name}`, title: "定位到聊天", onclick: () => this.onJump(item.seq) }, icon("messages"));
    return element("div", "row tall file-row", {}, fileOf(item.file, `${item.sender_name} · ${exactly(item.created_at)}`), jump);
  }
}
