// One's own DING in the right pane: how it stands with everybody, what was done for each, and what may be done.

import { fetchJson, toast } from "../base.js";
import { confirmed } from "../confirm.js";
import { formDialog, levelField } from "./ding_dialog.js";
import { avatar, element, empty, exactly, icon, personText } from "./elements.js";
import { newId } from "./outbox.js";

export const STATES = {
  pending: ["待确认", "amber"],
  confirmed: ["已确认", "green"],
  exhausted: ["未确认", "red"],
  unreachable: ["无法送达", "red"],
  recalled: ["已撤回", ""],
};
export const LEVEL_NAMES = { app: "应用内", sms: "短信", phone: "电话" };
const STEPS = { app: "应用内提醒", push: "手机推送", sms: "短信", voice: "语音电话", duty: "值班人员", leader: "单位负责人", end: "结束" };
const MARKS = { delivered: "is-done", skipped: "is-waiting", failed: "is-refused", ended: "is-done" };

/** What a DING has reached, as a bar with its numbers. */
export function progress(counts) {
  const all = Object.values(counts).reduce((sum, number) => sum + number, 0);
  const bar = element("progress", "ding-progress", { max: String(all), value: String(counts.confirmed), "aria-label": "确认进度" });
  return element("div", "", {}, bar, element("span", "meta", {}, `${counts.confirmed}/${all} 人已确认`));
}

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
    this.state = state;
    const { ding } = found;
    this.found = found;
    const tabs = [["", "全部", Object.values(ding.counts).reduce((sum, number) => sum + number, 0)], ...Object.entries(STATES).map(([name, [label]]) => [name, label, ding.counts[name]])]
      .filter(([name, , number]) => name === "" || number > 0);
    this.list = element("div", "list ding-targets");
    this.more = element("button", "button small", { type: "button", hidden: true, onclick: () => this.page() }, "显示更多");
    this.panel.reveal("DING 详情",
      this.head(ding),
      element("div", "tabs panel-tabs", { role: "tablist" }, ...tabs.map(([name, label, number]) =>
        element("button", "tab", { type: "button", role: "tab", "aria-selected": String(name === state), onclick: () => this.open(id, name) }, `${label} ${number}`))),
      element("div", "pane-body", {}, this.list, element("div", "pager", {}, this.more)),
      this.foot(ding));
    this.cursor = "";
    await this.page();
  }

  head(ding) {
    const due = this.found.steps.find((step) => step.step !== "end" && new Date(step.due_at).getTime() > Date.now());
    const next = ding.counts.pending > 0 && due ? `下一步：${STEPS[due.step]}，${exactly(due.due_at)}` : "";
    return element("div", "panel-part", {},
      element("p", "ding-excerpt", {}, ding.excerpt || "（消息已撤回）"),
      element("p", "meta", {}, `${exactly(ding.opened_at)} 发出，${LEVEL_NAMES[ding.level]}`),
      progress(ding.counts),
      next ? element("p", "meta", {}, next) : null);
  }

  foot(ding) {
    const left = ding.counts.pending + ding.counts.exhausted;
    const file = element("a", "button", { href: `${this.api}/dings/${ding.id}/file`, download: "" }, icon("download"), "导出");
    const again = left > 0 && ding.excerpt ? element("button", "button primary block", { type: "button", onclick: () => this.again(ding) }, "再次 DING 未确认") : null;
    const recall = ding.counts.pending > 0 ? element("button", "button danger", { type: "button", onclick: () => this.recall(ding) }, "撤回") : null;
    return element("div", "pane-foot cluster", {}, again, file, recall);
  }

  async page() {
    const { id, list } = this;
    const page = await this.panel.ask(`/dings/${id}/targets?${new URLSearchParams({ state: this.state, cursor: this.cursor })}`);
    if (!page || this.list !== list) return;
    list.append(...page.items.map((target) => this.row(target)));
    this.cursor = page.next_cursor ?? "";
    this.more.hidden = !page.next_cursor;
    if (!this.list.firstElementChild) this.list.append(empty("没有人员", ""));
  }

  row(target) {
    const [label, tone] = STATES[target.state];
    const side = element("span", "row-side", {}, element("span", `tag ${tone}`, {}, label), target.ended_at ? element("time", "", { datetime: target.ended_at }, exactly(target.ended_at)) : null);
    return element("details", "ding-target", {},
      element("summary", "row tall", {}, avatar(target.name), personText(target), side),
      element("ol", "timeline", {}, ...target.evidence.map((proof) => element("li", `timeline-item ${MARKS[proof.outcome]}`, {},
        element("p", "timeline-title", {}, STEPS[proof.step], proof.to_name ? `：${proof.to_name}` : ""),
        element("p", "timeline-meta", {}, `${exactly(proof.at)}，${proof.said}`)))));
  }

  again(ding) {
    const level = levelField();
    const left = ding.counts.pending + ding.counts.exhausted;
    const id = newId();
    formDialog("再次 DING", "发出 DING", [element("p", "", {}, `将再次 DING 尚未确认的 ${left} 人，原来的 DING 随之结束。`), level.set], async () => {
      const opened = await fetchJson(`${this.api}/dings/${ding.id}/again`, { json: { client_ding_id: id, level: level.value() } });
      toast(`已 DING ${opened.targets} 人`);
      this.onChanged();
      await this.open(opened.ding_id);
      return true;
    });
  }

  recall(ding) {
    confirmed(`撤回这个 DING？尚未确认的 ${ding.counts.pending} 人不再收到提醒，消息仍保留。`, "撤回", async () => {
      if (!(await this.panel.act(`/dings/${ding.id}/recall`, { method: "POST", json: {} }))) return;
      toast("已撤回");
      this.onChanged();
      this.open(ding.id);
    });
  }

  /** Somebody confirmed, or it ended: the open panel says so. */
  refresh(id) {
    if (this.id === id && this.wanted === id) this.open(id, this.state);
  }
}
