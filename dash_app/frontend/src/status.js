/* The server's status and what it shows: the pill, counts in the sidebar, ages, and whether the page is to
   read itself. A status is { version, run, lag, pending, conditions, activity, counts, now_ms }. */

import { serverNow, setServerClock, showAges } from "./ages.js";
import { showHowFar } from "./how_far.js";
import { showCounts } from "./navigation.js";
import { currentNotice } from "./notice.js";
import { openPage, readPage } from "./page.js";
import { firstRequest, nextRequest } from "./requests.js";
import { showPill } from "./status_pill.js";
import { shownAt, timeZone } from "./values_time.js";

/* A run that is over within a moment is not worth a sign that comes and goes. */
const RUN_DELAY_MS = 400;

let status = null;
let connection = { state: "starting", since: 0, every: 0 };
let asking = { page: null, request: null };
let runSeenAt = null;

/* Returns whether a run is under way as far as is known. */
export function isRunning() {
  return Boolean(status?.run);
}

/* Returns whether the server answers as far as is known. */
export function isReachable() {
  return ["open", "polling"].includes(connection.state);
}

/* Takes a status that the server has just sent. */
export function receiveStatus(received) {
  setServerClock(received);
  status = received;
  showStatus();
}

/* Takes the state of the connection: { state, since, every }, see connection.js. */
export function setConnection(next) {
  connection = next;
  showStatusPill();
}

/* Forgets the run: nobody says any more how far it is. */
export function forgetRun() {
  if (isRunning()) {
    status = { ...status, run: null };
    showStatusPill();
  }
}

/* Shows the latest status, also on what has been laid out since. */
export function showStatus() {
  showStatusPill();
  if (status) {
    showCounts(status.counts);
    showAges();
    updatePage();
  }
}

function runToShow(now) {
  if (!isRunning()) {
    runSeenAt = null;
    return null;
  }
  if (runSeenAt === null) {
    runSeenAt = now;
    setTimeout(showStatusPill, RUN_DELAY_MS + 20);
  }
  return now - runSeenAt < RUN_DELAY_MS ? null : status.run;
}

/* Shows the pill as of now: its ages grow. */
export function showStatusPill() {
  const now = performance.now();
  const run = runToShow(now);
  const page = openPage()?.dataset.page;
  showHowFar(status && { ...status, run });
  showPill({
    status: status && { ...status, run },
    connection: { ...connection, seconds: (now - connection.since) / 1000 },
    notice: currentNotice(),
    lag: status?.lag[page] ?? "",
    isPending: status?.pending.includes(page) ?? false,
    shownAt: shownAt(),
    now: serverNow(),
    zone: timeZone(),
  });
}

/* Makes the open page read itself if it does not show the server's version. */
export function updatePage() {
  const page = openPage();
  const cards = page?.querySelector("[data-version]");
  if (!cards || !status || !window.dash_clientside?.set_props) {
    return;
  }
  const now = performance.now();
  if (asking.page !== page) {
    asking = { page, request: firstRequest(status.version, now) };
  }
  const request = nextRequest(asking.request, status.version, cards.dataset.version, now);
  if (request) {
    asking.request = request;
    readPage(page);
  }
}
