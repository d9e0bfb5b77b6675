/* The zoom of a chart outlives a new value.

   Dash writes a zoom into the chart's `figure`, and draws that (its `plotly_relayout` handler, so that a Patch
   starts from what is on screen). To Plotly the zoomed range is then one that the figure came with, which is
   why `uirevision` does not keep it: the next figure has another, and counts as a change. So a figure from the
   server goes through a clientside callback, which carries over the range from the figure on screen. */

function keptAxis(axis, shown) {
  const isZoomed = shown?.autorange === false && Array.isArray(shown.range);
  const isFree = axis && (axis.autorange || !axis.range);
  return isZoomed && isFree ? { ...axis, autorange: false, range: shown.range } : axis;
}

/* Returns a new figure with the x axes as zoomed in the figure that is shown; neither is changed. */
export function withZoom(figure, shown) {
  if (!figure?.layout || !shown?.layout) {
    return figure;
  }
  const layout = { ...figure.layout };
  for (const name of Object.keys(layout)) {
    if (/^xaxis\d*$/.test(name)) {
      layout[name] = keptAxis(layout[name], shown.layout[name]);
    }
  }
  return { ...figure, layout };
}

/* A clientside callback over n charts: takes n new figures and the n on screen, and returns the n to draw. */
export function drawFigures(...values) {
  const { no_update: noUpdate, callback_context: context } = window.dash_clientside;
  const count = values.length / 2;
  const changed = new Set(context.triggered.map((input) => input.prop_id));
  return context.inputs_list.map((input, place) =>
    changed.has(`${input.id}.${input.property}`) ? withZoom(values[place], values[count + place]) : noUpdate,
  );
}
