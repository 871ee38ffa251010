// 审批: the remark field that grows, and the list that follows. Found by attribute, so that fragments work too.

import "../picker.js";

const MOST_ROWS = 6;

function grow(area) {
  area.rows = 1;
  while (area.rows < MOST_ROWS && area.scrollHeight > area.clientHeight) area.rows += 1;
}
document.addEventListener("input", (event) => {
  if (event.target.matches?.("textarea[data-grow]")) grow(event.target);
});

// A refreshed list marks the case that is open.
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.elt.id !== "approvals-list") return;
  for (const row of event.detail.elt.querySelectorAll("a.row")) {
    if (new URL(row.href).pathname === location.pathname) row.setAttribute("aria-current", "true");
  }
});
