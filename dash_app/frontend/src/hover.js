/* What is shown under the mouse stays when its chart is drawn again, which takes it away: the mouse has not
   moved, so its last place is sent to the chart once more. */

import { drawnCharts } from "./newcomers.js";

const newCharts = drawnCharts();
let mouse = null;

function hoverAgain(chart) {
  const target = mouse && document.elementFromPoint(mouse.x, mouse.y);
  if (target && chart.contains(target)) {
    target.dispatchEvent(
      new MouseEvent("mousemove", { bubbles: true, clientX: mouse.x, clientY: mouse.y, view: window }),
    );
  }
}

function watch(chart) {
  let isHovered = false;
  chart.on("plotly_hover", () => {
    isHovered = true;
  });
  chart.on("plotly_unhover", () => {
    isHovered = false;
  });
  chart.on("plotly_afterplot", () => {
    if (isHovered) {
      hoverAgain(chart);
    }
  });
}

/* Watches charts that have been drawn since. */
export function watchCharts() {
  newCharts().forEach(watch);
}

/* Notes where the mouse is; a touch over a chart scrolls the page, as anywhere, where a drag would zoom. */
export function followPointer() {
  document.addEventListener(
    "mousemove",
    (event) => {
      mouse = { x: event.clientX, y: event.clientY };
    },
    { capture: true, passive: true },
  );
  document.addEventListener(
    "touchstart",
    (event) => {
      if (event.target.closest?.(".nsewdrag")) {
        event.stopPropagation();
      }
    },
    { capture: true, passive: true },
  );
}
