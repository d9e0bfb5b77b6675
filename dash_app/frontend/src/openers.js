/* What opens rows: numbers and cells with `data-rows`, and bars and points of charts. The page's address says
   which rows are open; the drawer's module is loaded with the first of them.

   A trace has in its `meta.opens` for each point the number's column and the cells of its row, or null. */

import { changeAddress, getAddress, onAddress } from "./address.js";
import { address } from "./addresses.js";
import { parseRequest, requestText } from "./drawer/request.js";
import { drawnCharts } from "./newcomers.js";
import { addPointAction } from "./point_menu.js";

/* The drawer and what it shows; null if none is open. `opener` is what had the focus before. */
let open = null;
let opener = null;
let isOpenedHere = false;
let loading = null;

function loadDrawer() {
  loading ||= import(address(`/assets/${DRAWER_FILE}`).href).catch((error) => {
    loading = null;
    throw error;
  });
  return loading;
}

function cardNamed(name) {
  return document.querySelector(`[data-page] [data-card="${CSS.escape(name)}"]`);
}

/* Opens the rows behind a number of a card. */
function openRows(element, { column, cells }) {
  opener = document.activeElement === document.body ? element : document.activeElement;
  isOpenedHere = true;
  const card = element.closest("[data-card]").dataset.card;
  changeAddress({ rows: requestText({ card, column, cells, view: {} }) });
}

/* Opens the rows of an element with `data-rows`. */
export function openElement(element) {
  openRows(element, JSON.parse(element.dataset.rows));
}

function closeDrawer() {
  if (isOpenedHere) {
    history.back();
  } else {
    changeAddress({ rows: null }, { replaces: true });
  }
}

function removeDrawer() {
  const { drawer, text } = open;
  open = null;
  isOpenedHere = false;
  drawer?.remove();
  focusOn(opener?.isConnected ? opener : elementOf(text));
  opener = null;
}

function elementOf(text) {
  const request = parseRequest(text);
  const card = request && cardNamed(request.card);
  const wanted = request && JSON.stringify({ column: request.column, cells: request.cells });
  return (
    Array.from(card?.querySelectorAll("[data-rows]") || []).find((one) => one.dataset.rows === wanted) || card
  );
}

function focusOn(element) {
  if (element && element.tabIndex < 0 && !element.matches("button, a")) {
    element.tabIndex = -1;
  }
  element?.focus({ preventScroll: true });
}

async function json(path) {
  let response;
  try {
    response = await fetch(address(path));
  } catch {
    throw new Error("The dashboard cannot be reached; trying again");
  }
  const content = await response.json().catch(() => ({}));
  if (!response.ok) {
    const error = new Error(content.error || `The server answers ${response.status}`);
    error.isFinal = response.status < 500 && response.status !== 429;
    throw error;
  }
  return content;
}

function timeZone() {
  return document.querySelector('meta[name="time-zone"]')?.content || "UTC";
}

function sameNumber(a, b) {
  const [first, second] = [a, b].map((text) => text.split(":").slice(0, 3).join(":"));
  return first === second;
}

async function show(text) {
  const request = parseRequest(text);
  const card = request && cardNamed(request.card);
  if (!card?.dataset.key) {
    return;
  }
  open = { text, drawer: null };
  const current = open;
  try {
    const { openDrawer } = await loadDrawer();
    if (open !== current) {
      return;
    }
    const number = {
      key: card.dataset.key,
      asOf: card.dataset.asOf,
      title: card.querySelector("h2, h3").textContent,
      column: request.column,
      cells: request.cells,
    };
    current.drawer = openDrawer(number, request.view, {
      address,
      json,
      zone: timeZone(),
      onClose: closeDrawer,
      onView: (view) => {
        current.text = requestText({ ...request, view });
        changeAddress({ rows: current.text }, { replaces: true });
      },
    });
  } catch {
    open = null;
  }
}

/* Shows what the address names, if its card is there, and closes what it does not name any more. */
export function showOpenRows() {
  const { rows } = getAddress();
  if (open && (!rows || !sameNumber(rows, open.text))) {
    removeDrawer();
  }
  if (rows && !open) {
    show(rows);
  }
}

/* Returns the column and the cells of a point of a trace; null if it opens no rows. */
export function rowsOf(trace, point) {
  const opens = point === null ? null : trace?.meta?.opens?.[point];
  return opens ? { column: opens[0], cells: opens[1] } : null;
}

const newCharts = drawnCharts("[data-card]");

function watch(chart) {
  chart.on("plotly_hover", ({ points }) => {
    const opens = points.some(({ data, pointNumber }) => rowsOf(data, pointNumber));
    chart.classList.toggle("can-open", opens);
  });
  chart.on("plotly_unhover", () => chart.classList.remove("can-open"));
}

/* Marks charts that have been drawn since while the mouse is over what opens rows. */
export function watchOpeners() {
  newCharts().forEach(watch);
}

/* Offers to show the rows behind points, and follows the address from now on. */
export function offerRows() {
  addPointAction(({ chart, trace, index }) => {
    const rows = rowsOf(trace, index);
    return rows && { label: "Show rows", act: () => openRows(chart, rows) };
  });
  onAddress(showOpenRows);
}
