/* The connection to the server: a socket; where none is to be had, polls. Every status heard is handed on. */

import { address } from "./addresses.js";
import { leaveIfLoggedOut } from "./login.js";
import { isSilent, LOST_AFTER, pollPause, retryPause } from "./pauses.js";
import { forgetRun, isRunning, receiveStatus, setConnection } from "./status.js";

let socket = null;
let isOpen = false;
let heardAt = 0;
/* When the server last said something, over the socket or to a poll. */
let spokenAt = 0;
let failures = 0;
let isAway = false;
let polledAt = -Infinity;
let isPolling = false;

function open() {
  const live = address("/live");
  live.protocol = live.protocol === "https:" ? "wss:" : "ws:";
  try {
    socket = new WebSocket(live);
  } catch {
    retry();
    return;
  }
  heardAt = performance.now();
  // The server speaks at once: a socket on which nothing has been heard is not open.
  socket.onmessage = (message) => {
    isOpen = true;
    isAway = false;
    failures = 0;
    heardAt = performance.now();
    spokenAt = heardAt;
    showConnection();
    receiveStatus(JSON.parse(message.data));
  };
  socket.onclose = (event) => {
    socket = null;
    isOpen = false;
    if (!leaveIfLoggedOut(event)) {
      retry();
    }
  };
}

function retry() {
  failures += 1;
  showConnection();
  if (failures >= LOST_AFTER) {
    forgetRun();
  }
  setTimeout(open, retryPause(failures, Math.random()));
}

function closeIfSilent() {
  if (socket && isSilent(performance.now() - heardAt, isOpen)) {
    socket.close();
  }
}

function refreshMilliseconds() {
  const shell = document.querySelector("[data-refresh-seconds]");
  return 1000 * Number(shell ? shell.dataset.refreshSeconds : 300);
}

function isWaiting() {
  return isRunning() || Boolean(document.querySelector("[data-page] .is-loading, .run-button.is-busy"));
}

async function pollWithoutSocket() {
  const pause = pollPause(isWaiting(), refreshMilliseconds());
  if (isOpen || isPolling || !failures || performance.now() - polledAt < pause) {
    return;
  }
  polledAt = performance.now();
  isPolling = true;
  try {
    const answer = await fetch(address("/state"), { cache: "no-store" });
    if (answer.ok) {
      const status = await answer.json();
      isAway = false;
      spokenAt = performance.now();
      receiveStatus(status);
    }
  } catch {
    isAway = true;
  }
  isPolling = false;
  showConnection();
}

function stateOfConnection() {
  if (isOpen || failures < LOST_AFTER) {
    return isOpen ? "open" : "starting";
  }
  return isAway ? "lost" : "polling";
}

function showConnection() {
  setConnection({ state: stateOfConnection(), since: spokenAt, every: refreshMilliseconds() / 1000 });
}

/* Connects, and stays connected while the page is open. */
export function connect() {
  open();
  setInterval(pollWithoutSocket, 500);
  setInterval(closeIfSilent, 5000);
}
