/* Tables that sort by their headings, and stay sorted when a new value arrives. A long table is sorted by the
   server, because the browser holds a part of it. */

import { turnTo } from "../page.js";
import { holderOf } from "./holder.js";
import { sharedState, shareTable } from "./shared.js";
import { compareKeys, nextDescending, sortKey } from "./sorting.js";

/* The order chosen for each table, by the id of the element that holds it. */
const chosen = new Map();

/* Returns the headings of a table, which name its columns: a comparison inserts one. */
export function headingsOf(table) {
  const buttons = table.tHead.querySelectorAll(".sort");
  return Array.from(buttons, (button) => button.textContent.replaceAll("\u00a0", " "));
}

function sortTable(table, { heading, descending }) {
  const column = headingsOf(table).indexOf(heading);
  if (column < 0) {
    return;
  }
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

/* Sorts a table; `order` is { heading, descending }. */
export function sortBy(table, order) {
  if (table.classList.contains("is-part")) {
    turnTo(table, { first: 0, ...order });
    return;
  }
  chosen.set(holderOf(table), order);
  shareTable(table, order);
  sortTable(table, order);
  table.dispatchEvent(new CustomEvent("dashboard:sorted", { bubbles: true }));
}

/* Sorts a table by the heading of a button: in the other direction if it is sorted by it already. */
export function sortByHeading(button) {
  const [cell, table] = [button.closest("th"), button.closest("table")];
  sortBy(table, {
    heading: headingsOf(table)[cell.cellIndex],
    descending: nextDescending(cell.getAttribute("aria-sort"), cell.classList.contains("numeric")),
  });
}

/* Returns the order of a table as it is shown: { heading, descending }; null if it has none. */
export function orderOf(table) {
  const cell = table.tHead.querySelector("[aria-sort]");
  return cell && { heading: headingsOf(table)[cell.cellIndex], descending: cell.ariaSort === "descending" };
}

/* Puts tables that have just been filled into the order chosen for them. */
export function restoreOrders() {
  for (const table of document.querySelectorAll("table.sortable:not(.is-part):not([data-sorted])")) {
    const order = chosen.get(holderOf(table)) ?? sharedState(table);
    if (order?.heading) {
      sortTable(table, order);
    }
  }
}
