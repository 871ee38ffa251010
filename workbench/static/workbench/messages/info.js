// 群聊信息: the notice, one's own settings, the rules, the members and what may be done to them.

import { toast } from "../base.js";
import { confirmed } from "../confirm.js";
import { avatar, element, exactly, icon, inParts, personText } from "./elements.js";
import { openMenu } from "./menu.js";

const ROLES = { owner: ["群主", "blue"], admin: ["管理员", "green"] };
const LEVELS = [["all", "全部提醒"], ["mentions", "仅提醒@我的"], ["none", "不提醒"]];
const HARMLESS = { isDanger: false };
const NOTICE_AT_MOST = 2000;
const SEARCHED_FROM = 8;
const TYPING_MS = 250;

export class Info {
  constructor({ panel, onInvite, onSet }) {
    Object.assign(this, { panel, onInvite, onSet });
  }

  show(detail, { isSame }) {
    this.detail = detail;
    const { card, members } = detail;
    const { me } = this.panel;
    this.path = `/conversations/${card.id}`;
    this.isUnit = card.kind === "unit";
    this.administers = card.role !== "member" && !card.dissolved;
    this.owns = !card.dissolved && (card.role === "owner" || (this.isUnit && card.role === "admin"));
    const self = members.find((member) => member.person_id === me.id);
    this.mayLeave = !this.isUnit || self?.source === "invited";
    if (!isSame) this.members = { known: members, cursor: null, wanted: "" };
    else this.members.known = members;
    const body = element("div", "pane-body", {}, ...(card.kind === "direct" ? this.ofDirect() : this.ofGroup()));
    const top = isSame ? this.body?.scrollTop : 0;
    this.body = body;
    const foot = card.kind === "direct" ? null : this.foot();
    this.panel.reveal(card.kind === "direct" ? "聊天信息" : "群聊信息", body, ...(foot?.childElementCount ? [foot] : []));
    body.scrollTop = top;
  }

  ofDirect() {
    const rows = this.detail.members.map((member) => this.row(member));
    return [this.own(), element("p", "list-label", {}, "聊天双方"), element("div", "list", {}, ...rows)];
  }

  ofGroup() {
    return [this.notice(), this.naming(), this.own(), this.administers ? this.rules() : null, this.people()].filter(Boolean);
  }

  // ── the notice and the name ─────────────────────────────────────────────

  notice() {
    const { notice } = this.detail;
    if (!notice && !this.administers) return null;
    const publish = (label) => element("button", "button small", { type: "button", onclick: () => place.replaceWith(this.noticeForm()) }, label);
    const withdraw = element("button", "button small quiet danger", { type: "button", onclick: () => confirmed("确定撤下群公告吗？", "撤下", () => this.act("/notice", { method: "DELETE" }, "群公告已撤下")) }, "撤下");
    const place = element("section", "panel-part", { "aria-label": "群公告" }, element("h3", "panel-label", {}, "群公告"),
      notice ? element("p", "text panel-notice", {}, notice.body) : null,
      notice ? element("p", "meta", {}, `${notice.publisher_name} · ${exactly(notice.published_at)}`) : null,
      this.administers ? element("div", "cluster", {}, publish(notice ? "编辑" : "发布群公告"), notice ? withdraw : null) : null);
    return place;
  }

  noticeForm() {
    const input = element("textarea", "input", { id: "group-notice", rows: "6", maxlength: String(NOTICE_AT_MOST) });
    input.value = this.detail.notice?.body ?? "";
    const form = element("form", "panel-part", {}, element("label", "label", { for: "group-notice" }, "群公告"), input,
      element("div", "cluster", {}, element("button", "button small primary", { type: "submit" }, "发布"), element("button", "button small", { type: "button", onclick: () => this.again() }, "取消")));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const body = input.value.trim();
      if (body) this.act("/notice", { method: "PUT", json: { body } }, "群公告已发布");
    });
    requestAnimationFrame(() => input.focus());
    return form;
  }

  naming() {
    const { card } = this.detail;
    if (!this.administers) return element("section", "panel-part", {}, element("h3", "panel-label", {}, "群聊名称"), element("p", "", {}, card.title));
    const input = element("input", "input", { id: "group-name", value: card.title, maxlength: "60", autocomplete: "off" });
    const form = element("form", "panel-part", {}, element("label", "panel-label", { for: "group-name" }, "群聊名称"),
      element("div", "cluster", {}, input, element("button", "button", { type: "submit" }, "保存")));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const title = input.value.trim();
      if (title && title !== card.title) this.act("", { method: "PATCH", json: { title } }, "群聊名称已更新");
    });
    return form;
  }

  // ── settings and rules ──────────────────────────────────────────────────

  own() {
    const { card } = this.detail;
    const level = element("select", "input", { id: "room-level" }, ...LEVELS.map(([value, label]) => element("option", "", { value, selected: value === card.level }, label)));
    level.addEventListener("change", () => this.set({ level: level.value }));
    return element("section", "panel-part", { "aria-label": "我的设置" }, element("h3", "panel-label", {}, "我的设置"),
      this.choice("置顶聊天", card.pinned, (pinned) => this.set({ pinned })),
      element("div", "panel-level", {}, element("label", "", { for: "room-level" }, "消息提醒"), level));
  }

  async set(change) {
    if (await this.onSet(this.detail.card.id, change)) Object.assign(this.detail.card, change);
    else this.again();
  }

  rules() {
    const { policy } = this.detail;
    const who = (on) => (on ? "admins" : "members");
    return element("section", "panel-part", { "aria-label": "群管理" }, element("h3", "panel-label", {}, "群管理"),
      this.choice("公告模式（仅管理员发言）", policy.mute_all, (on) => this.rule({ mute_all: on })),
      this.isUnit ? null : this.choice("仅管理员可邀请成员", policy.inviting === "admins", (on) => this.rule({ inviting: who(on) })),
      this.choice("仅管理员可@所有人", policy.mentioning_all === "admins", (on) => this.rule({ mentioning_all: who(on) })),
      this.choice("新成员可查看历史消息", policy.newcomers_see === "everything", (on) => this.rule({ newcomers_see: on ? "everything" : "nothing" })),
      this.choice("禁止转发群内消息", !policy.forwarding, (on) => this.rule({ forwarding: !on })),
      this.choice("消息页显示水印", policy.watermark, (on) => this.rule({ watermark: on })));
  }

  rule(change) {
    return this.act("/policy", { method: "PATCH", json: change });
  }

  choice(label, isOn, act) {
    const box = element("input", "", { type: "checkbox", checked: isOn });
    box.addEventListener("change", () => act(box.checked));
    return element("label", "choice", {}, box, element("span", "", {}, label));
  }

  // ── members ─────────────────────────────────────────────────────────────

  people() {
    const { card, members_listed: listed } = this.detail;
    const search = element("input", "input", { type: "search", placeholder: "搜索成员", "aria-label": "搜索成员", autocomplete: "off", value: this.members.wanted });
    const place = element("div", "", {});
    const draw = () => {
      const found = this.members.known.filter((member) => this.fits(member));
      place.replaceChildren(found.length > 0 ? inParts(found, (member) => this.row(member)) : element("p", "list-label", {}, "没有匹配的成员"), ...(listed && this.members.known.length < card.member_count ? [more] : []));
    };
    const more = element("button", "button small panel-more", { type: "button", onclick: async () => { await this.more(); draw(); } }, "载入更多成员");
    search.addEventListener("input", () => {
      this.members.wanted = search.value.trim();
      draw();
      // Those who have not come yet are looked for where all are known, by pinyin too.
      if (listed) this.lookFor(draw);
    });
    draw();
    return element("section", "panel-members", { "aria-label": "成员" }, element("div", "panel-people", {}, element("h3", "panel-label", {}, `成员 ${card.member_count}`), this.inviting()),
      listed ? null : element("p", "list-label", {}, "大型单位群，此处只列出管理员"),
      card.member_count >= SEARCHED_FROM ? element("div", "panel-search", {}, element("label", "search", {}, icon("search"), search)) : null, place);
  }

  inviting() {
    const { card, policy } = this.detail;
    if (card.dissolved || !(this.administers || (!this.isUnit && policy.inviting === "members"))) return null;
    return element("button", "button small", { type: "button", onclick: () => this.onInvite(card, this.members.known) }, icon("plus"), "邀请成员");
  }

  /** Whoever else has the name comes along. */
  lookFor(draw) {
    clearTimeout(this.soon);
    const { wanted } = this.members;
    if (!wanted) return;
    this.soon = setTimeout(async () => {
      const page = await this.panel.ask(`${this.path}/members?${new URLSearchParams({ limit: "100", q: wanted })}`);
      if (!page || this.members.wanted !== wanted) return;
      const named = new Set(page.items.map((member) => member.person_id));
      const known = new Map([...this.members.known, ...page.items].map((member) => [member.person_id, member]));
      this.members.known = [...known.values()];
      this.members.named = { wanted, ids: named };
      draw();
    }, TYPING_MS);
  }

  /** Whether the member has what is looked for: as far as is known here, or as the server said. */
  fits(member) {
    const { wanted, named } = this.members;
    if (named?.wanted === wanted && named.ids.has(member.person_id)) return true;
    return [member.name, member.unit_name, member.title].some((words) => words.includes(wanted));
  }

  /** The next page of those whom the first answer left out. */
  async more() {
    const page = await this.panel.ask(`${this.path}/members?${new URLSearchParams({ limit: "100", cursor: this.members.cursor ?? "" })}`);
    if (!page) return;
    this.members.cursor = page.next_cursor;
    const known = new Map([...this.members.known, ...page.items].map((member) => [member.person_id, member]));
    this.members.known = [...known.values()];
  }

  row(member) {
    const [label, tone] = ROLES[member.role] ?? [];
    const acts = this.detail.card.kind === "direct" ? [] : this.actsOn(member);
    const more = acts.length > 0 ? element("button", "icon-button", { type: "button", "aria-label": `管理 ${member.name}`, "aria-haspopup": "menu" }, icon("more")) : null;
    more?.addEventListener("click", () => {
      const { right, bottom } = more.getBoundingClientRect();
      openMenu(acts, { x: right - 140, y: bottom + 4, opener: more, gap: 40 });
    });
    return element("div", "row tall", { "data-person": member.person_id }, avatar(member.name), personText(member), element("span", "row-side inline", {}, label ? element("span", `tag ${tone}`, {}, label) : null, more));
  }

  actsOn(member) {
    const { name, person_id: id, role } = member;
    if (id === this.panel.me.id || !this.administers) return [];
    const path = `/members/${id}`;
    const removable = (role === "member" || (this.owns && role === "admin")) && (!this.isUnit || member.source === "invited");
    return [
      this.owns && role === "member" ? { label: "设为管理员", act: () => confirmed(`将${name}设为管理员？`, "设为管理员", () => this.act(`${path}/role`, { method: "PUT", json: { role: "admin" } }), HARMLESS) } : null,
      this.owns && role === "admin" ? { label: "取消管理员", act: () => confirmed(`取消${name}的管理员身份？`, "取消管理员", () => this.act(`${path}/role`, { method: "PUT", json: { role: "member" } }), HARMLESS) } : null,
      this.owns && !this.isUnit ? { label: "转让群主", act: () => confirmed(`将群主转让给${name}？转让后您成为管理员。`, "转让", () => this.act("/owner", { method: "PUT", json: { person_id: id } })) } : null,
      removable ? { label: "移出群聊", danger: true, act: () => confirmed(`确定将${name}移出群聊吗？`, "移出", () => this.act(path, { method: "DELETE" })) } : null,
    ].filter(Boolean);
  }

  // ── the foot ────────────────────────────────────────────────────────────

  foot() {
    const { card } = this.detail;
    return element("div", "pane-foot panel-foot", {},
      this.mayLeave ? element("button", "button danger", { type: "button", onclick: () => this.leave(card) }, icon("exit"), "退出群聊") : null,
      this.owns && !this.isUnit ? element("button", "button quiet danger", { type: "button", onclick: () => this.dissolve() }, "解散群聊") : null);
  }

  leave(card) {
    const question = card.role === "owner" ? "退出后群主由其他成员接任，您不再接收此群聊的消息，确定退出吗？" : "退出后不再接收此群聊的消息，确定退出吗？";
    confirmed(question, "退出群聊", async () => {
      if (await this.panel.act(`${this.path}/leave`, { method: "POST", json: {} })) this.panel.onLeft(card.id);
    });
  }

  dissolve() {
    confirmed("解散后任何人都不能再发言，历史消息仍可查看。确定解散吗？", "解散群聊", () => this.act("/dissolve", { method: "POST", json: {} }, "群聊已解散"));
  }

  /** Acts and shows what holds now, also where it was refused. */
  async act(path, options, done = "") {
    if (await this.panel.act(this.path + path, options) && done) toast(done);
    this.again();
  }

  again() {
    if (this.panel.shown === `info:${this.detail.card.id}`) this.panel.info(this.detail.card.id);
  }
}
