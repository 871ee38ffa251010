// 工作台: finds an app by its name, and asks for to-dos again when something changed.

const field = document.getElementById("app-search");
const none = document.getElementById("no-app");

function narrow() {
  const wanted = field.value.trim().toLowerCase();
  let found = 0;
  for (const group of document.querySelectorAll(".app-group")) {
    let shown = 0;
    for (const tile of group.querySelectorAll("[data-app]")) {
      tile.hidden = !tile.dataset.app.toLowerCase().includes(wanted);
      if (!tile.hidden) shown += 1;
    }
    group.hidden = shown === 0;
    found += shown;
  }
  none.hidden = found > 0;
}

field?.addEventListener("input", narrow);

document.addEventListener("tongwen:changed", () => {
  document.querySelector(".home-today")?.dispatchEvent(new Event("refresh"));
});
