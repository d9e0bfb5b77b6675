/* The server's status and what it shows: the run under way, alerts, ages, and whether the page is to read
   itself. A status is { version, run, alerts, news, now_ms }. */

import { setServerClock, showAges } from "./ages.js";
import { showAlerts } from "./alerts.js";
import { openPage, readPage } from "./page.js";
import { showRun } from "./progress.js";
import { firstRequest, nextRequest } from "./requests.js";
import { setText } from "./text.js";

let status = null;
let asking = { page: null, request: null };

function currentRun() {
  return status?.run;
}

/* Returns whether a run is under way as far as is known. */
export function isRunning() {
  return Boolean(currentRun());
}

/* Takes a status that the server has just sent. */
export function receiveStatus(received) {
  setServerClock(received);
  status = received;
  showStatus();
}

/* Forgets the run: nobody says any more how far it is. */
export function forgetRun() {
  if (isRunning()) {
    status.run = null;
    showRun(null, currentRun);
  }
}

/* Shows the latest status, also on what has been laid out since. */
export function showStatus() {
  if (status) {
    showRun(status.run, currentRun);
    showAlerts(status.alerts);
    showAges();
    updatePage();
  }
}

/* Makes the open page read itself if it does not show the server's version. */
export function updatePage() {
  const page = openPage();
  const cards = page?.querySelector("[data-version]");
  if (!cards || !status || !window.dash_clientside?.set_props) {
    return;
  }
  const now = performance.now();
  setText(document.getElementById("source-news"), status.news[page.dataset.page] || "");
  if (asking.page !== page) {
    asking = { page, request: firstRequest(status.version, now) };
  }
  const request = nextRequest(asking.request, status.version, cards.dataset.version, now);
  if (request) {
    asking.request = request;
    readPage(page);
  }
}
