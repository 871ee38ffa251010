// A lazy tree of units by the ARIA tree pattern: arrows walk and open, Enter and Space choose.
// Branches are server-rendered: a closed <ul role="group"> with hx-trigger="open once" loads itself.

const ITEM = '[role="treeitem"]';

const rowOf = (item) => item.querySelector(":scope > .tree-row");
const groupOf = (item) => item.querySelector(':scope > [role="group"]');
const isOpen = (item) => item.getAttribute("aria-expanded") === "true";

function setOpen(item, open) {
  const group = groupOf(item);
  if (!group) return;
  item.setAttribute("aria-expanded", String(open));
  group.hidden = !open;
  if (open) group.dispatchEvent(new Event("open"));
}

function visibleItems(tree) {
  return [...tree.querySelectorAll(ITEM)].filter((item) => !item.parentElement.closest("[hidden]"));
}

function focusItem(tree, item) {
  if (!item) return;
  for (const other of tree.querySelectorAll(`${ITEM}[tabindex="0"]`)) other.tabIndex = -1;
  item.tabIndex = 0;
  item.focus();
  rowOf(item).scrollIntoView({ block: "nearest" });
}

function choose(tree, item) {
  for (const other of tree.querySelectorAll(`${ITEM}[aria-selected="true"]`)) other.setAttribute("aria-selected", "false");
  item.setAttribute("aria-selected", "true");
  focusItem(tree, item);
}

function onClick(event) {
  const row = event.target.closest(".tree-row");
  if (!row) return;
  const item = row.parentElement;
  if (event.target.closest(".tree-twist") && item.hasAttribute("aria-expanded")) {
    event.stopPropagation(); // opening a branch does not choose the unit
    setOpen(item, !isOpen(item));
    focusItem(this, item);
    return;
  }
  if (item.hasAttribute("data-more")) return;
  choose(this, item);
  if (item.hasAttribute("aria-expanded") && !isOpen(item)) setOpen(item, true);
}

function onKey(event) {
  const item = event.target.closest(ITEM);
  if (!item || event.altKey || event.ctrlKey || event.metaKey) return;
  const items = visibleItems(this);
  const index = items.indexOf(item);
  const steps = {
    ArrowDown: () => focusItem(this, items[index + 1]),
    ArrowUp: () => focusItem(this, items[index - 1]),
    Home: () => focusItem(this, items[0]),
    End: () => focusItem(this, items[items.length - 1]),
    ArrowRight: () => {
      if (!item.hasAttribute("aria-expanded")) return;
      if (isOpen(item)) focusItem(this, groupOf(item).querySelector(ITEM));
      else setOpen(item, true);
    },
    ArrowLeft: () => {
      if (isOpen(item)) setOpen(item, false);
      else focusItem(this, item.parentElement.closest(ITEM));
    },
    Enter: () => rowOf(item).click(),
    " ": () => rowOf(item).click(),
  };
  const step = steps[event.key];
  if (!step) return;
  event.preventDefault();
  step();
}

/** Wires every [data-tree] below `root`; wiring twice does nothing. */
export function wireTrees(root) {
  for (const tree of root.querySelectorAll("[data-tree]:not([data-wired])")) {
    tree.dataset.wired = "";
    tree.addEventListener("click", onClick, true);
    tree.addEventListener("keydown", onKey);
    tree.querySelector('[aria-selected="true"] > .tree-row')?.scrollIntoView({ block: "center" });
    const start = tree.querySelector(`${ITEM}[aria-selected="true"]`) ?? tree.querySelector(ITEM);
    if (start) start.tabIndex = 0;
  }
}

wireTrees(document);
document.addEventListener("htmx:afterSettle", (event) => wireTrees(event.detail.elt.parentElement ?? document));
