// A menu at a point, by button, by the right mouse button or by the keyboard; one at a time.

import { element } from "./elements.js";

let shown = null;

export function closeMenu({ returning = false } = {}) {
  if (!shown) return;
  const { menu, opener, end } = shown;
  shown = null;
  end();
  menu.remove();
  if (returning) opener?.focus({ preventScroll: true });
}

/**
 * Offers `items` [{ label, act, danger }] at the place { x, y, opener, gap }: `opener` has the focus afterwards,
 * `gap` is what lies between the menu and what is above it, where it has to stand above that.
 */
export function openMenu(items, { x, y, opener = null, gap = 0 }) {
  closeMenu();
  if (items.length === 0) return;
  const menu = element("div", "context-menu", { role: "menu", "aria-label": "消息操作" }, ...items.map(({ label, act, danger }) =>
    element("button", `row${danger ? " is-danger" : ""}`, { type: "button", role: "menuitem", tabindex: "-1", onclick: () => { closeMenu({ returning: true }); act(); } }, label)));
  document.body.append(menu);
  const { width, height } = menu.getBoundingClientRect();
  menu.style.left = `${Math.max(8, Math.min(x, innerWidth - width - 8))}px`;
  menu.style.top = `${Math.max(8, y + height + 8 > innerHeight ? y - height - gap : y)}px`;
  const gone = () => closeMenu();
  const moved = (event) => { if (!menu.contains(event.target)) closeMenu(); }; // the page may scroll by itself
  const keyed = (event) => walk(event, menu);
  document.addEventListener("pointerdown", moved, true);
  document.addEventListener("keydown", keyed, true);
  for (const name of ["wheel", "touchmove"]) document.addEventListener(name, moved, { capture: true, passive: true });
  window.addEventListener("resize", gone);
  shown = {
    menu, opener,
    end: () => {
      document.removeEventListener("pointerdown", moved, true);
      document.removeEventListener("keydown", keyed, true);
      for (const name of ["wheel", "touchmove"]) document.removeEventListener(name, moved, true);
      window.removeEventListener("resize", gone);
    },
  };
  menu.firstElementChild.focus({ preventScroll: true });
}

function walk(event, menu) {
  if (event.key === "Escape" || event.key === "Tab") {
    event.preventDefault();
    event.stopPropagation();
    closeMenu({ returning: true });
    return;
  }
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  event.stopPropagation();
  const items = [...menu.children];
  items[(items.indexOf(document.activeElement) + step + items.length) % items.length].focus();
}
