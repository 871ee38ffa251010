// Asks once more, in words, before something that is hard to undo: hx-confirm on what htmx sends,
// data-confirm on plain forms and their buttons; scripts call confirmed(). The answer's button
// carries data-confirm-verb, else the words of the button that was pressed.

import { closeDialog, openDialog } from "./base.js";

function element(name, className, text = "") {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

function ask(question, { verb, isDanger }, act) {
  const back = element("div", "dialog-back confirm");
  back.dataset.once = "yes";
  const dialog = element("div", "dialog");
  dialog.setAttribute("role", "alertdialog");
  dialog.setAttribute("aria-modal", "true");
  dialog.setAttribute("aria-label", question);
  const body = element("div", "dialog-body");
  body.append(element("p", "confirm-question", question));
  const foot = element("div", "dialog-foot");
  const cancel = element("button", "button", "取消");
  cancel.type = "button";
  cancel.dataset.close = "yes";
  const agree = element("button", isDanger ? "button danger" : "button primary", verb || "确定");
  agree.type = "button";
  agree.addEventListener("click", () => { closeDialog(back); act(); });
  foot.append(cancel, agree);
  dialog.append(body, foot);
  back.append(dialog);
  document.body.append(back);
  openDialog(back);
  cancel.focus();
}

const answerOf = (pressed) => ({
  verb: pressed?.dataset.confirmVerb ?? pressed?.textContent.trim() ?? "",
  isDanger: pressed?.classList.contains("danger") ?? false,
});

/** Calls `act` once the person has agreed to the question by the button that says `verb`; most of what is asked about destroys. */
export function confirmed(question, verb, act, { isDanger = true } = {}) {
  ask(question, { verb, isDanger }, act);
}

document.addEventListener("htmx:confirm", (event) => {
  const { question, elt, issueRequest } = event.detail;
  if (!question) return;
  event.preventDefault();
  ask(question, answerOf(elt), () => issueRequest(true));
});

const agreed = new WeakSet(); // forms that were asked about and may go

document.addEventListener("submit", (event) => {
  const form = event.target;
  const question = event.submitter?.dataset.confirm ?? form.dataset?.confirm;
  if (!question || agreed.delete(form)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const pressed = event.submitter;
  ask(question, answerOf(pressed), () => { agreed.add(form); form.requestSubmit(pressed ?? undefined); });
}, true);
