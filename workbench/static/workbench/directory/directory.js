// The search knows the chosen unit, and keeps to one that was picked in the tree unless the range
// was set by hand.

const range = document.getElementById("search-range");
let isSetByHand = false;

range?.addEventListener("change", () => { isSetByHand = true; });

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "unit") return;
  const chosen = new URLSearchParams(location.search).get("unit");
  const shown = event.detail.pathInfo.requestPath.match(/units\/(\d+)\//)?.[1] ?? chosen;
  if (shown) document.getElementById("search-unit").value = shown;
  const isPicked = event.detail.requestConfig.elt.closest("#tree") !== null;
  if (isPicked && range && !isSetByHand) range.querySelector('[value="unit"]').checked = true;
});

// The phone's header has no room for a field: its icon leads here.
if (new URLSearchParams(location.search).get("focus") === "search") {
  document.querySelector(".directory-search .input")?.focus();
}
