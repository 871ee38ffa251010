// Pictures over the whole screen: arrows walk them, a click shows them at their own size, Esc leaves.

import { element, icon } from "./elements.js";

const SCROLL = 80;
const LONG = 2.5; // times its width: read from its top on, not seen as a strip

let shown = null;

/** `pictures`: [{ name, view, motion, download, width, height }]; begins with the one at `at`. */
export function openViewer(pictures, at) {
  closeViewer();
  if (pictures.length === 0) return;
  const opener = document.activeElement;
  const image = element("img", "viewer-image", { alt: "" });
  const name = element("span", "truncate grow");
  const larger = element("button", "icon-button", { type: "button", "aria-label": "原始大小", title: "原始大小", "aria-pressed": "false", onclick: () => toWhole(!root.classList.contains("is-whole")) }, icon("search"));
  const download = element("a", "icon-button", { "aria-label": "下载原图", title: "下载原图" }, icon("download"));
  const close = element("button", "icon-button", { type: "button", "aria-label": "关闭", title: "关闭（Esc）", onclick: () => closeViewer() }, icon("close"));
  const back = element("button", "viewer-step is-back", { type: "button", "aria-label": "上一张", onclick: () => walk(-1) }, icon("back"));
  const next = element("button", "viewer-step is-next", { type: "button", "aria-label": "下一张", onclick: () => walk(1) }, icon("right"));
  const stage = element("div", "viewer-stage", { onclick: (event) => { if (event.target === stage) closeViewer(); } }, image);
  const root = element("div", "viewer", { role: "dialog", "aria-modal": "true", "aria-label": "查看图片", tabindex: "-1" },
    element("div", "viewer-head", {}, name, larger, download, close), stage, back, next);
  /** What is long or wide is read at its own size; the stage scrolls. */
  const toWhole = (isWhole) => {
    root.classList.toggle("is-whole", isWhole);
    larger.setAttribute("aria-pressed", String(isWhole));
    stage.scrollTo(0, 0);
  };
  const draw = () => {
    const picture = pictures[shown.at];
    root.classList.add("is-loading");
    const isLong = picture.height > LONG * picture.width && picture.height > stage.clientHeight;
    root.classList.toggle("is-long", isLong);
    toWhole(isLong);
    image.removeAttribute("src"); // the picture before is not this one
    image.width = picture.width;
    image.height = picture.height;
    image.src = picture.motion ?? picture.view;
    image.alt = picture.name;
    name.textContent = pictures.length > 1 ? `${picture.name}（${shown.at + 1}/${pictures.length}）` : picture.name;
    download.href = picture.download;
    download.download = picture.name;
    back.hidden = shown.at === 0;
    next.hidden = shown.at === pictures.length - 1;
  };
  const walk = (step) => {
    const to = shown.at + step;
    if (to < 0 || to >= pictures.length) return;
    shown.at = to;
    draw();
    if (document.activeElement === document.body || document.activeElement?.hidden) root.focus();
  };
  const keyed = (event) => {
    const act = { Escape: () => closeViewer(), ArrowLeft: () => walk(-1), ArrowRight: () => walk(1), ArrowUp: () => stage.scrollBy(0, -SCROLL), ArrowDown: () => stage.scrollBy(0, SCROLL), Tab: () => cycle(root, event.shiftKey) }[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  };
  image.addEventListener("click", () => toWhole(!root.classList.contains("is-whole")));
  image.addEventListener("load", () => root.classList.remove("is-loading"));
  image.addEventListener("error", () => { root.classList.remove("is-loading"); name.textContent = "图片已不可查看"; });
  document.addEventListener("keydown", keyed, true);
  document.body.append(root);
  shown = { root, at, end: () => { document.removeEventListener("keydown", keyed, true); opener?.focus?.({ preventScroll: true }); } };
  draw();
  root.focus();
}

export function closeViewer() {
  if (!shown) return;
  const { root, end } = shown;
  shown = null;
  root.remove();
  end();
}

/** Nothing behind the pictures takes the focus. */
function cycle(root, isBack) {
  const stops = [...root.querySelectorAll("a[href], button")].filter((stop) => !stop.hidden);
  const at = stops.indexOf(document.activeElement);
  stops[(at + (isBack ? -1 : 1) + stops.length) % stops.length].focus();
}
