// 免打扰时段: from when until when, each day, nothing but DING disturbs.

import { closeDialog, fetchJson, openDialog, toast } from "../base.js";
import { element, icon } from "./elements.js";

const USUAL = { begins: "22:00", ends: "07:00" };

export async function openQuiet(api) {
  let quiet;
  try {
    quiet = await fetchJson(`${api}/quiet-hours`);
  } catch (problem) {
    toast(problem.message, { error: true });
    return;
  }
  const on = element("input", "", { type: "checkbox", checked: quiet.begins !== null });
  const [begins, ends] = ["begins", "ends"].map((name) => element("input", "input", { type: "time", id: `quiet-${name}`, required: true, value: (quiet[name] ?? USUAL[name]).slice(0, 5) }));
  const hours = element("div", "form two", {},
    element("div", "field", {}, element("label", "label", { for: "quiet-begins" }, "开始"), begins),
    element("div", "field", {}, element("label", "label", { for: "quiet-ends" }, "结束"), ends));
  const show = () => { begins.disabled = ends.disabled = !on.checked; };
  on.addEventListener("change", show);
  show();
  const form = element("form", "messages-picker", { "data-again": true },
    element("div", "dialog-body", {}, element("label", "choice", {}, on, "每天在以下时段不提醒"), hours, element("p", "hint", {}, "结束早于开始时，到第二天为止。消息照常送达；DING 不受影响。")),
    element("div", "dialog-foot", {}, element("button", "button", { type: "button", "data-close": true }, "取消"), element("button", "button primary", { type: "submit" }, "保存")));
  const back = element("div", "dialog-back", { "data-once": "yes" }, element("div", "dialog", { role: "dialog", "aria-modal": "true", "aria-label": "免打扰时段" },
    element("div", "dialog-head", {}, element("h2", "", {}, "免打扰时段"), element("button", "icon-button", { type: "button", "data-close": true, "aria-label": "关闭" }, icon("close"))), form));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const wanted = on.checked ? { method: "PUT", json: { begins: begins.value, ends: ends.value } } : { method: "DELETE" };
      await fetchJson(`${api}/quiet-hours`, wanted);
      closeDialog(back);
      toast(on.checked ? `每天 ${begins.value} 至 ${ends.value} 免打扰` : "已关闭免打扰时段");
    } catch (problem) {
      toast(problem.message, { error: true });
    }
  });
  document.body.append(back);
  openDialog(back);
}
