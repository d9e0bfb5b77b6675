/* The focus is never lost: where a new version of the page's values replaces what has it, what stands in its place
   gets it; where another page is laid out, the page's title does. */

import { openPage } from "./page.js";

/* What had the focus last: { element, places }; see `placesOf`. */
let last = null;
/* The page that was laid out last, and where it stands. */
let shown = { page: null, path: location.pathname };

const title = () => document.getElementById("page-title");

/* Returns what an element is among its like: a selector that its replacement fits. */
function likeOf(element) {
  const tag = element.localName;
  const rows = element.getAttribute("data-rows");
  const named = ["data-path", "data-item", "data-first"].find((name) => element.hasAttribute(name));
  const exact = rows ? `${tag}[data-rows="${CSS.escape(rows)}"]` : null;
  const sameName = named && `${tag}[${named}="${CSS.escape(element.getAttribute(named))}"]`;
  const sameClass = element.classList.length ? `${tag}.${CSS.escape(element.classList[0])}` : tag;
  return [exact, sameName, sameClass].filter(Boolean);
}

/* Returns where an element stands: in each element around it that has an id, the nearest first, its place among
   its like. */
function placesOf(element) {
  const places = [];
  const like = likeOf(element);
  for (let holder = element.parentElement; holder; holder = holder.parentElement) {
    if (holder.id) {
      const found = like.map((selector) => [
        selector,
        Array.from(holder.querySelectorAll(selector)).indexOf(element),
      ]);
      places.push({ id: holder.id, found });
      if (holder.matches(".card, #main")) {
        break;
      }
    }
  }
  return places;
}

function inPlaceOf({ element, places }) {
  const again = element.id && document.getElementById(element.id);
  if (again) {
    return again;
  }
  for (const { id, found } of places) {
    const holder = document.getElementById(id);
    for (const [selector, place] of holder ? found : []) {
      const alike = holder.querySelectorAll(selector);
      if (alike.length) {
        return alike[Math.min(Math.max(place, 0), alike.length - 1)];
      }
    }
    const menu = holder?.closest(".card")?.querySelector(".card-menu");
    if (menu) {
      return menu;
    }
  }
  return null;
}

/* Gives the focus to what stands in the place of what had it, if that is gone. */
export function keepFocus() {
  const page = openPage();
  const isOther = page !== shown.page || page?.matches("[data-thing]");
  if (page && isOther && location.pathname !== shown.path) {
    shown = { page, path: location.pathname };
    last = null;
    if (!document.querySelector("dialog[open], .is-kiosk")) {
      title()?.focus({ preventScroll: true });
    }
    return;
  }
  shown.page = page ?? shown.page;
  const active = document.activeElement;
  if (last && !last.element.isConnected && (active === document.body || active === null)) {
    (inPlaceOf(last) ?? title())?.focus({ preventScroll: true });
  }
}

/* Notes what has the focus from now on. */
export function watchFocus() {
  document.addEventListener("focusin", ({ target }) => {
    last = { element: target, places: placesOf(target) };
  });
}
