// Picking people and units: a search, what it found, and chips that carry the form's values.
// All found by attribute, so that fragments work too. Tells of every change by "picker:changed".

const picked = (picker) => new Set([...picker.querySelectorAll(".picker-chips input")].map((input) => input.value));
const changed = (picker) => picker.dispatchEvent(new CustomEvent("picker:changed", { bubbles: true }));

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

function chipOf(picker, id, name) {
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
  return chip;
}

// Without data-many a new choice takes the place of the old one.
function add(picker, id, name) {
  if (picked(picker).has(id)) return;
  const chips = picker.querySelector(".picker-chips");
  if (!picker.hasAttribute("data-many")) chips.replaceChildren();
  chips.append(chipOf(picker, id, name));
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
    mark(picker);
    changed(picker);
  } else if (one) {
    add(picker, one.dataset.pick, one.dataset.pickName);
    picker.querySelector("input[type=search]").value = "";
    picker.querySelector(".picker-found").hidden = true;
    changed(picker);
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

// An answer that comes after the person has left the picker stays closed.
document.addEventListener("htmx:afterSwap", (event) => {
  const picker = event.detail.target.closest?.("[data-picker]");
  if (picker && picker.contains(document.activeElement)) show(picker);
});
