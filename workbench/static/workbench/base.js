// What every page needs: requests with CSRF, toasts, htmx's manners, menus, panes, dialogs, live counters.

// The token is read from its cookie each time: signing in, also in another tab, replaces it.
const csrfCookie = document.querySelector('meta[name="csrf-cookie"]')?.content ?? "";

export function csrfToken() {
  const start = `${csrfCookie}=`;
  const held = document.cookie.split("; ").find((cookie) => cookie.startsWith(start));
  return held?.slice(start.length) ?? "";
}

// Writes on their way: the same write asked for again meanwhile shares the one answer.
const onTheirWay = new Map();

/** An answer that is not 2xx, with the stable code and the Chinese message of problem+json. */
export class Problem extends Error {
  constructor(status, code, message, details) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

/**
 * Fetches JSON from our own API; sends `options.json` as the body. Throws Problem on any refusal.
 * A write that a double click asks for twice is sent once.
 */
export function fetchJson(url, options = {}) {
  if (options.json === undefined) return request(url, options);
  const write = JSON.stringify([options.method ?? "POST", String(url), options.json]);
  if (!onTheirWay.has(write)) {
    onTheirWay.set(write, request(url, options).finally(() => onTheirWay.delete(write)));
  }
  return onTheirWay.get(write);
}

async function request(url, options) {
  const { json, headers = {}, ...rest } = options;
  const method = (rest.method ?? (json === undefined ? "GET" : "POST")).toUpperCase();
  const sent = { Accept: "application/json", ...headers };
  if (method !== "GET" && method !== "HEAD") sent["X-CSRFToken"] = csrfToken();
  if (json !== undefined) sent["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(url, {
      credentials: "same-origin", ...rest, method, headers: sent,
      body: json === undefined ? rest.body : JSON.stringify(json),
    });
  } catch {
    throw new Problem(0, "OFFLINE", "网络连接已断开，请稍后重试", {});
  }
  const type = answer.headers.get("Content-Type") ?? "";
  const text = type.includes("json") ? await answer.text() : "";
  const body = text ? JSON.parse(text) : null;
  if (answer.ok) return body;
  if (answer.status === 401) showSignedOut();
  throw new Problem(
    answer.status, body?.code ?? "UNEXPECTED", body?.detail ?? body?.message ?? "操作未成功，请稍后重试", body ?? {},
  );
}

/** Shows one line of text for a few seconds; read aloud by screen readers. */
export function toast(text, { error = false } = {}) {
  const place = document.getElementById("toasts");
  if (!place) return;
  const line = document.createElement("div");
  line.className = error ? "toast is-error" : "toast";
  line.textContent = text;
  place.append(line);
  setTimeout(() => line.remove(), error ? 6000 : 3500);
}

/** Tells the frame that counters may have changed (after an action or a live message). */
export function changed() {
  document.dispatchEvent(new CustomEvent("tongwen:changed"));
}

// ── signed out meanwhile: the page and what was typed stay; signing in happens in another tab

function showSignedOut() {
  const banner = document.getElementById("signed-out");
  if (banner) banner.hidden = false;
}

function hideSignedOut() {
  const banner = document.getElementById("signed-out");
  if (banner) banner.hidden = true;
}

document.addEventListener("signed-out", showSignedOut); // the server's answer to an htmx request

// ── dialogs: <div class="dialog-back" id="x" hidden><div class="dialog" role="dialog" aria-modal="true">

const openers = new WeakMap(); // dialog → what had the focus before it opened
const FIELDS = "input:not([type=hidden]), select, textarea";
let lastOnPage = null; // what opened the first of dialogs that replaced each other
let pressedId = ""; // of the button that sent what is being answered

const isWrong = (field) => field.matches('[aria-invalid="true"]') || field.closest(".has-error") !== null;

// What is wrong comes first, then the first field. A picker's field would unfold its offers, and a
// finger would be met by the keyboard: there the dialog itself takes the focus.
function firstStop(back) {
  const wanted = back.querySelector("[autofocus]");
  if (wanted) return wanted;
  const fields = [...back.querySelectorAll(FIELDS)].filter((field) => field.offsetParent !== null);
  const field = fields.find(isWrong) ?? fields[0];
  const isTyped = field && !field.closest("[data-picker]") && !matchMedia("(pointer: coarse)").matches;
  return isTyped ? field : back.querySelector(".dialog");
}

// Words that would be lost with the dialog; what was typed to search for something is not.
const WORDS = "textarea, input:not([type=search]):not([type=checkbox]):not([type=radio]):not([type=file]):not([type=hidden])";
const typedIn = new WeakSet();
document.addEventListener("input", ({ target }) => { if (target.matches(WORDS)) typedIn.add(target); });
const holdsWords = (back) => [...back.querySelectorAll(WORDS)].some((field) => (typedIn.has(field) || isWrong(field)) && field.value.trim() !== "");

export function openDialog(back) {
  for (const field of back.querySelectorAll(WORDS)) typedIn.delete(field);
  const before = document.activeElement ?? document.body;
  const around = before.closest(".dialog-back");
  if (before !== document.body && !around) lastOnPage = before;
  openers.set(back, around && around !== back ? before : lastOnPage);
  back.hidden = false;
  document.body.classList.add("has-dialog");
  const pressed = pressedId ? document.getElementById(pressedId) : null;
  if (pressed && back.contains(pressed)) {
    pressed.focus();
    pressed.scrollIntoView({ block: "center" });
    return;
  }
  const first = firstStop(back);
  if (first?.matches(".dialog")) first.tabIndex = -1;
  first?.focus();
}

/** The focus goes back to where it came from, unless what the dialog did has put it elsewhere. */
export function closeDialog(back) {
  const { activeElement: at, body } = document;
  const isElsewhere = at !== null && at !== body && !back.contains(at);
  if (back.hasAttribute("data-once")) back.remove();
  else back.hidden = true;
  document.body.classList.toggle("has-dialog", openedDialog() !== undefined);
  if (!isElsewhere) openers.get(back)?.focus?.();
}

// The topmost: a question may stand above a form.
const openedDialog = () => [...document.querySelectorAll(".dialog-back:not([hidden])")].pop();

// The server did what the topmost dialog asked of it, and the page stays.
document.addEventListener("dialog:done", (event) => {
  const dialog = openedDialog();
  if (dialog) closeDialog(dialog);
  toast(event.detail.message);
});

function keepFocusInside(event, back) {
  const stops = [...back.querySelectorAll("a[href], button:not([disabled]), input:not([type=hidden]):not([disabled]), select, textarea")]
    .filter((element) => element.offsetParent !== null);
  if (stops.length === 0) return;
  const [first, last] = [stops[0], stops[stops.length - 1]];
  const outside = !stops.includes(document.activeElement);
  if (event.shiftKey && (outside || document.activeElement === first)) { event.preventDefault(); last.focus(); }
  else if (!event.shiftKey && document.activeElement === last) { event.preventDefault(); first.focus(); }
}

// ── clicks: menus, panes, dialogs; found by attribute so that swapped-in fragments work too

let pressed = null; // where the press of a click began: marked words may end outside their dialog
document.addEventListener("pointerdown", ({ target }) => { pressed = target; }, true);

document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  if (!target) return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(target)) menu.open = false;
  }
  const back = target.closest("[data-back]");
  if (back) {
    const panes = back.closest(".panes");
    if (panes?.classList.contains("is-aside")) panes.classList.remove("is-aside");
    else panes?.classList.remove("is-detail");
  }
  const show = target.closest("[data-show-pane]"); // data-show-pane="detail" | "aside"
  if (show) (show.closest(".panes") ?? document.querySelector(".panes"))?.classList.add(`is-${show.dataset.showPane}`);
  const open = target.closest("[data-open]"); // data-open="id of a .dialog-back"
  if (open) { const dialog = document.getElementById(open.dataset.open); if (dialog) openDialog(dialog); }
  if (target.closest("[data-close]")) { const dialog = target.closest(".dialog-back"); if (dialog) closeDialog(dialog); }
  if (target.classList.contains("dialog-back") && pressed === target && !holdsWords(target)) closeDialog(target);
});

document.addEventListener("keydown", (event) => {
  const dialog = openedDialog();
  if (event.key === "Escape") {
    const menu = document.querySelector("details.menu[open]");
    if (menu) { menu.open = false; menu.querySelector("summary")?.focus(); }
    else if (dialog) closeDialog(dialog);
    return;
  }
  if (event.key === "Tab" && dialog) keepFocusInside(event, dialog);
  const typing = event.target instanceof Element && event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !typing && !dialog) {
    const search = document.querySelector("[data-main-search]");
    if (search && search.offsetParent !== null) { event.preventDefault(); search.focus(); search.select?.(); }
  }
  // Up and down walk any .list of rows.
  if ((event.key === "ArrowDown" || event.key === "ArrowUp") && event.target instanceof Element && event.target.matches(".row")) {
    const rows = [...(event.target.closest(".list")?.querySelectorAll("a.row, button.row") ?? [])];
    const next = rows[rows.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1)];
    if (next) { event.preventDefault(); next.focus(); }
  }
});

// ── htmx: CSRF, refusals shown as toasts, the current row marked, dialogs opened when swapped in

document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRFToken"] = csrfToken();
  delete event.detail.parameters.csrfmiddlewaretoken; // the field would win and may be stale
});

// The server's refusal of an htmx request: {code, message}, whatever the status.
document.addEventListener("problem", (event) => {
  toast(event.detail.message ?? "操作未成功，请稍后重试", { error: true });
});
document.addEventListener("htmx:responseError", (event) => {
  const request = event.detail.xhr;
  if (request.getResponseHeader("HX-Trigger")) return;
  const isText = (request.getResponseHeader("Content-Type") ?? "").startsWith("text/plain");
  toast((isText && request.responseText) || "操作未成功，请稍后重试", { error: true });
});
document.addEventListener("htmx:sendError", () => toast("网络连接已断开，请稍后重试", { error: true }));
document.addEventListener("htmx:beforeRequest", (event) => {
  const row = event.detail.elt.closest?.(".list > .row, .list > li > .row");
  if (!row || !row.closest("[data-select]")) return;
  for (const other of row.closest("[data-select]").querySelectorAll('.row[aria-current="true"]')) other.removeAttribute("aria-current");
  row.setAttribute("aria-current", "true");
});
document.addEventListener("htmx:afterSettle", (event) => {
  const dialog = event.detail.elt.querySelector?.(".dialog-back[data-once]");
  if (dialog) openDialog(dialog);
  if (event.detail.xhr?.getResponseHeader("X-Toast")) toast(decodeURIComponent(event.detail.xhr.getResponseHeader("X-Toast")));
});

// ── once only: what is on its way can't be sent again before it is answered

const sending = new WeakMap(); // XMLHttpRequest → the form or lone button that sent it

const submitsOf = (sender) => (sender.matches("form") ? [...sender.elements].filter((part) => part.type === "submit") : [sender]);

function hold(sender) {
  sender.dataset.sent = "yes";
  for (const button of submitsOf(sender)) {
    if (button.disabled) continue;
    button.disabled = true;
    button.dataset.held = "yes";
    button.setAttribute("aria-busy", "true");
  }
}

function release(sender) {
  delete sender.dataset.sent;
  const held = [sender, ...sender.querySelectorAll("[data-held]")].filter((part) => part.dataset.held);
  for (const button of held) {
    button.disabled = false;
    delete button.dataset.held;
    button.removeAttribute("aria-busy");
  }
}

const senderOf = ({ elt, verb }) => (verb !== "get" && elt.matches("form, button") ? elt.form ?? elt : null);

document.addEventListener("htmx:beforeRequest", (event) => {
  if (senderOf(event.detail.requestConfig)?.dataset.sent) event.preventDefault();
});
document.addEventListener("htmx:beforeSend", (event) => {
  const sender = senderOf(event.detail.requestConfig);
  if (!sender) return;
  sending.set(event.detail.xhr, sender);
  pressedId = document.activeElement?.id ?? ""; // a button loses the focus by being held
  hold(sender);
});
document.addEventListener("htmx:afterRequest", (event) => {
  const { xhr } = event.detail;
  const sender = sending.get(xhr);
  if (xhr.status >= 200 && xhr.status < 300) hideSignedOut();
  if (!sender) return;
  sending.delete(xhr);
  const leaves = ["HX-Redirect", "HX-Refresh", "HX-Location"].some((name) => xhr.getResponseHeader(name));
  if (!leaves) release(sender); // a page that is being left sends nothing any more
});

document.addEventListener("submit", (event) => {
  if (event.target.dataset.sent) { event.preventDefault(); event.stopImmediatePropagation(); }
}, true);
// Plain forms, once nobody else took the event: htmx and scripts prevent the browser's own sending.
window.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post" || form.hasAttribute("data-again")) return;
  const field = form.elements.namedItem("csrfmiddlewaretoken");
  if (field && csrfToken()) field.value = csrfToken();
  form.dataset.sent = "yes";
  setTimeout(() => hold(form)); // after the browser gathered the fields: the pressed button is one
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("[data-sent]")) release(form);
});

// Messages that the server left for this page.
for (const line of document.querySelectorAll("#flashes [data-message]")) {
  toast(line.textContent.trim(), { error: line.dataset.message.includes("danger") });
}

// ── live counters: fills every [data-count="name"], and says in the title what waits in 消息

const COUNTERS_MS = 30000; // half of it up to half as much again, so that pages don't ask all at once
const HIDDEN_TIMES = 6; // a page that nobody sees asks so much more seldom, for its title alone
const countersUrl = document.body.dataset.counters;
const bareTitle = document.title;
const own = new Map(); // name → number: what this page knows better than the last answer
let asking = false;

const badgeOf = (number) => (number > 99 ? "99+" : number > 0 ? String(number) : "");

/** From now on the page itself says this number, and answers don't. */
export function count(name, number) {
  own.set(name, number);
  showCount(name, number);
}

function showCount(name, number) {
  for (const place of document.querySelectorAll(`[data-count="${name}"]`)) {
    const shown = place.classList.contains("badge") ? badgeOf(number) : String(number);
    if (place.textContent !== shown) place.textContent = shown;
  }
  if (name !== "inbox") return;
  const title = number > 0 ? `(${badgeOf(number)}) ${bareTitle}` : bareTitle;
  if (document.title !== title) document.title = title;
}

async function askForCounters() {
  if (!countersUrl || asking) return;
  asking = true;
  try {
    const counts = await fetchJson(countersUrl);
    hideSignedOut();
    for (const [name, number] of Object.entries(counts)) if (!own.has(name)) showCount(name, number);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem; // offline or signed out: asked again later
  } finally {
    asking = false;
  }
}

function refreshCounters() {
  if (!document.hidden) askForCounters();
}

/** Again and again; hidden, only where the title would not be right otherwise. */
function askAgain() {
  const wait = COUNTERS_MS * (0.5 + Math.random()) * (document.hidden ? HIDDEN_TIMES : 1);
  setTimeout(() => {
    if (!document.hidden || !own.has("inbox")) askForCounters();
    askAgain();
  }, wait);
}

if (countersUrl) {
  const rail = document.querySelector(".rail [data-count=inbox]");
  if (rail) showCount("inbox", Number(rail.dataset.number ?? 0));
  askAgain();
  document.addEventListener("tongwen:changed", refreshCounters);
  document.addEventListener("visibilitychange", refreshCounters);
}
