// 审批: the remark field that grows, days that count themselves, and the list that follows. Found by attribute, so that fragments work too.

import "../picker.js";

const MOST_ROWS = 6;

function grow(area) {
  area.rows = 1;
  while (area.rows < MOST_ROWS && area.scrollHeight > area.clientHeight) area.rows += 1;
}
document.addEventListener("input", (event) => {
  if (event.target.matches?.("textarea[data-grow]")) grow(event.target);
});

// The days from one date to another, both counted, as the server will count them.
const DAY = 24 * 60 * 60 * 1000;
function countDays(field) {
  const [first, last] = field.dataset.daysBetween.split(" ").map((name) => document.getElementById(`f-${name}`));
  const days = Math.round((Date.parse(last.value) - Date.parse(first.value)) / DAY) + 1;
  field.value = days >= 1 ? days : "";
}
document.addEventListener("input", (event) => {
  if (event.target.type !== "date") return;
  for (const field of document.querySelectorAll("[data-days-between]")) countDays(field);
});

// A refreshed list marks the case that is open.
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.elt.id !== "approvals-list") return;
  for (const row of event.detail.elt.querySelectorAll("a.row")) {
    if (new URL(row.href).pathname === location.pathname) row.setAttribute("aria-current", "true");
  }
});
