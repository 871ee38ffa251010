// Loads the page anew where a part of it did not come. A network that changes while a page loads drops every
// connection, and modules that did not come once stay missing for as long as the page stands.
//
// Icons that did not come are asked for again where they stand. What a browser's plug-in put in, or what was put in
// after the page had come, is nobody's loss here.
//
// A classic script before all others, which needs none of them. Where it does not come itself, the banner simply stands.

(() => {
  "use strict";

  const FIRST_PAUSE_MS = 1000;
  const LONGEST_PAUSE_MS = 60000;
  const ANSWER_PATIENCE_MS = 10000;
  const LOADING_PATIENCE_MS = 30000;
  const STANDS_AFTER_MS = 60000; // a page that has stood so long is not one of a row of reloads
  const RELOADS = 6; // in a row, by itself: what still does not come then is not the network's fault
  const KEY = "tongwen:reloads";

  const script = document.currentScript;
  const statics = new URL("../", script.src).href;
  const root = document.documentElement;
  let failed = false;
  let isWatching = true; // until the page has come
  let broken = false; // something will not come any more
  let typed = false; // what stands in a field would be lost
  let pauses = 0;
  let timer = null;
  let asking = false;

  const reloads = () => Number(sessionStorage.getItem(KEY) ?? 0);
  const mayReload = () => "byItself" in script.dataset && !typed && reloads() < RELOADS;

  /** The address of what the page cannot do without; undefined for anything else. */
  function partOf(element) {
    if (element instanceof HTMLScriptElement) return element.src;
    return element instanceof HTMLLinkElement && element.rel === "stylesheet" ? element.href : undefined;
  }

  function lose() {
    broken = true;
    fail();
  }

  function fail() {
    if (failed) return;
    failed = true;
    pauses = reloads();
    root.classList.add("is-unloaded");
    later();
  }

  function recover() {
    failed = false;
    clearTimeout(timer);
    root.classList.remove("is-unloaded");
  }

  /** Growing pauses, spread: a network that fails, fails for many. */
  function later() {
    root.classList.toggle("is-unattended", !mayReload());
    if (!mayReload()) return;
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** pauses);
    pauses += 1;
    clearTimeout(timer);
    timer = setTimeout(() => { if (mayReload()) again(); else later(); }, pause * (0.5 + Math.random() / 2));
  }

  /** Without the network nothing better than this page would come: it is left once the site answers. */
  async function again() {
    if (asking) return;
    asked(true);
    const aborting = new AbortController();
    const patience = setTimeout(() => aborting.abort(), ANSWER_PATIENCE_MS);
    let answers = false;
    try {
      answers = (await fetch(script.src, { cache: "no-store", signal: aborting.signal })).ok;
    } catch {
      // no network yet
    }
    clearTimeout(patience);
    asked(false);
    if (!failed) return; // what was slow has come
    if (!answers) { later(); return; }
    sessionStorage.setItem(KEY, String(reloads() + 1));
    // What a form was answered with is asked for afresh, the form isn't sent again.
    if ("byItself" in script.dataset) location.reload();
    else location.replace(location.pathname + location.search);
  }

  // The icons stand in one file, which a use that did not get it asks for again once it is told anew.
  const bare = new Set();
  let drawing = null;
  let draws = 0;

  function drawLater(use) {
    bare.add(use);
    if (drawing !== null) return;
    drawing = setTimeout(draw, Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** draws) * (0.5 + Math.random() / 2));
    draws += 1;
  }

  function draw() {
    drawing = null;
    const uses = [...bare];
    bare.clear();
    for (const use of uses) use.setAttribute("href", use.getAttribute("href"));
  }

  function asked(is) {
    asking = is;
    const link = document.querySelector("#unloaded a");
    if (link) link.textContent = is ? "正在检查网络…" : "立即重新载入";
  }

  root.classList.add("is-watched");
  // Whoever comes here by himself begins anew: only reloads follow each other by themselves.
  const [arrival] = performance.getEntriesByType("navigation");
  if (arrival && arrival.type !== "reload") sessionStorage.removeItem(KEY);
  window.addEventListener("error", ({ target }) => {
    if (target instanceof SVGUseElement) drawLater(target);
    else if (isWatching && partOf(target)?.startsWith(statics)) lose();
  }, true);
  document.addEventListener("input", () => { typed = true; if (failed) later(); });
  window.addEventListener("online", () => { if (failed && mayReload()) again(); });
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("#unloaded a")) return;
    event.preventDefault();
    again();
  });
  const slow = setTimeout(fail, LOADING_PATIENCE_MS * 2 ** reloads());
  // Comes once every module has come, or was given up.
  document.addEventListener("DOMContentLoaded", () => {
    clearTimeout(slow);
    isWatching = false;
    if (!document.getElementById("toasts")) lose(); // the page itself was cut short
    if (broken) return;
    recover();
    setTimeout(() => sessionStorage.removeItem(KEY), STANDS_AFTER_MS);
  });
})();
