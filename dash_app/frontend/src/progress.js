/* The box of the run under way. */

import { durationOf } from "./durations.js";
import { setText } from "./text.js";

/* A run that is over within a moment is not worth a box that comes and goes. */
const DELAY_MS = 400;

let shownFrom = 0;

/* Shows a run, or hides the box for null. `currentRun` returns the run of the latest status. */
export function showRun(run, currentRun) {
  const box = document.getElementById("run-progress");
  if (!box) {
    return;
  }
  if (!run) {
    shownFrom = 0;
  } else if (!shownFrom) {
    shownFrom = performance.now() + DELAY_MS;
    setTimeout(() => showRun(currentRun(), currentRun), DELAY_MS + 20);
  }
  if (run) {
    fill(box, run);
  }
  box.hidden = !run || performance.now() < shownFrom;
}

function fill(box, run) {
  const bar = box.querySelector(".run-bar");
  setText(box.querySelector(".run-title"), run.title);
  setText(box.querySelector(".run-time"), durationOf(run.seconds));
  setText(box.querySelector(".run-step"), run.step);
  if (run.total > 0) {
    bar.max = run.total;
    bar.value = run.done;
  } else {
    bar.removeAttribute("value");
  }
}
