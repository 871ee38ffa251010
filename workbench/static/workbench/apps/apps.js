// 应用管理: the unit picker of publishing, the manifest form's file and example, copying a secret.

import { toast } from "../base.js";

const SUBJECTS = [["subtree", "含下级"], ["unit", "仅本级"]];

function chosenUnit(id, name) {
  const line = document.createElement("li");
  line.dataset.chosen = id;
  const label = document.createElement("span");
  label.className = "chosen-name truncate";
  label.textContent = name;
  const choice = document.createElement("select");
  choice.className = "input";
  choice.name = "unit";
  choice.setAttribute("aria-label", `${name}的范围`);
  for (const [subject, words] of SUBJECTS) choice.append(new Option(words, `${subject}:${id}`));
  const remove = document.createElement("button");
  remove.type = "button";
  remove.className = "button small quiet";
  remove.dataset.remove = id;
  remove.textContent = "移除";
  remove.setAttribute("aria-label", `移除${name}`);
  line.append(label, choice, remove);
  return line;
}

function audienceChanged(form) {
  form.querySelector("[data-publish-button]").disabled = !form.querySelector("[data-chosen]");
  document.body.dispatchEvent(new CustomEvent("audience-changed"));
}

function startPicker(form) {
  const chosen = form.querySelector("#chosen");
  form.addEventListener("click", (event) => {
    const offered = event.target.closest("[data-unit]");
    const removed = event.target.closest("[data-remove]");
    if (offered && !chosen.querySelector(`[data-chosen="${offered.dataset.unit}"]`)) {
      chosen.append(chosenUnit(offered.dataset.unit, offered.dataset.name));
      audienceChanged(form);
    } else if (removed) {
      removed.closest("li").remove();
      audienceChanged(form);
    }
  });
  chosen.addEventListener("change", () => audienceChanged(form));
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.id === "unit-search") event.preventDefault();
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

document.querySelectorAll("[data-publish]").forEach(startPicker);
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
