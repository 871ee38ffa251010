// 桌面提醒、免打扰与在线状态: whether the desktop tells of messages; from when until when, each day, nothing but DING
// disturbs; and who sees one online.

import { closeDialog, fetchJson, openDialog, toast } from "../base.js";
import { element, icon } from "./elements.js";

const USUAL = { begins: "22:00", ends: "07:00" };

const DESKTOP = {
  granted: "桌面提醒已开启。提醒只显示谁发来、在哪个会话，不显示内容。",
  denied: "浏览器已禁止本站的通知，可在地址栏左侧的网站设置中更改。",
  default: "尚未开启桌面提醒。提醒只显示谁发来、在哪个会话，不显示内容。",
};

/** Whether the desktop tells of messages, and the way to it. */
function desktopLine(attention) {
  const { permission } = attention;
  if (permission === null) return null;
  const line = element("p", "hint", { "data-part": "desktop" }, DESKTOP[permission]);
  if (permission !== "default") return line;
  const button = element("button", "button small", { type: "button", onclick: async () => { await attention.ask(); box.replaceWith(desktopLine(attention) ?? ""); } }, "开启桌面提醒");
  const box = element("div", "", {}, line, button);
  return box;
}

export async function openQuiet(api, attention) {
  let quiet;
  let own;
  try {
    [quiet, own] = await Promise.all([fetchJson(`${api}/quiet-hours`), fetchJson(`${api}/presence/own`)]);
  } catch (problem) {
    toast(problem.message, { error: true });
    return;
  }
  const on = element("input", "", { type: "checkbox", checked: quiet.begins !== null });
  const [begins, ends] = ["begins", "ends"].map((name) => element("input", "input", { type: "time", id: `quiet-${name}`, required: true, value: (quiet[name] ?? USUAL[name]).slice(0, 5) }));
  const hours = element("div", "form two", {},
    element("div", "field", {}, element("label", "label", { for: "quiet-begins" }, "开始"), begins),
    element("div", "field", {}, element("label", "label", { for: "quiet-ends" }, "结束"), ends));
  const hidden = element("input", "", { type: "checkbox", checked: own.hidden });
  const show = () => { begins.disabled = ends.disabled = !on.checked; };
  on.addEventListener("change", show);
  show();
  const desktop = desktopLine(attention);
  const heading = desktop ? "桌面提醒、免打扰与在线状态" : "免打扰与在线状态";
  const rule = () => element("hr", "");
  const form = element("form", "messages-picker", { "data-again": true },
    element("div", "dialog-body quiet-parts", {}, ...(desktop ? [desktop, rule()] : []), element("label", "choice", {}, on, "每天在以下时段不提醒"), hours, element("p", "hint", {}, "结束早于开始时，到第二天为止。消息照常送达；DING 不受影响。"), rule(),
      element("label", "choice", {}, hidden, "不显示我的在线状态"), element("p", "hint", {}, "同事看不到您是否在线、是否正在输入。")),
    element("div", "dialog-foot", {}, element("button", "button", { type: "button", "data-close": true }, "取消"), element("button", "button primary", { type: "submit" }, "保存")));
  const back = element("div", "dialog-back", { "data-once": "yes" }, element("div", "dialog", { role: "dialog", "aria-modal": "true", "aria-label": heading },
    element("div", "dialog-head", {}, element("h2", "", {}, heading), element("button", "icon-button", { type: "button", "data-close": true, "aria-label": "关闭" }, icon("close"))), form));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const wanted = on.checked ? { method: "PUT", json: { begins: begins.value, ends: ends.value } } : { method: "DELETE" };
      await fetchJson(`${api}/quiet-hours`, wanted);
      if (hidden.checked !== own.hidden) await fetchJson(`${api}/presence/own`, { method: "PUT", json: { hidden: hidden.checked } });
      closeDialog(back);
      toast("已保存");
    } catch (problem) {
      toast(problem.message, { error: true });
    }
  });
  document.body.append(back);
  openDialog(back);
}
