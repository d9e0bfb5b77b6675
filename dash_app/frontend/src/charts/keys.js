/* The keys of a chart that has the focus: they walk from point to point, say each, do what a click on it does,
   and show the values as a table. */

import { elementWith } from "../elements.js";
import { offerPoint } from "../point_menu.js";
import { toggleTable } from "../table_view.js";
import { setText } from "../text.js";
import { tracesShown } from "./label.js";
import { placesOf, placeText, plainText } from "./words.js";

/* Plotly draws a hover box a moment after it is asked for one. */
const HOVER_MS = 90;
const MOST_TRIES = 10;
/* Where one is: { chart, curve, point }; null if no point is chosen. */
let at = null;
let said = null;

/* Rows are { keys, label, act }: `act` takes the chart and the key. */
export const CHART_KEYS = [
  { keys: "ArrowLeft ArrowRight", label: "Point before or after; in lying bars the series", act: walk },
  { keys: "ArrowUp ArrowDown", label: "Series before or after; in lying bars the point", act: walk },
  { keys: "Enter", label: "What a click on the point does; the table if no point is chosen", act: enter },
  { keys: "v", label: "Table, or the chart again", act: (chart) => toggleTable(chart.closest(".card")) },
];

function seriesOf(chart) {
  return tracesShown(chart)
    .map((trace) => ({ trace, curve: trace.index ?? trace._expandedIndex }))
    .filter(({ trace }) => valuesOf(trace).length > 0);
}

function valuesOf(trace) {
  return (trace.orientation === "h" ? trace.x : trace.y) ?? [];
}

/* Returns the next point of a trace that has a value, in a direction; `from` if there is none. */
export function nextPoint(values, from, by) {
  for (let point = from + by; point >= 0 && point < values.length; point += by) {
    if (values[point] !== null && values[point] !== undefined) {
      return point;
    }
  }
  return from;
}

function lastPoint(values) {
  return nextPoint(values, values.length, -1);
}

function walk(chart, key) {
  const series = seriesOf(chart);
  if (!series.length) {
    return;
  }
  const place = series.findIndex(({ curve }) => curve === at?.curve);
  if (at?.chart !== chart || place < 0) {
    // The newest point is what one looks at first.
    const first = series[0];
    const isFlat = first.trace.orientation === "h";
    const values = valuesOf(first.trace);
    go(chart, first.curve, isFlat ? nextPoint(values, -1, 1) : lastPoint(values));
    return;
  }
  const { trace } = series[place];
  const isFlat = trace.orientation === "h";
  const isAlong = ["ArrowLeft", "ArrowRight"].includes(key) !== isFlat;
  const forward = ["ArrowRight", isDownForward(chart) ? "ArrowDown" : "ArrowUp"].includes(key);
  if (isAlong) {
    go(chart, at.curve, nextPoint(valuesOf(trace), at.point, forward ? 1 : -1));
  } else {
    const by = ["ArrowRight", "ArrowDown"].includes(key) ? 1 : -1;
    const next = series[(place + by + series.length) % series.length];
    go(chart, next.curve, Math.min(at.point, valuesOf(next.trace).length - 1));
  }
}

function isDownForward(chart) {
  const [low, high] = chart._fullLayout.yaxis?.range ?? [0, 1];
  return low > high;
}

function go(chart, curve, point) {
  at = { chart, curve, point };
  show();
}

/* Shows the chosen point, and says it once its hover box is there, which a busy browser draws later. */
function show(tries = 0) {
  const chosen = at;
  window.Plotly.Fx.hover(chosen.chart, [{ curveNumber: chosen.curve, pointNumber: chosen.point }]);
  setTimeout(() => {
    if (at !== chosen) {
      return;
    }
    if (tries < MOST_TRIES && !chosen.chart.querySelector(".hoverlayer text")) {
      show(tries + 1);
    } else {
      say(chosen.chart);
    }
  }, HOVER_MS);
}

/* Says where one is, and what the hover box says. */
function say(chart) {
  if (!said) {
    said = elementWith("p", { id: "chart-said", class: "visually-hidden", role: "status" });
    document.body.append(said);
  }
  const texts = Array.from(chart.querySelectorAll(".hoverlayer text"), (text) =>
    Array.from(text.querySelectorAll(":scope > tspan.line"), (line) => line.textContent).join(", "),
  );
  const whole = Array.from(chart.querySelectorAll(".hoverlayer text"), (text) => text.textContent);
  const parts = texts.map((text, number) => plainText(text || whole[number])).filter(Boolean);
  const place = placeText(placesOf(chart.data[at.curve])[at.point]);
  const isSaid = parts.some((part) => part.startsWith(place));
  setText(said, [...new Set(isSaid ? parts : [place, ...parts])].join(", "));
}

function enter(chart) {
  if (at?.chart === chart) {
    offerPoint(chart, at.curve, at.point);
  } else {
    toggleTable(chart.closest(".card"));
  }
}

function leave() {
  if (at) {
    const { chart } = at;
    at = null;
    if (chart.isConnected) {
      window.Plotly.Fx.unhover(chart);
    }
  }
}

function onKey(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) {
    return;
  }
  if (event.target.matches?.(".card-table")) {
    if (["v", "Escape"].includes(event.key)) {
      event.preventDefault();
      event.stopImmediatePropagation();
      toggleTable(event.target.closest(".card"));
    }
    return;
  }
  if (!event.target.matches?.(".chart-keys")) {
    return;
  }
  const chart = event.target.closest(".chart-frame").querySelector(".js-plotly-plot");
  const row = CHART_KEYS.find(({ keys }) => keys.split(" ").includes(event.key));
  if (row && chart) {
    event.preventDefault();
    row.act(chart, event.key);
  } else if (event.key === "Escape" && at) {
    event.stopImmediatePropagation();
    leave();
  }
}

/* Makes the keys of charts work from now on. Other keys of theirs are those of every page. */
export function watchChartKeys() {
  document.addEventListener("keydown", onKey);
  document.addEventListener("focusout", (event) => {
    if (event.target.matches?.(".chart-keys") && !document.querySelector("#point-menu:not([hidden])")) {
      leave();
    }
  });
  // Screen readers press buttons with a click of their own.
  document.addEventListener("click", (event) => {
    const pressed = event.target.closest?.(".chart-keys");
    if (pressed) {
      toggleTable(pressed.closest(".card"));
    }
  });
}

/* Shows the chosen point again on a chart that has been drawn since. */
export function followPoint() {
  if (at && (!at.chart.isConnected || !document.activeElement?.matches(".chart-keys"))) {
    leave();
  }
}
