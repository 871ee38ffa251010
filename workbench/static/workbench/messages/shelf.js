// What waits to be sent, kept in this browser: a closed tab, or a crash, loses nothing of it.
//
// Each page keeps its own. Whoever finds what another page kept asks for that page's lock, and has it as soon as the
// page is gone: at once after a reload, or when the other tab is closed. One of several takes it over.

import { newId } from "./outbox.js";

const PREFIX = "tongwen:outgoing:";
const OLD_MS = 12 * 3600 * 1000;
const TOO_OLD = "未及时发出，请确认后重新发送";

export class Shelf {
  constructor({ personId }) {
    this.prefix = `${PREFIX}${personId}:`;
    this.isLasting = Boolean(navigator.locks) && isWritable();
    // Without locks nobody knows whether a page is gone: a reload keeps it, and leaving is warned of.
    this.storage = this.isLasting ? localStorage : sessionStorage;
    this.key = this.prefix + (this.isLasting ? newId() : "tab");
    this.known = new Set([this.key]);
    this.isSafe = true; // whether this page may be closed
    if (this.isLasting) navigator.locks.request(this.key, () => new Promise(() => {}));
    window.addEventListener("beforeunload", (event) => { if (!this.isSafe) { event.preventDefault(); event.returnValue = ""; } });
  }

  /** What a reload found here at once. */
  items() {
    return this.isLasting ? [] : read(this.storage, this.key);
  }

  /** `onFound(items)` is told what pages that are gone have left, now and later. */
  follow(onFound) {
    if (!this.isLasting) return;
    for (const key of keysOf(this.storage)) this.await(key, onFound);
    window.addEventListener("storage", (event) => { if (event.key && event.newValue) this.await(event.key, onFound); });
  }

  await(key, onFound) {
    if (!key.startsWith(this.prefix) || this.known.has(key)) return;
    this.known.add(key);
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
