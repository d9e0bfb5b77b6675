/* How far the run is, on the page itself: in the cards that wait for it, and in the panel of a first run. */

import { element } from "./elements.js";
import { firstRunOf, runWords } from "./run_words.js";
import { setText } from "./text.js";

/* A first run's panel stays until the run ends, although its first values make it no longer the first. */
let firstRun = null;

/* Shows how far a run is; a status without one gives the cards back their words. */
export function showHowFar(status) {
  const run = status?.run ?? null;
  for (const place of document.querySelectorAll("[data-computing]")) {
    setText(place, run ? runWords(run) : place.dataset.computing);
  }
  const isGoingOn = firstRun !== null && run !== null;
  firstRun = firstRunOf(status && { ...status, is_first: status.is_first || isGoingOn });
  showFirstRun();
}

function panelOfFirstRun() {
  const bar = element("progress", "run-bar");
  bar.setAttribute("aria-label", "Progress of the first run");
  const title = element("h2");
  title.setAttribute("role", "status");
  const why = element("p", "first-run-why", "The source is read once; later runs read what is new alone.");
  const panel = element("section", "first-run", title, bar, element("p", "first-run-line"));
  panel.append(element("p", "first-run-time"), why);
  panel.setAttribute("aria-label", "First run");
  document.body.append(panel);
  return panel;
}

function showFirstRun() {
  const known = document.querySelector(".first-run");
  if (firstRun === null) {
    known?.remove();
    return;
  }
  const panel = known ?? panelOfFirstRun();
  const isRunning = firstRun.time !== "";
  panel.classList.toggle("is-held-up", !isRunning);
  setText(panel.querySelector("h2"), firstRun.title);
  setText(panel.querySelector(".first-run-line"), firstRun.line);
  setText(panel.querySelector(".first-run-time"), firstRun.time);
  const bar = panel.querySelector("progress");
  if (firstRun.share === null) {
    bar.removeAttribute("value");
  } else {
    bar.value = firstRun.share;
  }
}
