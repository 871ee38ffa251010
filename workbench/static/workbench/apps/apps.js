// 应用管理: the audience of publishing, the manifest form's file and example, copying a secret.

import { toast } from "../base.js";
import "../picker.js";

function startPublishing(form) {
  form.addEventListener("picker:changed", () => {
    form.querySelector("[data-publish-button]").disabled = !form.querySelector(".picker-chips input");
    document.body.dispatchEvent(new CustomEvent("audience-changed"));
  });
}

function startManifest(textarea) {
  const file = document.querySelector("[data-manifest-file]");
  file?.addEventListener("change", async () => {
    if (!file.files.length) return;
    textarea.value = await file.files[0].text();
    file.value = "";
    textarea.focus();
  });
  const example = document.querySelector("[data-example]");
  example?.addEventListener("click", () => {
    textarea.value = example.dataset.example;
    textarea.focus();
  });
}

document.querySelectorAll("[data-publish]").forEach(startPublishing);
document.querySelectorAll("#manifest").forEach(startManifest);
document.querySelectorAll("[data-copy]").forEach((button) => {
  button.addEventListener("click", async () => {
    const shown = document.querySelector(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(shown.textContent);
      toast("已复制");
    } catch {
      window.getSelection().selectAllChildren(shown);
      toast("请按 Ctrl+C 复制");
    }
  });
});
