/* The dashboard in the browser: connects the modules to the page's events, and to what Dash lays out. */

import { followAddress, keepInLinks, onAddress } from "./address.js";
import { goBelowBase } from "./addresses.js";
import { showAges } from "./ages.js";
import { addFilter, followSelection, hasFilter, removeFilter, showControls } from "./asking.js";
import { titleCutAnswers } from "./card_answers.js";
import { toggleMenuOf } from "./card_menu.js";
import { drawFigures } from "./charts/draw.js";
import { followPoint, watchChartKeys } from "./charts/keys.js";
import { labelCharts } from "./charts/label.js";
import { connect } from "./connection.js";
import { fillContents } from "./contents.js";
import { provideCoreComponents } from "./core_components.js";
import { answerFirst } from "./first.js";
import { keepFocus, watchFocus } from "./focus.js";
import { leaveFull, restoreFull } from "./full_screen.js";
import { followPointer, watchCharts } from "./hover.js";
import { openKeys } from "./keys/dialog.js";
import { showShortcuts, watchKeys } from "./keys/keys.js";
import { enterKiosk, leaveKiosk, showKiosk, watchKiosk } from "./kiosk/kiosk.js";
import { onEntry, watchLegends } from "./legend.js";
import { watchRequests } from "./login.js";
import { markCurrentPage, nameDocument, setMenu, showTitle, toggleMenu, watchMenu } from "./navigation.js";
import { onNotice } from "./notice.js";
import { offerRows, openElement, showOpenRows, watchOpeners } from "./openers.js";
import { restoreWindows, turnPage } from "./page.js";
import { chooseEntry, offerFilters, watchPoints } from "./point_menu.js";
import { watchPopups } from "./popup.js";
import { watchPrinting } from "./printing.js";
import { refreshAll, refreshPage } from "./refresh.js";
import { watchRooms } from "./rooms.js";
import { followDetails, toggleDetails, toggleRow } from "./row_details.js";
import { openSearch } from "./search/dialog.js";
import { noteFragment, showFound } from "./search/found.js";
import { completeLinks, followLink, offerPages } from "./search/going.js";
import { forgetOnLogout } from "./search/recent.js";
import { readThing, watchThings } from "./search/things.js";
import { endStatic, isStatic } from "./static_page.js";
import { showStatus, showStatusPill, updatePage } from "./status.js";
import { togglePanel } from "./status_pill.js";
import { toggleSources } from "./switcher.js";
import { followValues } from "./table_view.js";
import { toggleHelp } from "./tables/column_help.js";
import { sortByHeading } from "./tables/order.js";
import { turnRows } from "./tables/row_pages.js";
import { fillTables, watchTables } from "./tables/tables.js";
import { followSystemTheme, labelThemeButton, nextTheme } from "./theme.js";
import { watchTicks } from "./ticks.js";

/* Clicks by selector; the first that matches counts. */
const CLICKS = [
  ["#theme-toggle", nextTheme],
  ["#menu-toggle", toggleMenu],
  ["#open-search", openSearch],
  ["#scrim, #sidebar .nav-link", () => setMenu(false)],
  ["#status-pill", togglePanel],
  ["#source-button", toggleSources],
  ["#open-keys", openKeys],
  ["#open-kiosk", enterKiosk],
  ["#page-refresh", refreshPage],
  ["#full-refresh", refreshAll],
  [".card-menu", toggleMenuOf],
  ["table.sortable .sort", sortByHeading],
  [".column-help", toggleHelp],
  ["[data-rows]", openElement],
  [".turn-page", turnPage],
  [".turn-rows", turnRows],
  [".row-details", toggleDetails],
  ["a, button, summary", () => {}],
  ["tr:has(.row-details)", toggleRow],
];

function onClick(event) {
  for (const [selector, act] of CLICKS) {
    const element = event.target.closest(selector);
    if (element) {
      act(element);
      return;
    }
  }
}

/* Brings what Dash has just laid out up to date. */
function settle() {
  labelThemeButton();
  showTitle();
  markCurrentPage();
  showKiosk();
  if (isStatic()) {
    return;
  }
  fillContents();
  if (endStatic()) {
    // The rest is done in a task of its own, once the browser has laid out the page.
    settleSoon();
    return;
  }
  drawFigures();
  watchCharts();
  watchPoints();
  watchLegends();
  watchTicks();
  watchRooms();
  watchOpeners();
  showOpenRows();
  showAges();
  showStatus();
  restoreWindows();
  fillTables();
  keepInLinks();
  showControls();
  completeLinks();
  readThing();
  showFound();
  restoreFull();
  followValues();
  titleCutAnswers();
  labelCharts();
  followPoint();
  followDetails();
  showShortcuts();
  keepFocus();
}

let isSettling = false;

function settleSoon() {
  if (!isSettling) {
    isSettling = true;
    requestAnimationFrame(() => {
      isSettling = false;
      settle();
    });
  }
}

goBelowBase();
watchRequests();
answerFirst();
provideCoreComponents();
window.dash_clientside = { ...window.dash_clientside, dashboard: { nameDocument } };
document.addEventListener("click", onClick);
document.addEventListener("click", followLink);
watchChartKeys();
watchKeys();
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !document.querySelector("dialog[open]") && !leaveFull() && !leaveKiosk()) {
    setMenu(false);
  }
});
new MutationObserver(settleSoon).observe(document.body, {
  childList: true,
  subtree: true,
  attributes: true,
  attributeFilter: ["class", "data-version", "data-figure", "data-content"],
});
followSystemTheme();
followPointer();
followAddress();
onAddress(markCurrentPage);
followSelection();
offerRows();
offerFilters({ isSet: hasFilter, set: addFilter, end: removeFilter });
offerPages();
onEntry(chooseEntry);
forgetOnLogout();
watchThings();
noteFragment();
watchPopups();
watchTables();
watchFocus();
watchKiosk();
watchPrinting();
watchMenu();
onNotice(showStatusPill);
connect();
setInterval(showAges, 5000);
setInterval(updatePage, 1000);
setInterval(showStatusPill, 1000);
