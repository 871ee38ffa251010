// Where in 消息 the person is, as the browser's history has it: "back" leaves what lies on top, then the conversation.
//
// On a phone's screen a panel, a picture or a dialog lies over the conversation: it takes a place of its own in the
// history, so that "back" closes it. Closed by its own button it leaves that place behind, and "back" passes over it.

import { closeDialog } from "../base.js";
import { closeMenu } from "./menu.js";
import { closeViewer } from "./viewer.js";

const narrow = window.matchMedia("(max-width: 767px)");

export class Places {
  /** `onCome(key)` shows the place; `panel` may lie over it. */
  constructor({ panes, panel, onCome }) {
    Object.assign(this, { panes, panel, onCome });
    this.key = null;
    this.depth = history.state?.depth ?? 0;
    this.covers = 0;
    window.addEventListener("popstate", ({ state }) => this.came(state ?? { key: null, depth: 0 }));
    const watch = new MutationObserver(() => this.count());
    watch.observe(document.body, { attributes: true, attributeFilter: ["class"], childList: true });
    watch.observe(panes, { attributes: true, attributeFilter: ["class"] });
  }

  /** The person is at `key` now, by a link of the page: a new place, or the same one under another address. */
  go(key, address, { replace }) {
    this.key = key;
    if (!replace) this.depth += 1;
    history[replace ? "replaceState" : "pushState"]({ key, depth: this.depth }, "", address);
  }

  // ── what lies on top ────────────────────────────────────────────────────

  /** From the top down, as functions that close it. */
  onTop() {
    const dialogs = [...document.querySelectorAll(".dialog-back:not([hidden])")].reverse().map((dialog) => () => closeDialog(dialog));
    const viewer = document.querySelector(".viewer") ? [() => closeViewer()] : [];
    const panel = this.panes.classList.contains("is-aside") ? [() => this.panel.close()] : [];
    return [...viewer, ...dialogs, ...panel];
  }

  count() {
    const covers = narrow.matches ? this.onTop().length : 0;
    if (covers > this.covers) {
      this.depth += 1;
      history.pushState({ key: this.key, depth: this.depth }, "", location.href);
    }
    this.covers = covers;
  }

  came({ key, depth }) {
    const isBack = depth < this.depth;
    this.depth = depth;
    closeMenu();
    const [close] = narrow.matches && isBack ? this.onTop() : [];
    close?.();
    this.covers = narrow.matches ? this.onTop().length : 0;
    if (key !== this.key) { this.key = key; this.onCome(key); } else if (isBack && !close) history.back(); // left behind by what was closed
  }
}
