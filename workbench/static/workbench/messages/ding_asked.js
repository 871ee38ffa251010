// DINGs to more people than one person calls alone: saying so beforehand, asking for the reason, and what waits.

import { fetchJson, toast } from "../base.js";
import { confirmed } from "../confirm.js";
import { element, exactly } from "./elements.js";

const SHOWN_MS = 7 * 24 * 3600 * 1000;
const TONES = { waiting: "amber", rejected: "red", expired: "red", lapsed: "red" };
const NAMES = { waiting: "待审批", rejected: "未批准", expired: "审批已过期", lapsed: "已失效", withdrawn: "已撤回", approved: "已批准" };

/** Tells the lists that something was asked for. */
export const asked = new EventTarget();

let known = null;

/** How many people one calls alone. Not known while cut off: then the server says so in its answer. */
function alone(api) {
  known ??= fetchJson(`${api}/ding-limits`).then((limits) => limits.alone).catch(() => { known = null; return Infinity; });
  return known;
}

/** Says that so many take a second person, and asks why; hidden as long as they do not. */
export class Approval {
  constructor(api) {
    this.api = api;
    this.said = element("p", "banner warning", { role: "status" });
    this.words = element("textarea", "input", { rows: "2", maxlength: "400", id: "ding-reason", placeholder: "为什么需要通知这么多人" });
    this.root = element("div", "field ding-approval", { hidden: true }, this.said,
      element("label", "label", { for: "ding-reason" }, "理由（供审批人查看）"), this.words,
      element("span", "hint", {}, "审批人会看到消息内容、人数和理由。批准后按届时的成员发出。"));
  }

  /** The number of people is known, or, of those who have not read, is not. */
  async expect(number) {
    this.expected = number;
    const most = await alone(this.api);
    if (this.expected === number) this.show(number > most ? `共 ${number} 人，超过 ${most} 人，需另一人批准后才会发出。` : "");
  }

  show(said) {
    this.root.hidden = !said;
    this.said.textContent = said;
    if (this.submit) this.submit.textContent = said ? "提交审批" : "发出 DING";
  }

  value() {
    return this.root.hidden ? "" : this.words.value.trim();
  }

  /** The answer, or null where a reason is missing, which the dialog then asks for. */
  async send(act) {
    if (!this.root.hidden && !this.value()) { this.lack("请填写理由"); return null; }
    try {
      return await act(this.value());
    } catch (problem) {
      if (problem.code !== "DING_NEEDS_APPROVAL") throw problem;
      this.show(`${problem.message}。`);
      this.lack("请填写理由，提交审批");
      return null;
    }
  }

  lack(said) {
    toast(said, { error: true });
    this.words.focus();
  }
}

/** Whether a second person decides first; then the reader knows it. */
export function isAsked(answer) {
  if (!answer.request_id) return false;
  toast(`已提交审批：${answer.targets} 人，批准后发出`);
  asked.dispatchEvent(new Event("change"));
  return true;
}

/** What the reader asked for and was not opened: what waits, and what ended lately. */
export class AskedDings {
  constructor({ api, onShow }) {
    Object.assign(this, { api, onShow });
    this.root = element("div", "notices dings ding-asked", { hidden: true });
  }

  async renew() {
    const page = await fetchJson(`${this.api}/ding-requests?limit=20`).catch(() => null);
    if (!page) return; // what stands there stays
    const shown = page.items.filter((one) => !one.ding_id && (one.state === "waiting" || Date.now() - Date.parse(one.asked_at) < SHOWN_MS));
    this.root.hidden = shown.length === 0;
    this.root.replaceChildren(...shown.map((one) => this.card(one)));
  }

  card(one) {
    const isFailed = one.refusal !== "";
    const tag = element("span", `tag ${isFailed ? "red" : TONES[one.state] ?? ""}`, {}, isFailed ? "未能发出" : NAMES[one.state] ?? one.state_name);
    const where = [one.conversation_title || "单聊", one.audience_name, `${one.targets} 人`, one.level_name].join(" · ");
    const until = one.state === "waiting" ? `等待另一人批准，${exactly(one.expires_at)} 前有效` : this.how(one);
    const acts = [
      one.said ? element("button", "button small", { type: "button", onclick: () => this.onShow(one) }, "查看消息") : null,
      one.state === "waiting" ? element("button", "button small", { type: "button", onclick: () => this.withdraw(one) }, "撤回申请") : null,
    ];
    return element("article", "card notice ding", { "data-asked": one.request_id },
      element("div", "notice-head", {}, tag, element("time", "meta", { datetime: one.asked_at }, exactly(one.asked_at))),
      element("p", "ding-excerpt", {}, one.said || "（消息已撤回或不可查看）"),
      element("p", "meta", {}, where), element("p", "meta", {}, `理由：${one.reason}`), until ? element("p", "meta", {}, until) : null,
      element("div", "cluster", {}, ...acts));
  }

  /** How it ended, and by whom. */
  how(one) {
    if (one.refusal) return `已获批准，但没有发出：${one.refusal}`;
    if (one.state === "approved") return "已获批准，正在发出";
    const by = one.decided_by_name && one.state !== "withdrawn" ? one.decided_by_name : "";
    return [by, one.remark].filter(Boolean).join("：");
  }

  withdraw(one) {
    confirmed("撤回这项 DING 申请？消息仍保留。", "撤回申请", async () => {
      try {
        await fetchJson(`/api/v1/org/requests/${one.request_id}/withdraw`, { json: {} });
        toast("申请已撤回");
      } catch (problem) {
        toast(problem.message, { error: true });
      }
      await this.renew();
    });
  }
}
