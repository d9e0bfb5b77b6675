/* Draws the charts, each in a task of its own: those in view first, the others as soon as the browser has nothing
   else to do.

   A chart is an empty element of the page, which has its figure as an attribute, from the first or later. Plotly may
   still be on its way then. */

import { isInView } from "../in_view.js";
import { showLegend } from "../legend.js";
import { prepared } from "../prepared.js";

const CONFIG = { displayModeBar: false, displaylogo: false, scrollZoom: false };
const IDLE_MS = 1000;

/* What is to be drawn by chart, and the text of the figure that each chart was given last. */
const waiting = new Map();
const given = new WeakMap();
const drawn = new Set();
let isDrawing = false;

const sizes = new WeakMap();
const resized = new ResizeObserver((entries) => {
  for (const { target, contentRect } of entries) {
    const size = `${contentRect.width} ${contentRect.height}`;
    const isNew = sizes.get(target) !== size;
    if (isNew && sizes.has(target) && contentRect.width > 0 && drawn.has(target)) {
      window.Plotly.Plots.resize(target);
    }
    sizes.set(target, size);
  }
});

function draw(chart) {
  const figure = waiting.get(chart);
  waiting.delete(chart);
  const { data, layout } = prepared(figure, chart.layout ? chart : null, chart.clientWidth);
  // The legend stands below before the chart is drawn in the room that is left.
  showLegend(chart, { data, layout });
  if (!drawn.has(chart)) {
    drawn.add(chart);
    resized.observe(chart);
  }
  // Plotly writes into what it is given, and a range may be that of the figure on screen.
  const own = { ...structuredClone(layout), autosize: true, height: undefined, width: undefined };
  window.Plotly.react(chart, data, own, CONFIG);
}

/* Draws all charts at once that still wait, for what cannot wait. */
export function drawWaiting() {
  if (window.Plotly) {
    for (const chart of [...waiting.keys()]) {
      draw(chart);
    }
  }
}

function whenPlotlyIsThere(act) {
  if (window.Plotly) {
    act();
  } else {
    document.querySelector("script[data-plotly]").addEventListener("load", act, { once: true });
  }
}

function drawNext() {
  isDrawing = false;
  for (const chart of [...drawn, ...waiting.keys()]) {
    if (!chart.isConnected) {
      forget(chart);
    }
  }
  const charts = [...waiting.keys()];
  const chart = charts.find(isInView) ?? charts[0];
  if (chart) {
    draw(chart);
  }
  drawSoon();
}

function forget(chart) {
  waiting.delete(chart);
  if (drawn.delete(chart)) {
    resized.unobserve(chart);
    window.Plotly.purge(chart);
  }
}

function drawSoon() {
  if (isDrawing || waiting.size === 0) {
    return;
  }
  isDrawing = true;
  whenPlotlyIsThere(() => {
    if ([...waiting.keys()].some(isInView) || !window.requestIdleCallback) {
      setTimeout(drawNext);
    } else {
      window.requestIdleCallback(drawNext, { timeout: IDLE_MS });
    }
  });
}

/* Draws the charts soon whose figure is another than the last one they were given. */
export function drawFigures() {
  for (const chart of document.querySelectorAll(".dash-graph[data-figure]")) {
    const text = chart.dataset.figure;
    if (text && given.get(chart) !== text) {
      given.set(chart, text);
      give(chart, JSON.parse(text));
    }
  }
}

function give(chart, figure) {
  if (figure.data.length > 0 || figure.layout.annotations?.length > 0 || drawn.has(chart)) {
    waiting.set(chart, figure);
    drawSoon();
  }
}
