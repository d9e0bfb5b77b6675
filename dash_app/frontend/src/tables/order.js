/* Tables that sort by their headings, and stay sorted when a new value arrives. A long table is sorted by the
   server, because the browser holds a part of it. */

import { turnTo } from "../page.js";
import { holderOf } from "./holder.js";
import { compareKeys, nextDescending, sortKey } from "./sorting.js";

/* The order chosen for each table, by the id of the element that holds it. */
const chosen = new Map();

function sortTable(table, { column, descending }) {
  const body = table.tBodies[0];
  const keyed = Array.from(body.rows, (row) => ({ row, key: sortKey(row.cells[column].dataset.sort ?? "") }));
  keyed.sort((a, b) => compareKeys(a.key, b.key, descending));
  body.append(...keyed.map((entry) => entry.row));
  for (const cell of table.tHead.rows[0].cells) {
    if (cell.cellIndex === column) {
      cell.setAttribute("aria-sort", descending ? "descending" : "ascending");
    } else {
      cell.removeAttribute("aria-sort");
    }
  }
  table.dataset.sorted = "yes";
}

/* Sorts a table; `order` is { column, descending }. */
export function sortBy(table, order) {
  if (table.classList.contains("is-part")) {
    turnTo(table, { first: 0, ...order });
    return;
  }
  chosen.set(holderOf(table), order);
  sortTable(table, order);
  table.dispatchEvent(new CustomEvent("dashboard:sorted", { bubbles: true }));
}

/* Sorts a table by the heading of a button: in the other direction if it is sorted by it already. */
export function sortByHeading(button) {
  const heading = button.closest("th");
  sortBy(button.closest("table"), {
    column: heading.cellIndex,
    descending: nextDescending(heading.getAttribute("aria-sort"), heading.classList.contains("numeric")),
  });
}

/* Returns the order of a table as it is shown: { column, descending }; null if it has none. */
export function orderOf(table) {
  const heading = table.tHead.querySelector("[aria-sort]");
  return heading && { column: heading.cellIndex, descending: heading.ariaSort === "descending" };
}

/* Puts tables that have just been filled into the order chosen for them. */
export function restoreOrders() {
  for (const table of document.querySelectorAll("table.sortable:not(.is-part):not([data-sorted])")) {
    const order = chosen.get(holderOf(table));
    if (order && order.column < table.tHead.rows[0].cells.length) {
      sortTable(table, order);
    }
  }
}
