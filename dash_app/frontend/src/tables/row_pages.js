/* A long table of which the browser has all rows shows fifty of them at a time, in the order that it is sorted
   by. The other long tables are turned by the server. */

import { elementWith, icon } from "../elements.js";
import { holderOf } from "./holder.js";
import { pageAt } from "./page_at.js";

/* The first row shown of each table, by the id of what holds it. */
const firstRows = new Map();

function turnButton(name, sign) {
  const label = elementWith("span", { class: "label" }, name);
  const attributes = {
    type: "button",
    class: "btn btn-sm quiet-button turn-rows",
    "data-turn": name.toLowerCase(),
  };
  return elementWith("button", attributes, icon(sign), label);
}

function turnsOf(scroll) {
  const [found] = scroll.parentElement.querySelectorAll(":scope > .turn-rows-of");
  if (found) {
    return found;
  }
  const caption = scroll.querySelector("caption")?.textContent ?? "";
  const made = elementWith(
    "nav",
    { class: "turn-pages turn-rows-of", "aria-label": `Rows of ${caption}` },
    elementWith("span", { role: "status" }),
    turnButton("Previous", "chevron-left"),
    turnButton("Next", "chevron-right"),
  );
  scroll.after(made);
  return made;
}

function show(table) {
  const rows = Array.from(table.tBodies[0].rows);
  const scroll = table.closest(".table-scroll");
  const page = pageAt(firstRows.get(holderOf(table)) ?? 0, rows.length);
  table.dataset.paged = page ? "yes" : "no";
  if (!page) {
    scroll.parentElement.querySelector(":scope > .turn-rows-of")?.remove();
    return;
  }
  for (const [place, row] of rows.entries()) {
    row.hidden = place < page.first || place >= page.end;
  }
  const [status, previous, next] = turnsOf(scroll).children;
  status.textContent = page.text;
  for (const [button, to] of [
    [previous, page.previous],
    [next, page.next],
  ]) {
    button.setAttribute("aria-disabled", String(to === null));
    button.dataset.first = to ?? "";
  }
}

/* Shows the rows turned to of tables that have just been filled. */
export function showRowPages() {
  for (const table of document.querySelectorAll("table.sortable:not(.is-part, [data-paged])")) {
    show(table);
  }
}

/* Turns to the rows that a button names. */
export function turnRows(button) {
  if (button.dataset.first !== "") {
    const table = button.closest("nav").parentElement.querySelector("table.sortable");
    firstRows.set(holderOf(table), Number(button.dataset.first));
    show(table);
  }
}

/* Shows the first rows of a table that has just been sorted. */
export function showFirstRows(table) {
  firstRows.delete(holderOf(table));
  show(table);
}
