// A found message in one row, its words marked. What people wrote goes in as text, never as markup.

import { element, moment } from "./elements.js";

/** The excerpt as nodes; the places are counted in characters, an emoji as one. */
export function marked({ text, hits }) {
  const characters = Array.from(text);
  const nodes = [];
  let at = 0;
  for (const [from, to] of hits) {
    nodes.push(characters.slice(at, from).join(""), element("mark", "", {}, characters.slice(from, to).join("")));
    at = to;
  }
  nodes.push(characters.slice(at).join(""));
  return nodes.filter((node) => node !== "");
}

/** The words of a name that were looked for, marked. */
export function markedName(name, wanted) {
  const at = name.toLowerCase().indexOf(wanted.toLowerCase());
  if (at < 0 || name.toLowerCase().length !== name.length) return [name];
  return [name.slice(0, at), element("mark", "", {}, name.slice(at, at + wanted.length)), name.slice(at + wanted.length)];
}

const KINDS = { image: "[图片] ", file: "[文件] ", record: "[聊天记录] ", card: "[卡片] " };

/** A row of what was found: a title, the words, when. */
export function hitRow(hit, { tile, title, who, onOpen }) {
  const said = element("span", "row-meta found-words", {}, who ? `${who}：` : "", KINDS[hit.kind] ?? "", ...marked(hit.excerpt));
  return element("button", "row tall", { type: "button", onclick: onOpen }, tile,
    element("span", "row-text", {}, element("span", "row-title", {}, title), said),
    element("span", "row-side", {}, element("time", "", { datetime: hit.created_at }, moment(hit.created_at))));
}
