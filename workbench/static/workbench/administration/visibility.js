// 可见范围: the fields to mask are asked for only where a rule masks.

function sync() {
  const effect = document.querySelector('#dialog [name="effect"]');
  const masked = document.querySelector("#dialog [data-masked]");
  if (effect && masked) masked.hidden = effect.value !== "mask";
}

document.addEventListener("change", (event) => { if (event.target.matches('#dialog [name="effect"]')) sync(); });
document.addEventListener("htmx:afterSettle", sync);
