// DINGs in the middle pane: those that call the reader and those she sent; and the banner of what waits for her.

import { fetchJson, toast } from "../base.js";
import { asked, AskedDings } from "./ding_asked.js";
import { LEVEL_NAMES, progress, STATES } from "./ding_panel.js";
import { element, empty, exactly, icon } from "./elements.js";
import { Refusal } from "./refusal.js";
import { Tabs } from "./tabs.js";
import { Rows } from "./rows.js";

const TABS = [["received", "收到的"], ["sent", "发出的"]];

const SETTLE_MS = 600;

export class Dings {
  constructor({ root, banner, badge, client, api, onShow, onDetail, onDrawn, onStanding }) {
    Object.assign(this, { root, banner, badge, client, api, onShow, onDetail, onDrawn, onStanding });
    this.waiting = [];
    this.turn = 0;
    this.asking = false;
    client.on("ding", ({ ding }) => { if (ding.opened) this.take(ding.opened); else if (ding.state) this.drop(ding.ding_id); });
    this.asked = new AskedDings({ api, onShow });
    asked.addEventListener("change", () => this.renew());
    client.on("notice", ({ notice }) => { if (notice.link?.startsWith("/messages/?view=dings")) this.renew(); });
    client.on("bells", ({ bells }) => this.compare(bells));
  }

  // ── what waits for the reader ───────────────────────────────────────────

  /** Of several answers the last one counts. */
  async load() {
    this.turn += 1;
    const { turn } = this;
    this.asking = true;
    let page;
    try {
      page = await fetchJson(`${this.api}/dings/received?state=pending&limit=100`);
    } catch {
      return; // the next frame or connection asks again
    } finally {
      if (turn === this.turn) this.asking = false;
    }
    if (turn !== this.turn) return;
    this.waiting = page.items;
    this.draw();
    this.renew();
  }

  /** What waits here is what waits there, and the lists show DINGs as they stand; otherwise they are asked for. */
  compare({ dings, dings_mark: mark }) {
    const isSame = dings.length === this.waiting.length && dings.every((id) => this.waiting.some((ding) => ding.id === id));
    const isNew = this.mark !== undefined && this.mark !== mark;
    this.mark = mark;
    if (!isSame) this.load();
    else if (isNew) this.renew();
    if (isNew) this.onStanding();
  }

  take(ding) {
    this.heard([ding, ...this.waiting.filter((one) => one.id !== ding.id)]);
  }

  drop(id) {
    this.heard(this.waiting.filter((ding) => ding.id !== id));
  }

  heard(waiting) {
    this.waiting = waiting;
    this.draw();
    if (this.asking) this.load(); // an answer on its way may be older than this
    else this.renew();
  }

  draw() {
    // The one that is shown stays until it is done with: whoever is about to confirm it must not hit another.
    const shown = this.waiting.find((ding) => ding.id === this.shown) ?? this.waiting[0];
    this.onDrawn();
    this.badge.textContent = this.waiting.length > 0 ? String(Math.min(99, this.waiting.length)) : "";
    this.banner.hidden = !shown;
    if (shown?.id !== this.shown) this.present(shown);
    if (!shown) return;
    const more = this.waiting.length > 1 ? `（共 ${this.waiting.length} 条待确认）` : "";
    this.words.replaceChildren(element("strong", "", {}, `${shown.sender_name} 的 DING`), `：${shown.excerpt || "请查看"}${more}`);
  }

  /** Another DING stands in the banner; where it takes the place of one, a click that was meant for that is not for it. */
  present(ding) {
    const replaces = Boolean(this.shown && ding);
    this.shown = ding?.id;
    if (!ding) { this.banner.replaceChildren(); return; }
    this.words = element("span", "grow ding-banner-text");
    const acts = [
      element("button", "button small", { type: "button", disabled: replaces, onclick: () => this.onShow(ding) }, "查看"),
      element("button", "button small primary", { type: "button", disabled: replaces, onclick: (event) => this.confirm(ding, event.target) }, "确认收到"),
    ];
    if (replaces) setTimeout(() => { for (const act of acts) act.disabled = false; }, SETTLE_MS);
    this.banner.replaceChildren(icon("bell"), this.words, ...acts);
  }

  /** Whether it is confirmed by now. */
  async confirm(ding, button = null) {
    if (button) button.disabled = true;
    let isDone = false;
    try {
      await this.tell(ding);
      isDone = true;
      toast("已确认");
    } catch (problem) {
      toast(problem.message, { error: true });
    }
    await this.load();
    if (button) button.disabled = false;
    return isDone;
  }

  /** Over the socket; over HTTP where that is cut, or found to be dead: what is told twice counts once. */
  async tell(ding) {
    if (this.client.online) {
      try {
        await this.client.ask("ding.confirm", { ding_id: ding.id });
        return;
      } catch (problem) {
        if (problem instanceof Refusal) throw problem;
      }
    }
    await fetchJson(`${this.api}/dings/${ding.id}/confirmation`, { method: "PUT", json: {} });
  }

  // ── the lists ───────────────────────────────────────────────────────────

  isOpen() {
    return Boolean(this.list?.isConnected);
  }

  async open(tab = "received") {
    this.body = element("div", "pane-body shaded");
    this.tabs = new Tabs({ label: "DING", onChoose: (name) => this.choose(name) });
    this.tabs.over(this.body);
    this.root.replaceChildren(
      element("div", "pane-head", {}, element("button", "back", { type: "button", "data-back": true, "aria-label": "返回会话列表" }, icon("back")), element("h2", "", {}, "DING")),
      this.tabs.root, this.body);
    await this.choose(tab);
  }

  async choose(tab) {
    this.tab = tab;
    this.tabs.show(TABS, tab);
    this.list = element("div", "notices dings");
    this.rows = new Rows({ root: this.list, keyOf: (ding) => ding.id, make: (ding) => this.cardOf(ding) });
    this.found = new Map();
    this.cursor = "";
    this.more = element("button", "button", { type: "button", hidden: true, onclick: () => this.page() }, "更早的 DING");
    this.body.replaceChildren(...(tab === "sent" ? [this.asked.root] : []), this.list, element("div", "pager", {}, this.more));
    this.body.scrollTop = 0;
    const { list } = this;
    if (tab === "sent") await this.asked.renew();
    if (this.list === list) await this.page();
  }

  /** The newest as they stand now; what stands below stays. News that comes meanwhile is asked for once more. */
  async renew() {
    if (!this.isOpen()) return;
    if (this.renewing) { this.isStale = true; return; }
    this.renewing = true;
    try {
      do {
        this.isStale = false;
        const { list } = this;
        if (this.tab === "sent") await this.asked.renew();
        const page = await this.ask("");
        if (this.list === list && !this.isStale) this.fill(page, { isFirst: true });
      } while (this.isStale && this.isOpen());
    } catch {
      // what stands there stays; the next frame or connection asks again
    } finally {
      this.renewing = false;
    }
  }

  ask(cursor) {
    return fetchJson(`${this.api}/dings/${this.tab}?${new URLSearchParams({ limit: "30", cursor })}`);
  }

  fill(page, { isFirst }) {
    const isMore = isFirst && this.found.size > page.items.length;
    for (const ding of page.items) this.found.set(ding.id, ding);
    if (!isMore) this.cursor = page.next_cursor ?? "";
    this.more.hidden = !this.cursor;
    this.rows.show([...this.found.values()].sort((one, two) => two.id - one.id));
    const isSent = this.tab === "sent";
    if (this.found.size > 0 || (isSent && !this.asked.root.hidden)) return;
    this.list.append(empty(isSent ? "还没有发出过 DING" : "没有收到 DING", isSent ? "在消息的菜单里选择 DING，或点击会话右上角的铃" : "需要您确认的紧急消息会出现在这里"));
  }

  cardOf(ding) {
    return this.tab === "sent" ? this.sentCard(ding) : this.calledCard(ding);
  }

  async page() {
    const { list } = this;
    try {
      const page = await this.ask(this.cursor);
      if (this.list === list) this.fill(page, { isFirst: false });
    } catch (problem) {
      toast(problem.message, { error: true });
    }
  }

  calledCard(ding) {
    const act = ding.state === "pending" ? element("button", "button small primary", { type: "button", onclick: (event) => this.confirm(ding, event.target) }, "确认收到") : null;
    const ended = ding.ended_at ? element("span", "meta", {}, exactly(ding.ended_at)) : null;
    return this.card(ding, [ding.sender_name, ding.conversation_title].filter(Boolean).join(" · "), chip(ding.state), null, [act, ended]);
  }

  sentCard(ding) {
    const chips = element("span", "cluster", {}, ...Object.keys(STATES).filter((state) => ding.counts[state] > 0).map((state) => chip(state, ding.counts[state])));
    const detail = element("button", "button small", { type: "button", onclick: () => this.onDetail(ding.id) }, "查看详情");
    return this.card(ding, ding.conversation_title || "单聊", chips, progress(ding.counts), [detail]);
  }

  card(ding, where, chips, between, acts) {
    const open = ding.excerpt ? element("button", "button small", { type: "button", onclick: () => this.onShow(ding) }, "查看消息") : null;
    return element("article", "card notice ding", { "data-ding": ding.id },
      element("div", "notice-head", {}, chips, element("time", "meta", { datetime: ding.opened_at }, exactly(ding.opened_at))),
      element("p", "ding-excerpt", {}, ding.excerpt || "（消息已撤回或不可查看）"),
      element("p", "meta", {}, `${where} · ${LEVEL_NAMES[ding.level]}`), between, element("div", "cluster", {}, ...acts, open));
  }
}

function chip(state, number) {
  const [label, tone] = STATES[state];
  return element("span", `tag ${tone}`, {}, number === undefined ? label : `${label} ${number}`);
}
