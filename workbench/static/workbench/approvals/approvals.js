// 审批: the remark field that grows, and the picker of people. All found by attribute, so that fragments work too.

const MOST_ROWS = 6;

function grow(area) {
  area.rows = 1;
  while (area.rows < MOST_ROWS && area.scrollHeight > area.clientHeight) area.rows += 1;
}
document.addEventListener("input", (event) => {
  if (event.target.matches?.("textarea[data-grow]")) grow(event.target);
});

// Enter in the picker's search must not send the form; Escape closes what was found.
document.addEventListener("keydown", (event) => {
  const picker = event.target.closest?.("[data-picker]");
  if (!picker) return;
  const found = picker.querySelector(".picker-found");
  if (event.key === "Enter" && event.target.matches("input[type=search]")) {
    event.preventDefault();
    found.querySelector("button:not(.is-picked)")?.click();
  } else if (event.key === "Escape") {
    found.hidden = true;
  } else if (event.key === "ArrowDown" && event.target.matches("input[type=search]")) {
    event.preventDefault();
    found.querySelector("button")?.focus();
  }
});

const picked = (picker) => new Set([...picker.querySelectorAll(".picker-chips input")].map((input) => input.value));

function mark(picker) {
  const ids = picked(picker);
  for (const person of picker.querySelectorAll("[data-person]")) person.classList.toggle("is-picked", ids.has(person.dataset.person));
}

function add(picker, id, name) {
  const chips = picker.querySelector(".picker-chips");
  if (picked(picker).has(id)) return;
  if (!picker.hasAttribute("data-many")) chips.replaceChildren();
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
  chips.append(chip);
}

document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  for (const other of document.querySelectorAll("[data-picker]")) {
    if (!target || !other.contains(target)) other.querySelector(".picker-found").hidden = true;
  }
  const picker = target?.closest("[data-picker]");
  if (!picker) return;
  const remove = target.closest(".chip-remove");
  if (remove) {
    remove.closest(".chip").remove();
    mark(picker);
    return;
  }
  const person = target.closest("[data-person]");
  if (person) {
    add(picker, person.dataset.person, person.dataset.personName);
    const search = picker.querySelector("input[type=search]");
    search.value = "";
    picker.querySelector(".picker-found").hidden = true;
    return;
  }
  if (target.matches("input[type=search]")) show(picker);
});

function show(picker) {
  const found = picker.querySelector(".picker-found");
  if (found.childElementCount === 0) return;
  mark(picker);
  found.hidden = false;
}

// A refreshed list marks the case that is open.
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.elt.id !== "approvals-list") return;
  for (const row of event.detail.elt.querySelectorAll("a.row")) {
    if (new URL(row.href).pathname === location.pathname) row.setAttribute("aria-current", "true");
  }
});

document.addEventListener("htmx:afterSwap", (event) => {
  const picker = event.detail.target.closest?.("[data-picker]");
  if (picker) show(picker);
});
