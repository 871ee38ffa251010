// Rows that are drawn anew while somebody uses them: what has not changed stays the same node, with its focus, its
// open details and the click that has just begun.

export class Rows {
  /** `make(item)` makes the node of an item, `keyOf(item)` tells it from others. */
  constructor({ root, keyOf, make }) {
    Object.assign(this, { root, keyOf, make, drawn: new Map() });
  }

  /** The root shows these items in this order, and nothing else. */
  show(items) {
    const before = this.drawn;
    this.drawn = new Map(items.map((item) => [this.keyOf(item), this.nodeOf(item, before)]));
    arrange(this.root, [...this.drawn.values()].map(({ node }) => node));
  }

  nodeOf(item, before) {
    const said = JSON.stringify(item);
    const known = before.get(this.keyOf(item));
    if (known?.said === said) return known;
    const node = this.make(item);
    if (known?.node.open) node.open = true;
    return { node, said };
  }
}

/** These nodes stand in the root in this order. What stands in its place already is not moved. */
export function arrange(root, nodes) {
  const wanted = new Set(nodes);
  for (const node of [...root.childNodes]) if (!wanted.has(node)) node.remove();
  nodes.forEach((node, place) => {
    if (root.childNodes[place] !== node) root.insertBefore(node, root.childNodes[place] ?? null);
  });
}
