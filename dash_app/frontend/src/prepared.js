/* A new figure as it is drawn: as far in as the one on screen, without the series that are hidden there, and with
   names that fit the chart. */

import { showLegend } from "./legend.js";
import { withHidden } from "./legend_entries.js";
import { withShortNames } from "./ticks.js";
import { withZoom } from "./zoom.js";

/* Returns a figure as it is drawn in a chart of some width; `shown` is the one on screen. Neither is changed. */
export function prepared(figure, shown, width) {
  const zoomed = withZoom(figure, shown);
  const hidden = zoomed?.data ? { ...zoomed, data: withHidden(zoomed.data, shown?.data) } : zoomed;
  return withShortNames(hidden, width);
}

/* A clientside callback over n charts: takes n new figures and the n on screen, and returns the n to draw. */
export function drawFigures(...values) {
  const { no_update: noUpdate, callback_context: context } = window.dash_clientside;
  const count = values.length / 2;
  const changed = new Set(context.triggered.map((input) => input.prop_id));
  return context.inputs_list.map((input, place) => {
    if (!changed.has(`${input.id}.${input.property}`)) {
      return noUpdate;
    }
    const chart = document.getElementById(input.id.replace(/figure$/, "content"));
    const figure = prepared(values[place], values[count + place], chart?.clientWidth);
    if (chart && figure) {
      showLegend(chart, figure);
    }
    return figure;
  });
}
