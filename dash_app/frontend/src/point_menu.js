/* A click on a bar, a point or a legend entry: a small menu of what can be done with it, or the one thing that
   can. Hovering and zooming stay as they are.

   A trace says in its `meta.filter` which values of which column it stands for: `value` for the whole trace, or
   `values` for each of its points; each a list of one value, or null. */

import { button, elementWith } from "./elements.js";
import { toggleEntry } from "./legend.js";
import { drawnCharts } from "./newcomers.js";
import { closePopup, openPopup } from "./popup.js";
import { filterLabel } from "./ranges.js";

/* What can be done with a point, in the order of the menu: functions of a point that return
   { label, act } or null. */
const actions = [];

/* Two clicks on a zoomed chart end the zoom. */
const DOUBLE_CLICK_MS = 320;

const newCharts = drawnCharts();
let waiting = 0;

/* Adds an action. A point is { chart, card, trace, index, cells }: `trace` is one of the figure's, `index` the
   place of the point in it, null for a legend entry. */
export function addPointAction(describe) {
  actions.push(describe);
}

/* Returns the filter that a point stands for: [column, value]; null if none. */
export function filterOf(trace, index) {
  const filter = trace?.meta?.filter;
  if (!filter) {
    return null;
  }
  const found = filter.value ?? (index === null ? null : filter.values?.[index]);
  return found ? [filter.column, found[0]] : null;
}

/* Returns the values of the page's charts by column, for some columns: [[column, [value, …]], …]. */
export function valuesOnPage(columns) {
  const found = new Map(columns.map((column) => [column, new Map()]));
  for (const chart of document.querySelectorAll("[data-page] .js-plotly-plot")) {
    for (const trace of chart.data ?? []) {
      const { column, value, values } = trace.meta?.filter ?? {};
      for (const one of value ? [value] : (values ?? [])) {
        if (one) {
          found.get(column)?.set(JSON.stringify(one), one[0]);
        }
      }
    }
  }
  return [...found]
    .map(([column, values]) => [column, [...values.values()]])
    .filter(([, values]) => values.length);
}

/* Returns the index among a click's points of the one under the pointer: where bars are hovered together, the
   click names those of all series. */
export function pointUnder(points, { x, y }) {
  const inside = points.findIndex(({ data, bar }) => {
    if (!bar || data.type !== "bar") {
      return false;
    }
    const [along, across] = data.orientation === "h" ? [y, x] : [x, y];
    const [low, high] = [bar.from, bar.to].sort((a, b) => a - b);
    return along >= bar.start && along <= bar.end && across >= low && across <= high;
  });
  return inside >= 0 || points.length > 1 ? inside : 0;
}

/* Adds to a point where its bar is, and what Plotly calls it, in pixels of the chart. */
function placed(chart, point) {
  const found = chart.calcdata?.[point.curveNumber]?.[point.pointNumber];
  const isAcross = point.data.orientation === "h";
  const [along, across] = isAcross ? [point.yaxis, point.xaxis] : [point.xaxis, point.yaxis];
  if (found?.p0 === undefined || !along?.c2p) {
    return point;
  }
  const pixels = (axis, value) => axis._offset + axis.c2p(value);
  const [start, end] = [pixels(along, found.p0), pixels(along, found.p1)].sort((a, b) => a - b);
  const bar = {
    start,
    end,
    from: pixels(across, found.b ?? 0),
    to: pixels(across, (found.b ?? 0) + found.s),
  };
  return { ...point, bar };
}

function described(chart, trace, index) {
  const card = chart.closest("[data-card]");
  const point = { chart, card, trace, index };
  return actions.map((describe) => describe(point)).filter(Boolean);
}

/* Does the one thing that can be done, or shows what can be. */
function offer(found, { x, y }) {
  if (found.length < 2) {
    found[0]?.act();
    return;
  }
  closePopup(false);
  const choices = found.map(({ label, act }) =>
    button(
      "ask-choice",
      {},
      () => {
        closePopup();
        act();
      },
      label,
    ),
  );
  const menu = elementWith(
    "div",
    { class: "popup ask-menu", id: "point-menu", role: "group", "aria-label": "Actions" },
    ...choices,
  );
  document.getElementById("main").append(menu);
  openPopup(null, menu, { at: { x, y }, onClose: () => menu.remove() });
}

/* Does with a point what a click on it does; the menu opens beside its hover box. */
export function offerPoint(chart, curve, index) {
  const [whole, hovered] = [chart, chart.querySelector(".hoverlayer")].map((one) =>
    one.getBoundingClientRect(),
  );
  const box = hovered.width > 0 ? hovered : whole;
  offer(described(chart, chart.data[curve], index), {
    x: box.left + box.width / 2,
    y: box.top + box.height / 2,
  });
}

function onClick(chart, { points, event }) {
  const box = chart.getBoundingClientRect();
  const place = { x: event.clientX, y: event.clientY };
  const real = points.filter(({ data }) => data.showlegend !== false || data.meta);
  const inside = { x: place.x - box.left, y: place.y - box.top };
  const point =
    real[
      pointUnder(
        real.map((one) => placed(chart, one)),
        inside,
      )
    ];
  const found = point ? described(chart, point.data, point.pointNumber) : [];
  clearTimeout(waiting);
  const isZoomed = Object.entries(chart.layout).some(
    ([name, axis]) => /^xaxis/.test(name) && axis?.autorange === false,
  );
  if (isZoomed) {
    waiting = setTimeout(() => offer(found, place), DOUBLE_CLICK_MS);
  } else {
    offer(found, place);
  }
}

/* Does what an entry of a legend offers: a menu if its series stands for a value, else it hides that series. */
export function chooseEntry(chart, entry, chip) {
  const trace = chart.data[entry.indexes[0]];
  const toggle = () => toggleEntry(chart, entry);
  if (!filterOf(trace, null)) {
    toggle();
    return;
  }
  const label = entry.isShown ? "Hide in the chart" : "Show in the chart";
  const box = chip.getBoundingClientRect();
  offer([...described(chart, trace, null), { label, act: toggle }], { x: box.left, y: box.bottom });
}

/* Watches charts that have been drawn since. */
export function watchPoints() {
  for (const chart of newCharts()) {
    chart.on("plotly_click", (clicked) => onClick(chart, clicked));
    chart.on("plotly_hover", ({ points }) => {
      chart.classList.toggle(
        "has-actions",
        points.some((point) => described(chart, point.data, point.pointNumber).length),
      );
    });
    chart.on("plotly_doubleclick", () => {
      clearTimeout(waiting);
      closePopup(false);
    });
  }
}

/* Offers to filter by the value that a point stands for, or to end that filter. `isSet` says whether a filter is
   set, `set` sets and `end` ends it. */
export function offerFilters({ isSet, set, end }) {
  addPointAction(({ trace, index }) => {
    const filter = filterOf(trace, index);
    if (!filter) {
      return null;
    }
    const label = filterLabel(...filter);
    return isSet(...filter)
      ? { label: `Remove filter ${label}`, act: () => end(filter[0]) }
      : { label: `Filter by ${label}`, act: () => set(...filter) };
  });
}
