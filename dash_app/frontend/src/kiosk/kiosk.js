/* The kiosk: a page for a screen on a wall, without sidebar and controls, which goes on to the next page by
   itself. The address says so: `?kiosk=1&cycle=30`. */

import { getAddress, setSearch } from "../address.js";
import { openedPopup } from "../popup.js";
import { askedLabel } from "../ranges.js";
import { openAddress } from "../search/going.js";
import { isReachable } from "../status.js";
import { setText } from "../text.js";
import { shownAt, timeOf } from "../values_time.js";
import { isTime, parseKiosk, pathAfter, withKiosk } from "./words.js";

const root = document.documentElement;
const USUAL_CYCLE = 30;
const IDLE_MS = 3000;
const PAGES = ":is([aria-labelledby='nav-group-operate'], [aria-labelledby='nav-group-watch']) .nav-link";

let turnedAt = performance.now();
let touchedAt = performance.now();
let mouse = "";

function asked() {
  return parseKiosk(location.search);
}

/* Shows the kiosk if the address asks for it, and the page as usual if not. */
export function showKiosk() {
  const { isOn } = asked();
  if (root.classList.contains("is-kiosk") !== isOn) {
    root.classList.toggle("is-kiosk", isOn);
    turnedAt = performance.now();
    window.dispatchEvent(new Event("resize"));
  }
  if (isOn) {
    showClock();
  }
}

function showClock() {
  const bar = document.getElementById("bar");
  if (!bar) {
    return;
  }
  let clock = document.getElementById("kiosk-clock");
  if (!clock) {
    clock = document.createElement("p");
    clock.id = "kiosk-clock";
    clock.className = "kiosk-clock";
    bar.append(clock);
  }
  const at = shownAt();
  const time = at === null ? "" : `Values of ${timeOf(at)}`;
  setText(clock, [askedLabel(getAddress()), time].filter(Boolean).join(" · "));
}

/* Opens the kiosk on this page. */
export function enterKiosk() {
  setSearch(withKiosk(location.search, { isOn: true, cycle: USUAL_CYCLE }));
  showKiosk();
}

/* Leaves the kiosk; returns whether there was one. */
export function leaveKiosk() {
  if (!asked().isOn) {
    return false;
  }
  setSearch(withKiosk(location.search, { isOn: false, cycle: 0 }), { replaces: true });
  showKiosk();
  document.getElementById("page-title")?.focus({ preventScroll: true });
  return true;
}

function isBusy() {
  return (
    document.visibilityState !== "visible" ||
    !isReachable() ||
    openedPopup() ||
    document.querySelector("dialog[open], .card.is-full, [data-page] .is-loading")
  );
}

function goOn() {
  const paths = Array.from(document.querySelectorAll(PAGES))
    .filter((link) => getComputedStyle(link).display !== "none")
    .map((link) => new URL(link.href).pathname);
  if (paths.length > 1) {
    turnedAt = performance.now();
    const query = new URLSearchParams(location.search);
    query.delete("rows");
    // The history of a screen that runs for weeks does not grow.
    openAddress(`${pathAfter(paths, location.pathname)}?${query}`, { replaces: true });
  }
}

function tick() {
  const { isOn, cycle } = asked();
  if (!isOn) {
    return;
  }
  const now = performance.now();
  root.classList.toggle("is-idle", now - touchedAt > IDLE_MS);
  showClock();
  if (isTime({ cycle, now, turnedAt, touchedAt }) && !isBusy()) {
    goOn();
  }
}

function touch(event) {
  // Browsers send moves of a mouse that lies still when what is below it changes.
  const place = `${event.screenX} ${event.screenY}`;
  if (!event.isTrusted || (event.type === "mousemove" && place === mouse)) {
    return;
  }
  mouse = place;
  touchedAt = performance.now();
  root.classList.remove("is-idle");
}

/* Follows the address and the clock from now on; who moves the mouse or presses a key stops the clock. */
export function watchKiosk() {
  showKiosk();
  for (const type of ["mousemove", "pointerdown", "keydown", "wheel", "touchmove"]) {
    document.addEventListener(type, touch, { capture: true, passive: true });
  }
  setInterval(tick, 1000);
}
