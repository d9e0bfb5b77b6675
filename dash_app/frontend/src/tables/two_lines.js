/* Rows of two lines on a phone: the name and the main number, then two other columns with their
   headings; a tap shows them all. */

import { elementWith, icon } from "../elements.js";
import { headingsOf } from "./order.js";

const NARROW = matchMedia("(max-width: 599.98px)");
const SECOND_LINE = 2;

function prepare(table) {
  const labels = headingsOf(table);
  for (const row of table.tBodies[0].rows) {
    for (const cell of row.cells) {
      cell.dataset.label = labels[cell.cellIndex];
    }
    const others = Array.from(row.cells).filter((cell) => cell.cellIndex > 0 && !cell.matches(".is-main"));
    for (const [place, cell] of others.entries()) {
      cell.classList.toggle("is-extra", place >= SECOND_LINE);
    }
    const [name] = row.cells;
    if (others.length > SECOND_LINE || row.querySelector(".long")) {
      name.append(moreButton(name));
    }
  }
  table.dataset.lines = "two";
}

function moreButton(name) {
  return elementWith(
    "button",
    {
      type: "button",
      class: "row-more",
      // A stop within the grid, as what else can be pressed there.
      "data-stop": "",
      tabindex: "-1",
      "aria-expanded": "false",
      "aria-label": `All columns of ${name.textContent.trim()}`,
    },
    icon("chevron-down"),
  );
}

/* Gives tables that have just been filled their two-line rows, if the screen is narrow. */
export function makeTwoLines() {
  if (NARROW.matches) {
    for (const table of document.querySelectorAll("table.sortable:not([data-lines])")) {
      prepare(table);
    }
  }
}

function toggle(row) {
  const isOpen = row.classList.toggle("is-open");
  row.querySelector(".row-more")?.setAttribute("aria-expanded", String(isOpen));
}

/* Opens rows by their button, or by a tap that hits nothing else. `onWidth` is called when the screen becomes
   narrow or wide. */
export function watchRows(onWidth) {
  document.addEventListener("click", (event) => {
    const row = event.target.closest?.("table[data-lines] > tbody > tr");
    if (!row || !NARROW.matches || String(getSelection())) {
      return;
    }
    if (event.target.closest(".row-more") || !event.target.closest("a, button, summary, input, select")) {
      toggle(row);
    }
  });
  NARROW.addEventListener("change", onWidth);
}
