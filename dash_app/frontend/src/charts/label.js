/* Says of each chart what it draws, to those who do not see it, and again when it draws something else. */

import { chartLabel } from "./words.js";

const NO_TITLE = { title: { text: "" } };

/* Returns the traces of a chart that are shown and stand for something; helpers answer no mouse. */
export function tracesShown(chart) {
  return (chart._fullData ?? chart.data ?? []).filter(
    (trace) => trace.visible !== false && trace.visible !== "legendonly" && trace.hoverinfo !== "skip",
  );
}

function unitOf(chart, traces) {
  const { xaxis = NO_TITLE, yaxis = NO_TITLE } = chart._fullLayout ?? {};
  const axis = traces[0]?.orientation === "h" ? xaxis : yaxis;
  return axis.title?.text ?? "";
}

/* Labels the charts that draw something else than their label says. */
export function labelCharts() {
  for (const drawing of document.querySelectorAll(".chart-drawing")) {
    const chart = drawing.querySelector(".js-plotly-plot");
    const title = drawing.closest(".card")?.querySelector("h2")?.textContent;
    if (chart && title) {
      const traces = tracesShown(chart);
      const label = chartLabel(title, traces, unitOf(chart, traces));
      if (drawing.getAttribute("aria-label") !== label) {
        drawing.setAttribute("aria-label", label);
      }
    }
  }
}
