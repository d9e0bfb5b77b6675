/* The legend of a chart as buttons below it: they wrap, can be reached by key, and hide their series. */

import { elementWith } from "./elements.js";
import { entriesOf } from "./legend_entries.js";
import { drawnCharts } from "./newcomers.js";
import { setText } from "./text.js";

const newCharts = drawnCharts();
let choose = () => {};

/* Calls `act` with a chart, an entry and the button when an entry is chosen. */
export function onEntry(act) {
  choose = act;
}

function placeOf(chart) {
  const body = chart.closest(".card-body");
  return { body, place: body?.querySelector(":scope > .legend-chips") ?? null };
}

function chipOf(body) {
  const chip = elementWith(
    "button",
    { type: "button", class: "legend-chip" },
    elementWith("span", { class: "legend-mark", "aria-hidden": "true" }),
    elementWith("bdi", {}),
  );
  chip.addEventListener("click", () => choose(body.querySelector(".js-plotly-plot"), chip.entry, chip));
  return chip;
}

function fillChip(chip, entry) {
  chip.entry = entry;
  chip.setAttribute("aria-pressed", String(entry.isShown));
  chip.title = entry.whole === entry.name ? "" : entry.whole;
  const mark = chip.firstChild;
  mark.className = `legend-mark is-${entry.look.kind}${entry.look.isBroken ? " is-broken" : ""}`;
  mark.style.setProperty("--mark", entry.look.colour);
  setText(chip.lastChild, entry.name);
}

/* Shows the legend of a chart as it is drawn, or of the figure that is about to be, so that the chart is drawn in
   the room that is left to it. Buttons that stay keep their focus. */
export function showLegend(chart, { data, layout } = chart) {
  const { body, place } = placeOf(chart);
  if (!body) {
    return;
  }
  const entries = layout?.meta?.legend ? entriesOf(data ?? []) : [];
  if (entries.length === 0) {
    place?.remove();
    return;
  }
  const holder =
    place ??
    elementWith("div", { class: "legend-chips", role: "group", "aria-label": "Legend: shown series" });
  while (holder.childElementCount > entries.length) {
    holder.lastChild.remove();
  }
  while (holder.childElementCount < entries.length) {
    holder.append(chipOf(body));
  }
  entries.forEach((entry, at) => {
    fillChip(holder.children[at], entry);
  });
  if (!place) {
    body.append(holder);
  }
}

/* Hides the series of an entry, or shows them again. */
export function toggleEntry(chart, entry) {
  window.Plotly.restyle(chart, { visible: entry.isShown ? "legendonly" : true }, entry.indexes);
}

/* Shows the legends of charts that have been drawn since. */
export function watchLegends() {
  for (const chart of newCharts()) {
    showLegend(chart);
    chart.on("plotly_afterplot", () => showLegend(chart));
  }
}
