// The tree steps aside while the search above it shows what it found.

const found = document.getElementById("found");
const tree = document.querySelector("[data-steps-aside]");

function sync() {
  if (tree) tree.hidden = found.children.length > 0;
}

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target === found) sync();
});
sync();
