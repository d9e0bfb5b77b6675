/* Each table is one stop of the Tab key, as the grid pattern of ARIA says: arrows move from cell to cell, Home
   and End along the row, with Ctrl to its first and last one, Page Up and Page Down by ten rows. A cell with
   buttons or links passes the focus on to them, so that Enter presses them. */

import { nextPlace } from "./grid_keys.js";
import { holderOf } from "./holder.js";

const WIDGETS = "button, a[href], summary, [tabindex='0']";

/* The place of the focus in each table that has had it, by the id of what holds the table. */
const lastPlaces = new Map();

function isShown(element) {
  return element.getClientRects().length > 0;
}

/* Returns what can have the focus in a cell: its buttons and links, the cell itself if it has none. */
function stopsOf(cell) {
  const widgets = Array.from(cell.querySelectorAll("[data-stop]")).filter(isShown);
  return widgets.length ? widgets : [cell];
}

function rowsOf(table) {
  return Array.from(table.rows).filter(isShown);
}

function cellsOf(row) {
  return Array.from(row.cells).filter(isShown);
}

/* Gives rows and cells their roles, and takes all but one of what can have the focus from the Tab key. */
function enhance(table) {
  table.setAttribute("role", "grid");
  for (const part of [table.tHead, ...table.tBodies]) {
    part.setAttribute("role", "rowgroup");
  }
  for (const row of table.rows) {
    row.setAttribute("role", "row");
    for (const cell of row.cells) {
      cell.setAttribute("role", cell.tagName === "TH" ? "columnheader" : "gridcell");
      cell.tabIndex = -1;
    }
  }
  for (const widget of table.querySelectorAll(WIDGETS)) {
    if (!widget.matches("td, th")) {
      widget.dataset.stop = "";
      widget.tabIndex = -1;
    }
  }
}

function setStop(table, stop) {
  for (const other of table.querySelectorAll("[tabindex='0']")) {
    other.tabIndex = -1;
  }
  stop.tabIndex = 0;
}

/* Returns the element at a place of a table; the nearest one if the table has become smaller. */
function stopAt(table, [rowPlace, cellPlace, stopPlace]) {
  const rows = rowsOf(table);
  const cells = cellsOf(rows[Math.min(rowPlace, rows.length - 1)]);
  const stops = stopsOf(cells[Math.min(cellPlace, cells.length - 1)]);
  return stops[Math.min(stopPlace, stops.length - 1)];
}

function placeOf(table, stop) {
  const cell = stop.closest("td, th");
  const rows = rowsOf(table);
  return [
    rows.indexOf(cell.parentElement),
    cellsOf(cell.parentElement).indexOf(cell),
    stopsOf(cell).indexOf(stop),
  ];
}

/* Lets the Tab key reach all tables again after rows or columns have been shown or hidden. */
export function renewStops() {
  for (const table of document.querySelectorAll("table[role='grid']")) {
    const current = table.querySelector("[tabindex='0']");
    if (isShown(table) && (!current || !isShown(current))) {
      setStop(table, stopAt(table, [0, 0, 0]));
    }
  }
}

/* Makes tables that have just been filled one stop of the Tab key each. */
export function makeGrids() {
  for (const table of document.querySelectorAll("table.sortable:not([role])")) {
    if (!isShown(table)) {
      continue;
    }
    enhance(table);
    const place = lastPlaces.get(holderOf(table));
    const stop = stopAt(table, place?.at ?? [0, 0, 0]);
    if (stop) {
      setStop(table, stop);
    }
    // A new value takes the table away that had the focus.
    if (place?.hasFocus && document.activeElement === document.body) {
      stop?.focus({ preventScroll: true });
    }
  }
}

function onKeyDown(event) {
  const stop = event.target.closest?.("[role='grid'] :is([data-stop], td, th)");
  if (!stop || event.altKey || event.metaKey || event.shiftKey) {
    return;
  }
  const table = stop.closest("table");
  const rows = rowsOf(table);
  const shape = rows.map((row) => cellsOf(row).map((cell) => stopsOf(cell).length));
  const next = nextPlace(event.key, event.ctrlKey, placeOf(table, stop), shape);
  if (next) {
    event.preventDefault();
    const element = stopAt(table, next);
    setStop(table, element);
    element.focus();
  }
}

function onFocusIn(event) {
  const stop = event.target.closest?.("[role='grid'] :is([data-stop], td, th)");
  if (!stop) {
    return;
  }
  const table = stop.closest("table");
  setStop(table, stop);
  lastPlaces.set(holderOf(table), { at: placeOf(table, stop), hasFocus: true });
}

function onFocusOut(event) {
  const table = event.target.closest?.("[role='grid']");
  // An element that is taken away has no focus to hand on, and its table is restored.
  if (table && event.relatedTarget && !table.contains(event.relatedTarget)) {
    const place = lastPlaces.get(holderOf(table));
    if (place) {
      place.hasFocus = false;
    }
  }
}

/* Makes the arrow keys move within tables. */
export function watchGrids() {
  document.addEventListener("keydown", onKeyDown);
  document.addEventListener("focusin", onFocusIn);
  document.addEventListener("focusout", onFocusOut);
  document.addEventListener("pointerdown", (event) => {
    if (!event.target.closest?.("[role='grid']")) {
      for (const place of lastPlaces.values()) {
        place.hasFocus = false;
      }
    }
  });
}
