// 账号与安全: copies what is shown only once.

import { toast } from "../base.js";

for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", async () => {
    const shown = [...document.querySelectorAll(`${button.dataset.copy} code`)].map((one) => one.textContent);
    try {
      await navigator.clipboard.writeText(shown.join("\n"));
      toast("已复制");
    } catch {
      toast("浏览器不允许复制，请手工抄录");
    }
  });
}
