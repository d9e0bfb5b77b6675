/* The zoom of a chart outlives a new value.

   To Plotly a zoomed range that a figure came with is that of the figure, which is why `uirevision` does not keep
   it: the next figure has another, and counts as a change. So the range on screen is carried over into each new
   figure. */

function keptAxis(axis, shown) {
  const isZoomed = shown?.autorange === false && Array.isArray(shown.range);
  const isFree = axis && (axis.autorange || !axis.range);
  if (!isZoomed || !isFree) {
    return axis;
  }
  const range = axis.type === "category" ? movedRange(shown.range, shown, axis) : shown.range;
  return range ? { ...axis, autorange: false, range } : axis;
}

/* The range of categories is one of places, and each new day moves the others by one. Returns the range of the
   categories that were in it; null if none of them is there any more. */
function movedRange(range, shown, axis) {
  const before = dayNames(shown);
  const after = dayNames(axis);
  if (!before || !after) {
    return range;
  }
  const [low, high] = [...range].sort((a, b) => a - b);
  const kept = before.findIndex((day, place) => place >= low && place <= high && after.includes(day));
  if (kept < 0) {
    return null;
  }
  const moved = after.indexOf(before[kept]) - kept;
  return [Math.max(low + moved, -0.5), Math.min(high + moved, after.length - 0.5)];
}

/* The names of an axis's days, which say "so far" only until the day is over. */
function dayNames(axis) {
  return Array.isArray(axis.categoryarray)
    ? axis.categoryarray.map((name) => String(name).replace(/, so far$/, ""))
    : null;
}

/* The server gives the charts of each range a revision of their own. */
function isOfAnotherRange(figure, shown) {
  const [next, before] = [figure, shown].map(({ layout }) => layout.uirevision ?? "");
  return before !== "" && next !== "" && next !== before;
}

/* Returns a new figure with the x axes as zoomed in the figure that is shown; neither is changed. */
export function withZoom(figure, shown) {
  if (!figure?.layout || !shown?.layout || isOfAnotherRange(figure, shown)) {
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
