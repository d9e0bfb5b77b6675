/* Ticks that fit: of labels that would run into each other only so many are shown as have room. */

import { plainText } from "./legend_entries.js";
import { drawnCharts } from "./newcomers.js";

const GAP = 6;
const newCharts = drawnCharts();

/* Returns which of some labels are shown: [low, high] of each along its axis, in any order. They are evenly spaced,
   and the last along the axis, which is the latest of a time axis, is one of them. */
export function keptLabels(extents, gap = GAP) {
  const order = extents.map((_, at) => at).sort((a, b) => extents[b][1] - extents[a][1]);
  const hasRoom = (step) =>
    order.every((at, place) => {
      const before = order[place + step];
      return place % step !== 0 || before === undefined || extents[before][1] + gap <= extents[at][0];
    });
  let step = 1;
  while (step < order.length && !hasRoom(step)) {
    step += 1;
  }
  const kept = extents.map(() => false);
  for (let place = 0; place < order.length; place += step) {
    kept[order[place]] = true;
  }
  return kept;
}

/* Returns a name that has no more letters than there is room for. */
export function cutName(name, most) {
  const letters = Array.from(name);
  return letters.length > most ? `${letters.slice(0, Math.max(1, most - 1)).join("")}…` : name;
}

/* The names of a vertical axis have this share of a narrow chart, and a letter about so many pixels. */
const NAMES_SHARE = 0.4;
const LETTER_PIXELS = 6.8;
const NARROW_PIXELS = 480;

function namesOf(axis, traces) {
  return (
    axis.tickvals ??
    axis.categoryarray ??
    traces.flatMap(({ orientation, y }) => (orientation === "h" ? y : []))
  );
}

/* Returns a figure whose vertical axes of names have short ones if the chart is narrow; their bars keep their own
   names, and so do hover boxes. The figure is not changed. */
export function withShortNames(figure, width) {
  if (!figure?.layout || !(width > 0 && width < NARROW_PIXELS)) {
    return figure;
  }
  const most = Math.floor((width * NAMES_SHARE) / LETTER_PIXELS);
  const layout = { ...figure.layout };
  for (const name of Object.keys(layout).filter((key) => /^yaxis\d*$/.test(key))) {
    const axis = layout[name];
    if (axis.type === "category") {
      const vals = [...new Set(namesOf(axis, figure.data))];
      const texts = axis.ticktext ?? vals;
      layout[name] = {
        ...axis,
        tickmode: "array",
        tickvals: vals,
        ticktext: texts.map((text) => escaped(cutName(plainText(String(text)), most))),
      };
    }
  }
  return { ...figure, layout };
}

function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function fitTicks(chart) {
  const groups = new Map();
  for (const text of chart.querySelectorAll("g[class$='tick'] > text")) {
    const key = text.parentNode.parentNode;
    groups.set(key, [...(groups.get(key) ?? []), text]);
  }
  for (const texts of groups.values()) {
    const isAcross = texts[0].parentNode.getAttribute("class").startsWith("x");
    const boxes = texts.map((text) => text.getBoundingClientRect());
    const extents = boxes.map((box) => (isAcross ? [box.left, box.right] : [-box.bottom, -box.top]));
    const kept = keptLabels(extents, isAcross ? GAP : 0);
    texts.forEach((text, at) => {
      const shown = kept[at] ? "" : "hidden";
      if (text.style.visibility !== shown) {
        text.style.visibility = shown;
      }
    });
  }
}

/* Fits the ticks of charts that have been drawn since, and whenever these are drawn again. */
export function watchTicks() {
  for (const chart of newCharts()) {
    fitTicks(chart);
    chart.on("plotly_afterplot", () => fitTicks(chart));
  }
}
