// What is about to be sent with the composer: chosen, pasted or dropped, each a chip until then.

import { toast } from "../base.js";
import { fileTile, sizeText } from "./attached.js";
import { element, icon } from "./elements.js";
import { newId } from "./outbox.js";
import { looked } from "./uploads.js";

const LARGEST = 50 * 1024 * 1024;
const AT_ONCE = 20;

export class Attachments {
  constructor() {
    this.onChange = () => {}; // whoever shows them hears of each change
    this.looking = Promise.resolve(); // until what was chosen is known to be a picture or not
    this.chosen = []; // { id, blob, name, size, kind, preview, width, height }
    this.chooser = element("input", "visually-hidden", { type: "file", multiple: true, tabindex: "-1", "aria-hidden": "true" });
    this.chooser.addEventListener("change", () => { this.add([...this.chooser.files]); this.chooser.value = ""; });
    this.button = element("button", "icon-button composer-attach", { type: "button", "aria-label": "发送图片或文件", title: "发送图片或文件", onclick: () => this.chooser.click() }, icon("attach"));
    this.root = element("ul", "chips", { "aria-label": "待发送的文件", hidden: true });
  }

  get isEmpty() {
    return this.chosen.length === 0;
  }

  /** Words are pasted as words, also where the clipboard holds a picture of them. */
  pasted(event) {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length === 0 || event.clipboardData.getData("text/plain")) return;
    event.preventDefault();
    this.add(files);
  }

  add(files) {
    this.looking = Promise.all([this.looking, this.lookAt(files)]);
  }

  async lookAt(files) {
    const room = AT_ONCE - this.chosen.length;
    if (files.length > room) toast(`一次最多发送 ${AT_ONCE} 个文件`, { error: true });
    for (const blob of files.slice(0, room)) {
      const refused = blob.size === 0 ? "是空的或是文件夹" : blob.size > LARGEST ? "超过 50 MB" : "";
      if (refused) { toast(`“${blob.name}”${refused}，不能发送`, { error: true }); continue; }
      const one = { id: newId(), blob, name: nameOf(blob), size: blob.size, kind: "file", preview: null };
      this.chosen.push(one);
      this.draw();
      Object.assign(one, await looked(blob));
      this.draw();
    }
  }

  /** Hands all over, once each is known for what it is, and stands empty again. */
  async take() {
    for (let looking = null; looking !== this.looking; await looking) ({ looking } = this);
    const taken = this.chosen;
    this.chosen = [];
    this.draw();
    return taken;
  }

  drop(id) {
    this.chosen = this.chosen.filter((one) => one.id !== id);
    this.draw();
    (this.root.querySelector("button") ?? this.button).focus();
  }

  draw() {
    this.root.hidden = this.isEmpty;
    this.root.replaceChildren(...this.chosen.map((one) => {
      const away = element("button", "chip-away", { type: "button", "aria-label": `移除 ${one.name}`, title: "移除", onclick: () => this.drop(one.id) }, icon("close"));
      const look = one.preview ? element("img", "chip-image", { src: one.preview, alt: "" }) : fileTile(one.name);
      return element("li", "chip-file", {}, look, element("span", "chip-text", {}, element("span", "chip-name", { title: one.name }, one.name), element("span", "meta", {}, sizeText(one.size))), away);
    }));
    this.onChange();
  }
}

/** Dragging files over `place` shows where they fall; `isOpen()` says whether they are taken. */
export function takeDrops(place, { isOpen, onFiles }) {
  const sign = element("div", "feed-drop", { "aria-hidden": "true", hidden: true }, icon("attach"), "松开即可添加到输入框");
  const holdsFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  let depth = 0;
  const leave = () => { depth = 0; sign.hidden = true; };
  place.addEventListener("dragenter", (event) => { if (holdsFiles(event) && isOpen()) { depth += 1; place.append(sign); sign.hidden = false; } });
  place.addEventListener("dragleave", () => { depth -= 1; if (depth <= 0) leave(); });
  place.addEventListener("dragover", (event) => { if (holdsFiles(event)) { event.preventDefault(); event.dataTransfer.dropEffect = isOpen() ? "copy" : "none"; } });
  place.addEventListener("drop", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    leave();
    if (isOpen()) onFiles([...event.dataTransfer.files]);
  });
  // Beside the place they fall on nothing: the browser would leave the page to show them.
  for (const name of ["dragover", "drop"]) {
    window.addEventListener(name, (event) => {
      if (!holdsFiles(event) || event.defaultPrevented || event.target.closest?.('input[type="file"]')) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = "none";
    });
  }
}

/** Pasted pictures are all called image.png: the time tells them apart. */
function nameOf(blob) {
  if (blob.name && blob.name !== "image.png") return blob.name;
  const now = new Date();
  const two = (number) => String(number).padStart(2, "0");
  return `截图${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}-${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}.png`;
}
