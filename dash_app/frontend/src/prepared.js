/* A new figure as it is drawn: as far in as the one on screen, without the series that are hidden there, and with
   names that fit the chart. */

import { withHidden } from "./legend_entries.js";
import { withShortNames } from "./ticks.js";
import { withZoom } from "./zoom.js";

/* Returns a figure as it is drawn in a chart of some width; `shown` is the one on screen. Neither is changed. */
export function prepared(figure, shown, width) {
  const zoomed = withZoom(figure, shown);
  const hidden = zoomed?.data ? { ...zoomed, data: withHidden(zoomed.data, shown?.data) } : zoomed;
  return withShortNames(hidden, width);
}
