/* The open page: makes it read itself, with what its address asks, the cards in view and the rows of long
   tables turned to. */

import { isInView } from "./in_view.js";
import { parseTables, shareTable } from "./tables/shared.js";

/* The rows of long tables turned to, by page and card. */
const windows = {};
let restoredOn = null;

/* Returns the element of the open page; null before Dash has laid one out. */
export function openPage() {
  return document.querySelector("#react-entry-point [data-page]");
}

function cardsInView(page) {
  return Array.from(page.querySelectorAll("[data-card]"))
    .filter(isInView)
    .map((card) => card.dataset.card);
}

/* Makes a page read itself. */
export function readPage(element) {
  const page = element.dataset.page;
  window.dash_clientside.set_props(`${page}-signal`, {
    data: {
      path: location.pathname,
      search: location.search,
      in_view: cardsInView(element),
      windows: windows[page] || {},
      at: Date.now(),
    },
  });
}

/* Shows other rows, or another order, of the long table that an element belongs to. */
export function turnTo(element, change) {
  const page = element.closest("[data-page]");
  const card = element.closest("[data-card]").dataset.card;
  const known = windows[page.dataset.page] || {};
  windows[page.dataset.page] = { ...known, [card]: { ...known[card], ...change } };
  shareTable(element, windows[page.dataset.page][card]);
  // The page of the document does not read itself; Dash's, which comes in its place, does.
  if (page === openPage()) {
    readPage(page);
  }
}

/* Turns to the rows that a button names. */
export function turnPage(button) {
  if (button.getAttribute("aria-disabled") !== "true") {
    turnTo(button, { first: Number(button.dataset.first) });
  }
}

function cardNamed(page, card) {
  return page.querySelector(`[data-card="${CSS.escape(card)}"]`) ?? page;
}

/* Turns to the first rows of all long tables of a page, which keep their order. */
export function turnToStart(page) {
  for (const [card, shown] of Object.entries(windows[page.dataset.page] ?? {})) {
    shown.first = 0;
    shareTable(cardNamed(page, card), shown);
  }
}

/* Shows the rows that the address names, or that were turned to before, on a page that is laid out. */
export function restoreWindows() {
  const page = openPage();
  if (!page || page === restoredOn || !window.dash_clientside?.set_props) {
    return;
  }
  restoredOn = page;
  const named = parseTables(location.search);
  if (named.size) {
    windows[page.dataset.page] = { ...windows[page.dataset.page], ...Object.fromEntries(named) };
  }
  for (const [card, shown] of Object.entries(windows[page.dataset.page] ?? {})) {
    shareTable(cardNamed(page, card), shown);
  }
  if (windows[page.dataset.page]) {
    readPage(page);
  }
}
