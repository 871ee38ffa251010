// The one picker of people and units: a search, what it found, the tree, and chips that carry the
// form's values. All found by attribute, so that fragments and dialogs work too. Tells of every
// change by "picker:changed".

import { wireTrees } from "./tree.js";

const PEOPLE = ["people", "appointees"]; // purposes that pick people; the others pick units
const SCOPES = { subtree: "含下级", unit: "仅本级" };
const RECENT_AT_MOST = 8;
const COUNT_AFTER_MS = 250;
const WAITS = new WeakMap(); // picker → the timer of its next count

const searchOf = (picker) => picker.querySelector("input[type=search]");
const panelOf = (picker) => picker.querySelector(".picker-panel");
const foundOf = (picker) => picker.querySelector(".picker-found");
const treeOf = (picker) => picker.querySelector(".picker-tree");
const chipsOf = (picker) => [...picker.querySelectorAll(".picker-chips input")];
const idOf = (value) => value.slice(value.indexOf(":") + 1);
const picked = (picker) => new Set(chipsOf(picker).map((input) => idOf(input.value)));
const withoutOf = (picker) => new Set((picker.dataset.without ?? "").split(" ").filter(Boolean));

/** What stands in the picker: [{ id, name }]. */
export function chosen(picker) {
  return chipsOf(picker).map((input) => ({
    id: Number(idOf(input.value)),
    name: input.parentElement.querySelector(".picker-chip-name").textContent,
  }));
}

/** Empties the picker; `without` are ids that are never offered. */
export function reset(picker, { without = [] } = {}) {
  picker.querySelector(".picker-chips").replaceChildren();
  picker.dataset.without = without.join(" ");
  searchOf(picker).value = "";
  foundOf(picker).replaceChildren();
  browse(picker, false);
  if (!picker.classList.contains("is-open")) panelOf(picker).hidden = true;
  changed(picker); // what is near is asked for when the search gets the focus
}

function ask(picker) {
  searchOf(picker).dispatchEvent(new Event("ask"));
}

// ── recent choices: ids only, kept in this browser; the server says which may still be picked

const recentKey = (picker) => `picker:${picker.dataset.purpose}`;

function recentOf(picker) {
  try {
    const kept = JSON.parse(localStorage.getItem(recentKey(picker)) ?? "[]");
    return Array.isArray(kept) ? kept.filter((id) => /^\d+$/.test(id)) : [];
  } catch {
    return []; // storage switched off, or somebody else's words in it
  }
}

function remember(picker, id) {
  const kept = [id, ...recentOf(picker).filter((other) => other !== id)].slice(0, RECENT_AT_MOST);
  try {
    localStorage.setItem(recentKey(picker), JSON.stringify(kept));
  } catch {
    // A full or forbidden storage only means that nothing is remembered.
  }
}

document.addEventListener("htmx:configRequest", (event) => {
  const picker = event.detail.elt.closest?.("[data-picker]");
  if (!picker || event.detail.elt !== searchOf(picker)) return;
  const text = searchOf(picker).value.trim();
  event.detail.parameters = text ? { q: text } : { recent: recentOf(picker) };
});

// ── chips

function changed(picker) {
  mark(picker);
  picker.dispatchEvent(new CustomEvent("picker:changed", { bubbles: true }));
  clearTimeout(WAITS.get(picker));
  WAITS.set(picker, setTimeout(() => count(picker), COUNT_AFTER_MS));
}

function mark(picker) {
  const [ids, without] = [picked(picker), withoutOf(picker)];
  for (const one of picker.querySelectorAll("[data-pick]")) {
    one.classList.toggle("is-picked", ids.has(one.dataset.pick));
    if (one.matches("button")) {
      one.setAttribute("aria-pressed", String(ids.has(one.dataset.pick)));
      one.disabled = without.has(one.dataset.pick);
    }
  }
}

function count(picker) {
  const sum = picker.querySelector(".picker-sum");
  const inputs = chipsOf(picker);
  if (!picker.hasAttribute("data-many") || inputs.length === 0) {
    sum.replaceChildren();
    return;
  }
  const query = new URLSearchParams();
  if (PEOPLE.includes(picker.dataset.purpose)) query.set("people", inputs.length);
  else for (const input of inputs) query.append("unit", idOf(input.value));
  window.htmx.ajax("GET", `${picker.dataset.counts}?${query}`, { target: sum, source: sum });
}

function scopeButton(input) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "chip-scope";
  button.dataset.chipScope = "";
  button.textContent = SCOPES[input.value.split(":")[0]];
  return button;
}

function chipOf(picker, id, name) {
  const chip = document.createElement("li");
  chip.className = "chip is-on";
  const input = document.createElement("input");
  input.type = "hidden";
  input.name = picker.dataset.name;
  input.value = picker.hasAttribute("data-scoped") ? `subtree:${id}` : id;
  const label = document.createElement("span");
  label.className = "picker-chip-name";
  label.textContent = name;
  const remove = document.createElement("button");
  remove.type = "button";
  remove.className = "chip-remove";
  remove.setAttribute("aria-label", `移除${name}`);
  remove.textContent = "×";
  chip.append(input, label);
  if (picker.hasAttribute("data-scoped")) chip.append(scopeButton(input));
  chip.append(remove);
  return chip;
}

// Without data-many a new choice takes the place of the old one.
function add(picker, id, name) {
  if (picked(picker).has(id) || withoutOf(picker).has(id)) return;
  const chips = picker.querySelector(".picker-chips");
  if (!picker.hasAttribute("data-many")) chips.replaceChildren();
  chips.append(chipOf(picker, id, name));
  remember(picker, id);
}

function drop(picker, id) {
  chipsOf(picker).find((input) => idOf(input.value) === id)?.closest(".chip").remove();
}

function pick(picker, one) {
  const { pick: id, pickName: name } = one.dataset;
  if (picked(picker).has(id)) drop(picker, id);
  else add(picker, id, name);
  changed(picker);
  if (picker.hasAttribute("data-many") && (one.closest(".picker-tree") || picker.classList.contains("is-inline"))) return;
  close(picker);
  searchOf(picker).value = "";
  foundOf(picker).replaceChildren();
}

// ── the panel: what was found, or the tree

function open(picker) {
  panelOf(picker).hidden = false;
  if (foundOf(picker).childElementCount === 0 && treeOf(picker).hidden) ask(picker);
  mark(picker);
}

function close(picker) {
  if (picker.classList.contains("is-open")) return;
  panelOf(picker).hidden = true;
  browse(picker, false);
}

function browse(picker, shown) {
  treeOf(picker).hidden = !shown;
  foundOf(picker).hidden = shown;
  picker.querySelector("[data-picker-browse]").setAttribute("aria-expanded", String(shown));
  if (shown) picker.querySelector(".picker-branches").dispatchEvent(new Event("open"));
}

document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  const picker = target?.closest("[data-picker]");
  for (const other of document.querySelectorAll("[data-picker]")) if (other !== picker && target?.isConnected) close(other);
  if (!picker) return;
  const one = target.closest("[data-pick]");
  if (target.closest(".chip-remove")) {
    target.closest(".chip").remove();
    changed(picker);
  } else if (target.closest("[data-chip-scope]")) {
    const button = target.closest("[data-chip-scope]");
    const input = button.parentElement.querySelector("input");
    const scope = input.value.startsWith("subtree:") ? "unit" : "subtree";
    input.value = `${scope}:${idOf(input.value)}`;
    button.textContent = SCOPES[scope];
    changed(picker);
  } else if (target.closest("[data-picker-browse]")) {
    const shown = treeOf(picker).hidden || panelOf(picker).hidden;
    panelOf(picker).hidden = !shown && !picker.classList.contains("is-open");
    browse(picker, shown);
    if (!shown) open(picker);
  } else if (target.closest("[data-pick-all]")) {
    for (const each of picker.querySelectorAll(".picker-people [data-pick]")) add(picker, each.dataset.pick, each.dataset.pickName);
    changed(picker);
  } else if (one && !one.disabled && !target.closest(".tree-twist")) {
    pick(picker, one);
  } else if (target.matches("input[type=search]")) {
    browse(picker, false);
    open(picker);
  }
});

document.addEventListener("focusin", (event) => {
  const picker = event.target.closest?.("[data-picker]");
  if (picker && event.target === searchOf(picker) && treeOf(picker).hidden) open(picker);
});

// Enter picks the first that was found and never sends the form; Escape closes what was found;
// arrows walk it; Backspace in an empty field takes the last chip away.
document.addEventListener("keydown", (event) => {
  const picker = event.target.closest?.("[data-picker]");
  if (!picker) return;
  const isSearch = event.target === searchOf(picker);
  if (event.key === "Enter" && isSearch) {
    event.preventDefault();
    if (!panelOf(picker).hidden) foundOf(picker).querySelector("[data-pick]:not(.is-picked):not([disabled])")?.click();
  } else if (event.key === "Escape" && !panelOf(picker).hidden && !picker.classList.contains("is-open")) {
    event.stopPropagation(); // the dialog around it stays
    close(picker);
    searchOf(picker).focus();
    close(picker);
  } else if (event.key === "ArrowDown" && isSearch) {
    event.preventDefault();
    foundOf(picker).querySelector("[data-pick]")?.focus();
  } else if (event.key === "ArrowUp" && event.target === foundOf(picker).querySelector("[data-pick]")) {
    event.preventDefault();
    searchOf(picker).focus();
  } else if (event.key === "Backspace" && isSearch && !event.target.value && picker.hasAttribute("data-many")) {
    const last = chipsOf(picker).pop();
    if (last) { last.closest(".chip").remove(); changed(picker); }
  }
}, true);

// Typing looks for a name again; an answer that comes after the person has left stays closed.
document.addEventListener("input", (event) => {
  const picker = event.target.closest?.("[data-picker]");
  if (picker && event.target === searchOf(picker)) browse(picker, false);
});
document.addEventListener("htmx:afterSettle", (event) => {
  const picker = event.detail.elt.closest?.("[data-picker]") ?? event.detail.target?.closest?.("[data-picker]");
  if (!picker) return;
  wireTrees(picker);
  mark(picker);
  if (event.detail.target === foundOf(picker) && picker.contains(document.activeElement)) panelOf(picker).hidden = false;
});
