// Building blocks of the page. Text from people goes in by textContent only.

const ICONS = document.getElementById("messages").dataset.icons;
const ROWS_SHOWN = 200;
const SVG = "http://www.w3.org/2000/svg";

/** An element with classes, attributes and children (elements or text). */
export function element(tag, classes = "", attributes = {}, ...children) {
  const made = document.createElement(tag);
  if (classes) made.className = classes;
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${ICONS}#${name}`);
  svg.append(use);
  return svg;
}

function crc32(text) {
  let crc = 0xffffffff;
  for (const byte of new TextEncoder().encode(text)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** The tile of a person: the same letters and hue as {% avatar %} gives. */
export function avatar(name, size = "") {
  return element("span", `avatar ${size} a${crc32(name) % 6}`, { "aria-hidden": "true" }, [...name].slice(-2).join(""));
}

/** Where a person works: the organ, the department in it, the title. */
export function postOf({ organ_name: organ, unit_name: unit, title }) {
  return [[...new Set([organ, unit])].filter(Boolean).join(" "), title].filter(Boolean).join(" · ");
}

/** Name and post of a person, in a row. */
export function personText(person) {
  const post = postOf(person);
  return element("span", "row-text", {}, element("span", "row-title", {}, person.name), element("span", "row-meta", { title: post }, post));
}

/** The tile of a group, or of the notices. */
export function iconAvatar(name, kind) {
  return element("span", `avatar is-${kind}`, { "aria-hidden": "true" }, icon(name));
}

export function empty(title, text) {
  const symbol = icon("empty");
  return element("div", "empty", {}, symbol, element("strong", "", {}, title), element("span", "", {}, text));
}

const clock = new Intl.DateTimeFormat("zh-CN", { hour: "2-digit", minute: "2-digit", hour12: false, timeZone: "Asia/Shanghai" });
const dayKey = new Intl.DateTimeFormat("en-CA", { timeZone: "Asia/Shanghai" });

export const timeOf = (moment) => clock.format(new Date(moment));
export const dayOf = (moment) => dayKey.format(new Date(moment));

/** 今天, 昨天, 3月5日, 2025年3月5日. */
export function dayName(moment) {
  const day = dayOf(moment);
  const now = Date.now();
  if (day === dayOf(now)) return "今天";
  if (day === dayOf(now - 86400000)) return "昨天";
  const [year, month, date] = day.split("-").map(Number);
  return day.slice(0, 4) === dayOf(now).slice(0, 4) ? `${month}月${date}日` : `${year}年${month}月${date}日`;
}

/** The time as a list shows it. */
export function moment(value) {
  const name = dayName(value);
  if (name === "今天") return timeOf(value);
  return name === "昨天" ? `昨天 ${timeOf(value)}` : name;
}

/** Exact to the minute, as a proof needs it. */
export const exactly = (value) => `${dayName(value)} ${timeOf(value)}`;

export const badgeText = (count) => (count > 99 ? "99+" : count > 0 ? String(count) : "");

/** A list of rows, some hundred at a time. */
export function inParts(things, rowOf) {
  const list = element("div", "list");
  const more = element("button", "button small", { type: "button", onclick: () => add() }, "显示更多");
  const pager = element("div", "pager", {}, more);
  const add = () => {
    const from = list.childElementCount;
    list.append(...things.slice(from, from + ROWS_SHOWN).map(rowOf));
    pager.hidden = list.childElementCount >= things.length;
  };
  add();
  return element("div", "", {}, list, pager);
}

/** Who looks, over and over: a photograph of the screen tells where it comes from. */
export function watermarks(name) {
  const words = `${name} ${dayKey.format(new Date())}`;
  return Array.from({ length: 48 }, () => element("span", "", {}, words));
}
