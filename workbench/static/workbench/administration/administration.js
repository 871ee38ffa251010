// 系统管理: a password that is shown once is copied.

import { toast } from "../base.js";

document.addEventListener("click", async (event) => {
  const button = event.target instanceof Element ? event.target.closest("[data-copy]") : null;
  if (!button) return;
  const shown = document.querySelector(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(shown.textContent);
    toast("已复制");
  } catch {
    window.getSelection().selectAllChildren(shown);
    toast("请按 Ctrl+C 复制");
  }
});
