/* What has come onto the page since a module last asked, each element once for each module. */

/* Returns a function that returns the elements of a selector that it has not returned before. With `isReady` an
   element is passed over until that holds for it. */
export function newcomers(selector, isReady = () => true) {
  const met = new WeakSet();
  return () => {
    const found = Array.from(document.querySelectorAll(selector)).filter(
      (one) => !met.has(one) && isReady(one),
    );
    for (const one of found) {
      met.add(one);
    }
    return found;
  };
}

/* Returns the same for charts, once Plotly has drawn them; `within` selects what they stand in. */
export function drawnCharts(within = "") {
  return newcomers(`${within} .js-plotly-plot`, (chart) => Boolean(chart.on));
}
