// What stands above a conversation's log and over it: its title, its people's number, its notice, the watermark.

import { element, icon, watermarks } from "./elements.js";

const button = (label, name, act) => element("button", "icon-button", { type: "button", "aria-label": label, title: label, onclick: act }, icon(name));

export class Head {
  /** `acts` are those of the buttons: info, ding, history and files. */
  constructor({ me, isGroup, acts }) {
    Object.assign(this, { me, isGroup });
    this.title = element("h2", "", { tabindex: "-1" });
    this.subtitle = element("span", "meta nowrap feed-count");
    this.watermark = element("div", "feed-watermark", { "aria-hidden": "true" });
    this.notice = element("button", "feed-notice", { type: "button", hidden: true, onclick: acts.info });
    const info = button(isGroup ? "群聊信息" : "聊天信息", "directory", acts.info);
    info.title = "信息";
    this.root = element(
      "div", "pane-head", {},
      element("button", "back", { type: "button", "data-back": true, "aria-label": "返回会话列表" }, icon("back")),
      element("div", "feed-head", {}, this.title, this.subtitle),
      element("div", "actions", {}, button("发 DING", "bell", acts.ding), button("查找聊天记录", "search", acts.history), button("聊天文件", "folder", acts.files), info),
    );
  }

  show({ title, member_count: people }) {
    this.title.textContent = title;
    this.title.title = title;
    this.subtitle.textContent = this.isGroup ? `${people} 人` : "";
  }

  /** What the conversation's own rules and notice put there. */
  detail({ policy, notice }) {
    this.watermark.replaceChildren(...(policy.watermark ? watermarks(this.me.name) : []));
    this.notice.hidden = !notice;
    if (notice) this.notice.replaceChildren(element("span", "tag amber", {}, "群公告"), element("span", "truncate grow", {}, notice.body), icon("right"));
  }
}
