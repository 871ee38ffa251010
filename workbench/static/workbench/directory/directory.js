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

// The phone's header has no room for a field: its icon leads here.
if (new URLSearchParams(location.search).get("focus") === "search") {
  document.querySelector(".directory-search .input")?.focus();
}
