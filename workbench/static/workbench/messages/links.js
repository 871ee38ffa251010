// Addresses of the web within what people write: a click opens them beside the page.

import { element } from "./elements.js";

const ADDRESS = /(https?:\/\/[^\s<>"'`“”‘’（）【】《》，。；：！？、]+)/;
const AFTER = /[.,;:!?)\]}]+$/; // ends the sentence, not the address

/** The text as pieces, its addresses as links. */
export function linked(text) {
  return text.split(ADDRESS).flatMap((piece, place) => {
    if (place % 2 === 0) return piece;
    const address = piece.replace(AFTER, "");
    if (!parses(address)) return piece;
    return [element("a", "", { href: address, target: "_blank", rel: "noopener noreferrer" }, address), piece.slice(address.length)];
  }).filter((piece) => piece !== "");
}

function parses(address) {
  try {
    return Boolean(new URL(address).host);
  } catch {
    return false; // looks like an address and is none
  }
}
