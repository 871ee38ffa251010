// What waits to be sent, kept in this browser: a closed tab, or a crash, loses nothing of it.
//
// Each page keeps its own, under a lock that ends with it. A page that goes leaves its name to the tab: what a reload
// brings takes over at once what it kept itself. Others that find it wait a moment behind the lock's end, so that a
// tab's own messages stay in it; then one of several takes them over.

import { newId } from "./outbox.js";

const PREFIX = "tongwen:outgoing:";
const OLD_MS = 12 * 3600 * 1000;
const LEFT = "tongwen:outgoing-left"; // the name of the page that stood in this tab before
const RELOAD_MS = 3000; // so long its tab has to come back
const TOO_OLD = "未及时发出，请确认后重新发送";

export class Shelf {
  constructor({ personId }) {
    this.prefix = `${PREFIX}${personId}:`;
    this.isLasting = Boolean(navigator.locks) && isWritable();
    // Without locks nobody knows whether a page is gone: a reload keeps it, and leaving is warned of.
    this.storage = this.isLasting ? localStorage : sessionStorage;
    this.key = this.prefix + (this.isLasting ? newId() : "tab");
    this.left = this.isLasting ? taken(LEFT) : null;
    this.known = new Set([this.key]);
    this.isSafe = true; // whether this page may be closed
    if (this.isLasting) {
      navigator.locks.request(this.key, () => new Promise(() => {}));
      window.addEventListener("pagehide", () => leave(LEFT, this.key));
    }
    window.addEventListener("beforeunload", (event) => { if (!this.isSafe) { event.preventDefault(); event.returnValue = ""; } });
  }

  /** What a reload found here at once. */
  items() {
    return this.isLasting ? [] : read(this.storage, this.key);
  }

  /** `onFound(items)` is told what pages that are gone have left, now and later. */
  follow(onFound) {
    if (!this.isLasting) return;
    if (this.left && this.isNew(this.left)) this.takeOver(this.left, onFound);
    for (const key of keysOf(this.storage)) this.await(key, onFound);
    window.addEventListener("storage", (event) => { if (event.key && event.newValue) this.await(event.key, onFound); });
  }

  /** Whether this page has to do with the other's for the first time. */
  isNew(key) {
    const isNew = key.startsWith(this.prefix) && !this.known.has(key);
    if (isNew) this.known.add(key);
    return isNew;
  }

  /** The lock's end is seen and it is let go, to be had by the page's own tab. */
  async await(key, onFound) {
    if (!this.isNew(key)) return;
    await navigator.locks.request(key, () => {});
    setTimeout(() => this.takeOver(key, onFound), RELOAD_MS);
  }

  takeOver(key, onFound) {
    navigator.locks.request(key, () => {
      const items = read(this.storage, key);
      if (items.length > 0) onFound(items.map(judged)); // kept anew before it goes there
      this.storage.removeItem(key);
    });
  }

  keep(items) {
    this.isSafe = items.length === 0 || this.isLasting;
    if (items.length === 0) { this.storage.removeItem(this.key); return; }
    try {
      this.storage.setItem(this.key, JSON.stringify(items));
    } catch {
      this.isSafe = false; // the storage is full
    }
  }
}

/** The ids of all that waits in this browser, whichever page keeps it. */
export function idsKept() {
  return [localStorage, sessionStorage].flatMap((storage) => keysOf(storage).flatMap((key) => read(storage, key)).map((item) => item.id));
}

/** What was written long ago is not said now without being asked. */
function judged(item) {
  const isOld = item.state === "sending" && Date.now() - new Date(item.at).getTime() > OLD_MS;
  return isOld ? { ...item, state: "failed", reason: TOO_OLD } : item;
}

/** What is left is for the next page of the tab alone: a copy of the tab, made while this one stands, finds nothing. */
function leave(name, key) {
  try {
    sessionStorage.setItem(name, key);
  } catch {
    // full: others take over what is kept here
  }
}

function taken(name) {
  const key = sessionStorage.getItem(name);
  sessionStorage.removeItem(name);
  return key;
}

function keysOf(storage) {
  return Object.keys(storage).filter((key) => key.startsWith(PREFIX));
}

function read(storage, key) {
  return JSON.parse(storage.getItem(key) ?? "[]");
}

function isWritable() {
  try {
    localStorage.setItem(`${PREFIX}try`, "[]");
    localStorage.removeItem(`${PREFIX}try`);
    return true;
  } catch {
    return false; // switched off, or full
  }
}
