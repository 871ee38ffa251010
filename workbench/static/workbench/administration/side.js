// On a phone the menu is one line that scrolls: the entry one is at stands in sight.

const current = document.querySelector('.side-link[aria-current="page"]');
const side = current?.closest(".side");
if (side && side.scrollWidth > side.clientWidth) side.scrollLeft = current.offsetLeft - (side.clientWidth - current.offsetWidth) / 2;
