// One's own DING in the right pane: how it stands with everybody, what was done for each, and what may be done.

import { fetchJson, toast } from "../base.js";
import { confirmed } from "../confirm.js";
import { Approval, isAsked } from "./ding_asked.js";
import { formDialog, levelField } from "./ding_dialog.js";
import { avatar, element, empty, exactly, icon, personText } from "./elements.js";
import { newId } from "./outbox.js";
import { Rows } from "./rows.js";
import { Tabs } from "./tabs.js";

export const STATES = {
  pending: ["待确认", "amber"],
  confirmed: ["已确认", "green"],
  exhausted: ["未确认", "red"],
  unreachable: ["无法送达", "red"],
  recalled: ["已撤回", ""],
};
export const LEVEL_NAMES = { app: "应用内", sms: "短信", phone: "电话" };
const STEPS = { app: "应用内提醒", push: "手机推送", sms: "短信", voice: "语音电话", duty: "值班人员", leader: "单位负责人", end: "结束" };
const MARKS = { listed: "is-waiting", delivered: "is-done", skipped: "is-waiting", failed: "is-refused", ended: "is-done" };

/** What a DING has reached, as a bar with its numbers. */
export function progress(counts) {
  const all = Object.values(counts).reduce((sum, number) => sum + number, 0);
  const bar = element("progress", "ding-progress", { max: String(all), value: String(counts.confirmed), "aria-label": "确认进度" });
  return element("div", "", {}, bar, element("span", "meta", {}, `${counts.confirmed}/${all} 人已确认`));
}

/** Why somebody could not be reached, without the word that the tag beside it says already. */
function reasonOf(target) {
  const said = target.evidence.find((proof) => proof.step === "end")?.said ?? "";
  return said.replace("，无法送达", "");
}

const SOON_MS = 250;

export class DingPanel {
  constructor({ panel, api, onChanged }) {
    Object.assign(this, { panel, api, onChanged });
  }

  get id() {
    const [word, id] = (this.panel.shown ?? "").split(":");
    return word === "ding" ? Number(id) : null;
  }

  async open(id, state = "") {
    this.wanted = id; // of several that are asked for, the last one is shown
    const found = await this.panel.ask(`/dings/${id}`);
    if (!found || this.wanted !== id) return;
    this.panel.shown = `ding:${id}`;
    Object.assign(this, { found, state });
    this.top = element("div", "panel-part");
    this.tabs = new Tabs({ label: "确认情况", classes: "panel-tabs ding-tabs", onChoose: (name) => this.choose(name) });
    this.list = element("div", "list ding-targets");
    this.more = element("button", "button small", { type: "button", hidden: true, onclick: () => this.page() }, "显示更多");
    this.bottom = element("div", "pane-foot cluster");
    const body = element("div", "pane-body", {}, this.list, element("div", "pager", {}, this.more));
    this.tabs.over(body);
    this.panel.reveal("DING 详情", this.top, this.tabs.root, body, this.bottom);
    this.draw();
    await this.choose(state);
  }

  /** Those who stand so are listed; of all others the tabs tell the number. */
  async choose(state) {
    this.state = state;
    this.draw();
    this.list.replaceChildren();
    this.rows = new Rows({ root: this.list, keyOf: (target) => target.person_id, make: (target) => this.row(target) });
    this.targets = [];
    this.cursor = "";
    await this.page();
  }

  /** What changes while people confirm; buttons stay the same nodes. */
  draw() {
    const { ding } = this.found;
    const all = Object.values(ding.counts).reduce((sum, number) => sum + number, 0);
    const tabs = [["", "全部", all], ...Object.entries(STATES).map(([name, [label]]) => [name, label, ding.counts[name]])];
    this.top.replaceChildren(...this.head(ding));
    this.tabs.show(tabs.filter(([name, , number]) => name === "" || number > 0 || name === this.state).map(([name, label, number]) => [name, `${label} ${number}`]), this.state);
    const foot = this.foot(ding);
    if (foot.said === this.footSaid && this.bottom.childElementCount > 0) return;
    this.footSaid = foot.said;
    this.bottom.replaceChildren(...foot.nodes);
  }

  head(ding) {
    const due = this.found.steps.find((step) => step.step !== "end" && new Date(step.due_at).getTime() > Date.now());
    const next = ding.counts.pending > 0 && due ? [`下一步：${STEPS[due.step]}`, exactly(due.due_at)] : null;
    const over = ding.recalled_at ? `${exactly(ding.recalled_at)} 已撤回` : ding.counts.pending > 0 ? `${exactly(ding.closes_at)} 截止` : "";
    return [
      element("p", "ding-excerpt", {}, ding.excerpt || "（消息已撤回）"),
      element("p", "meta", {}, ...wholeParts([`${exactly(ding.opened_at)} 发出`, LEVEL_NAMES[ding.level], over].filter(Boolean))),
      progress(ding.counts),
      next ? element("p", "meta", {}, ...wholeParts(next)) : "",
    ];
  }

  foot(ding) {
    const isLeft = ding.counts.pending + ding.counts.exhausted > 0 && Boolean(ding.excerpt);
    const isOpen = ding.counts.pending > 0;
    return {
      said: JSON.stringify([ding.id, isLeft, isOpen]),
      nodes: [
        isLeft ? element("button", "button primary block", { type: "button", onclick: () => this.again(this.found.ding) }, "再次 DING 未确认") : "",
        element("a", "button", { href: `${this.api}/dings/${ding.id}/file`, download: "" }, icon("download"), "导出"),
        isOpen ? element("button", "button danger", { type: "button", onclick: () => this.recall(this.found.ding) }, "撤回") : "",
      ],
    };
  }

  ask(cursor) {
    return this.panel.ask(`/dings/${this.found.ding.id}/targets?${new URLSearchParams({ state: this.state, cursor, limit: "100" })}`);
  }

  async page() {
    const { rows } = this;
    const page = await this.ask(this.cursor);
    if (page && this.rows === rows) this.fill([...this.targets, ...page.items], page.next_cursor ?? "");
  }

  fill(targets, cursor) {
    Object.assign(this, { targets, cursor });
    this.rows.show(targets);
    this.more.hidden = !cursor;
    if (targets.length === 0) this.list.append(empty("没有人员", ""));
  }

  row(target) {
    const [label, tone] = STATES[target.state];
    const when = target.ended_at ? element("time", "", { datetime: target.ended_at }, exactly(target.ended_at)) : null;
    const side = element("span", "row-side", {}, element("span", `tag ${tone}`, {}, label), target.state === "unreachable" ? element("span", "", {}, reasonOf(target)) : when);
    return element("details", "ding-target", {},
      element("summary", "row tall", {}, avatar(target.name), personText(target), side, icon("right")),
      element("ol", "timeline", {}, ...target.evidence.map((proof) => element("li", `timeline-item ${MARKS[proof.outcome]}`, {},
        element("p", "timeline-title", {}, STEPS[proof.step], proof.to_name ? `：${proof.to_name}` : ""),
        element("p", "timeline-meta", {}, `${exactly(proof.at)}，${proof.said}`)))));
  }

  again(ding) {
    const level = levelField();
    const left = ding.counts.pending + ding.counts.exhausted;
    const id = newId();
    const approval = new Approval(this.api);
    const told = element("p", "", {}, `将再次 DING 尚未确认的 ${left} 人，原来的 DING 随之结束。`);
    const back = formDialog("再次 DING", "发出 DING", [told, level.set, approval.root], async () => {
      const opened = await approval.send((reason) => fetchJson(`${this.api}/dings/${ding.id}/again`, { json: { client_ding_id: id, level: level.value(), reason } }));
      if (!opened) return false;
      if (isAsked(opened)) return true;
      toast(`已 DING ${opened.targets} 人`);
      this.onChanged();
      await this.open(opened.ding_id);
      return true;
    });
    approval.submit = back.querySelector("[type=submit]");
    approval.expect(left);
  }

  recall(ding) {
    confirmed(`撤回这个 DING？尚未确认的 ${ding.counts.pending} 人不再收到提醒，消息仍保留。`, "撤回", async () => {
      if (!(await this.panel.act(`/dings/${ding.id}/recall`, { method: "POST", json: {} }))) return;
      toast("已撤回");
      this.onChanged();
      this.renew(ding.id);
    });
  }

  /** Somebody confirmed, or it ended: the open panel says so; of a burst once. */
  refresh(id) {
    if (this.id !== id) return;
    this.soon ??= setTimeout(() => { this.soon = null; if (this.id) this.renew(this.id); }, SOON_MS);
  }

  /** As much as is shown, as it stands now. Of several answers the last one counts. */
  async renew(id) {
    if (this.id !== id || this.wanted !== id) return;
    this.turn = (this.turn ?? 0) + 1;
    const { turn, rows, targets } = this;
    const found = await this.panel.ask(`/dings/${id}`);
    const now = [];
    let cursor = "";
    do {
      const page = found ? await this.ask(cursor) : null;
      if (!page || turn !== this.turn || this.rows !== rows || this.id !== id) return;
      now.push(...page.items);
      cursor = page.next_cursor ?? "";
    } while (cursor && now.length < targets.length);
    this.found = found;
    this.draw();
    this.fill(now, cursor);
  }
}

/** A line of parts breaks between them, not within. */
function wholeParts(parts) {
  return parts.map((part, place) => element("span", "nowrap", {}, place < parts.length - 1 ? `${part}，` : part));
}
