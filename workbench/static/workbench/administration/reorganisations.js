// 机构改革: what a changed plan says, and where it changed.

import { toast } from "../base.js";

const stepsOf = (plan) => new Map([...plan.querySelectorAll(".step")].map((step) => [step.id, step.textContent]));

let before = new Map();

document.addEventListener("htmx:beforeSwap", () => {
  const plan = document.getElementById("plan");
  if (plan) before = stepsOf(plan);
});

document.addEventListener("htmx:afterSwap", (event) => {
  const plan = document.getElementById("plan");
  if (!plan || event.detail.target.id !== "plan") return;
  if (!document.querySelector("#dialog > .dialog-back")) document.body.classList.remove("has-dialog");
  if (plan.dataset.says) toast(plan.dataset.says);
  for (const step of plan.querySelectorAll(".step")) {
    if (before.get(step.id) === step.textContent) continue;
    step.classList.add("is-fresh");
    if (!before.has(step.id)) step.scrollIntoView({ block: "nearest" });
  }
});

// Choosing a time means choosing to wait for it.
document.addEventListener("input", (event) => {
  if (!event.target.matches('#decision [name="effective_at"]')) return;
  event.target.form.querySelector('[name="when"][value="later"]').checked = true;
});
