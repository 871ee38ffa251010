// The tree steps aside while a search shows what it found.

const tree = document.getElementById("tree");
const found = document.getElementById("found");

function sync() {
  tree.hidden = found.children.length > 0;
}

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target === found) sync();
});
sync();

// One character is looked for in the chosen unit only: the search says which it is.
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "unit") return;
  const chosen = new URLSearchParams(location.search).get("unit");
  const shown = event.detail.pathInfo.requestPath.match(/units\/(\d+)\//)?.[1] ?? chosen;
  if (shown) document.getElementById("search-unit").value = shown;
});

// The phone's header has no room for a field: its icon leads here.
if (new URLSearchParams(location.search).get("focus") === "search") {
  document.querySelector(".directory-search .input")?.focus();
}
