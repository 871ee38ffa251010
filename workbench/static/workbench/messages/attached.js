// What a message carries, as bubbles, records, panels and kept messages show it: a picture or a file.

import { element, icon } from "./elements.js";

const SIZES = ["B", "KB", "MB", "GB"];
const WIDEST = 260;
const HIGHEST = 280;
const SMALLEST = 64;
const TILES = {
  pdf: ["PDF", "red"], ofd: ["OFD", "red"], doc: ["W", "blue"], docx: ["W", "blue"], wps: ["W", "blue"], odt: ["W", "blue"],
  xls: ["X", "green"], xlsx: ["X", "green"], et: ["X", "green"], ods: ["X", "green"], csv: ["X", "green"],
  ppt: ["P", "amber"], pptx: ["P", "amber"], dps: ["P", "amber"], odp: ["P", "amber"],
  zip: ["ZIP", "grey"], txt: ["TXT", "grey"], md: ["TXT", "grey"], log: ["TXT", "grey"],
  mp3: ["音", "blue"], m4a: ["音", "blue"], wav: ["音", "blue"], mp4: ["视", "blue"], mov: ["视", "blue"],
  png: ["图", "blue"], jpg: ["图", "blue"], jpeg: ["图", "blue"], gif: ["图", "blue"], webp: ["图", "blue"], bmp: ["图", "blue"], heic: ["图", "blue"],
};

/** 12 MB. */
export function sizeText(bytes) {
  const power = bytes > 0 ? Math.min(SIZES.length - 1, Math.floor(Math.log(bytes) / Math.log(1024))) : 0;
  const value = bytes / 1024 ** power;
  return `${power > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} ${SIZES[power]}`;
}

export function fileTile(name) {
  const [letters, tone] = TILES[name.split(".").pop().toLowerCase()] ?? ["", "grey"];
  return element("span", `file-tile is-${tone}`, { "aria-hidden": "true" }, letters || icon("attach"));
}

/** Name and size; whoever may have the file takes it by the link. `note` stands beside the size. */
export function fileOf(file, note = "") {
  const inside = [fileTile(file.name), element("span", "file-text", {}, element("span", "file-name", {}, file.name),
    element("span", "meta", {}, [sizeText(file.size), note].filter(Boolean).join(" · ")))];
  if (!file.download) return element("span", "file", {}, ...inside);
  return element("a", "file", { href: file.download, download: file.name, title: `下载 ${file.name}` }, ...inside, icon("download"));
}

/** How large a picture is shown: as it is, but within the bubble and never too small to be met. */
export function fitted({ width, height }) {
  const scale = Math.min(1, WIDEST / width, HIGHEST / height);
  return { width: Math.max(SMALLEST, Math.round(width * scale)), height: Math.max(SMALLEST, Math.round(height * scale)) };
}

/** A picture whose place is kept free before it comes. */
export function pictureOf(file, { source, onView }) {
  const image = element("img", "picture-image", { src: source, alt: "", ...fitted(file), decoding: "async" });
  image.addEventListener("error", () => image.closest(".picture")?.classList.add("is-missing"));
  const mark = markOf(file);
  if (!onView) return element("span", "picture", {}, image, mark);
  return element("button", "picture", { type: "button", "aria-label": `查看${mark ? "动图" : "图片"} ${file.name}`, onclick: (event) => { event.stopPropagation(); onView(); } }, image, mark);
}

/** Pictures that did not come are asked for once more. */
export function comeAgain(root) {
  for (const picture of root.querySelectorAll(".picture.is-missing")) {
    const image = picture.querySelector("img");
    picture.classList.remove("is-missing");
    image.src = image.getAttribute("src");
  }
}

/** Small pictures stand still; of those that may move a mark says so. */
export const markOf = (file) => (file.mime === "image/gif" ? element("span", "picture-mark", { "aria-hidden": "true" }, "GIF") : null);

export const isPicture = (entry) => entry.kind === "image" && !entry.recalled && Boolean(entry.file?.view);
