// 公文: the picker of units and people, and the page that follows the draft. All found by attribute.

const picked = (picker) => new Set([...picker.querySelectorAll(".picker-chips input")].map((input) => input.value));

function add(picker, id, name) {
  if (picked(picker).has(id)) return;
  const chip = document.createElement("li");
  chip.className = "chip is-on";
  const input = document.createElement("input");
  input.type = "hidden";
  input.name = picker.dataset.name;
  input.value = id;
  const label = document.createElement("span");
  label.textContent = name;
  const remove = document.createElement("button");
  remove.type = "button";
  remove.className = "chip-remove";
  remove.setAttribute("aria-label", `移除${name}`);
  remove.textContent = "×";
  chip.append(input, label, remove);
  picker.querySelector(".picker-chips").append(chip);
}

function mark(picker) {
  const ids = picked(picker);
  for (const one of picker.querySelectorAll("[data-pick]")) one.classList.toggle("is-picked", ids.has(one.dataset.pick));
}

function show(picker) {
  const found = picker.querySelector(".picker-found");
  if (found.childElementCount === 0) return;
  mark(picker);
  found.hidden = false;
}

document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  for (const other of document.querySelectorAll("[data-picker]")) {
    if (!target || !other.contains(target)) other.querySelector(".picker-found").hidden = true;
  }
  const picker = target?.closest("[data-picker]");
  if (!picker) return;
  const remove = target.closest(".chip-remove");
  const one = target.closest("[data-pick]");
  if (remove) {
    remove.closest(".chip").remove();
    changedDraft();
  } else if (one) {
    add(picker, one.dataset.pick, one.dataset.pickName);
    const search = picker.querySelector("input[type=search]");
    search.value = "";
    picker.querySelector(".picker-found").hidden = true;
    changedDraft();
  } else if (target.matches("input[type=search]")) {
    show(picker);
  }
});

// Enter picks the first that was found and never sends the form; Escape closes what was found.
document.addEventListener("keydown", (event) => {
  const picker = event.target.closest?.("[data-picker]");
  if (!picker) return;
  const found = picker.querySelector(".picker-found");
  const isSearch = event.target.matches("input[type=search]");
  if (event.key === "Enter" && isSearch) {
    event.preventDefault();
    if (!found.hidden) found.querySelector("[data-pick]:not(.is-picked)")?.click();
  } else if (event.key === "Escape") {
    found.hidden = true;
  } else if (event.key === "ArrowDown" && isSearch) {
    event.preventDefault();
    found.querySelector("[data-pick]")?.focus();
  }
});

document.addEventListener("htmx:afterSwap", (event) => {
  const picker = event.detail.target.closest?.("[data-picker]");
  if (picker && picker.contains(document.activeElement)) show(picker);
});

// The page beside the form is set again when the draft rests for a moment.
function changedDraft() {
  document.querySelector(".specimen")?.dispatchEvent(new CustomEvent("specimen"));
}
document.addEventListener("input", (event) => {
  if (event.target.closest?.(".drafting-form") && event.target.name !== "q") changedDraft();
});

// A refreshed list marks the document that is open.
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.elt.id !== "documents-list") return;
  for (const row of event.detail.elt.querySelectorAll("a.row")) {
    if (new URL(row.href).pathname === location.pathname) row.setAttribute("aria-current", "true");
  }
});

// A refusal stands at the top of the form: bring it into sight.
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target?.id === "draft-refusal") event.detail.target.scrollIntoView({ block: "nearest" });
});
