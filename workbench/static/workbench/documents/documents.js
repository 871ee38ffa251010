// 公文: the page that follows the draft, and the list that follows the document. All found by attribute.

import "../picker.js";

// The page beside the form is set again when the draft rests for a moment.
function changedDraft() {
  document.querySelector(".specimen")?.dispatchEvent(new CustomEvent("specimen"));
}
document.addEventListener("picker:changed", changedDraft);
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
