/* All that the browser adds to tables, in the order in which its parts depend on each other. */

import { watchCutTexts } from "./cut.js";
import { followEdges, watchEdges } from "./edges.js";
import { restoreFocus, watchFocus } from "./focus.js";
import { makeGrids, renewStops, watchGrids } from "./grid.js";
import { restoreOrders } from "./order.js";
import { showFirstRows, showRowPages } from "./row_pages.js";
import { showTools } from "./tools.js";
import { makeTwoLines, watchRows } from "./two_lines.js";

/* Brings tables that have just been filled to what the reader had made of them. */
export function fillTables() {
  restoreOrders();
  showRowPages();
  showTools();
  makeTwoLines();
  makeGrids();
  renewStops();
  watchEdges();
  restoreFocus();
}

/* Follows what a person does with tables. */
export function watchTables() {
  watchGrids();
  watchFocus();
  watchRows(fillTables);
  watchCutTexts();
  followEdges();
  document.addEventListener("dashboard:sorted", ({ target }) => {
    showFirstRows(target);
    showTools();
    renewStops();
  });
}
