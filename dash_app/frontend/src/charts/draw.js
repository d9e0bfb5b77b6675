/* Draws the charts, each in a task of its own: those in view first, the others as soon as the browser has nothing
   else to do.

   A chart is an empty element of the page; its figure comes with the page, or later, through a Dash store. Plotly
   may still be on its way then. */

import { showLegend } from "../legend.js";
import { prepared } from "../prepared.js";

const CONFIG = { displayModeBar: false, displaylogo: false, scrollZoom: false };
const IDLE_MS = 1000;

/* What is to be drawn by chart, and what each chart has got last. */
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

function isInView(chart) {
  const { top, bottom } = chart.getBoundingClientRect();
  return bottom > 0 && top < window.innerHeight;
}

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
  // Plotly writes into what it is given.
  const own = { ...structuredClone(layout), autosize: true, height: undefined, width: undefined };
  window.Plotly.react(chart, structuredClone(data), own, CONFIG);
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

/* Draws a figure in a chart soon, unless the chart has it already. */
export function giveFigure(chart, figure) {
  if (!chart || given.get(chart) === figure) {
    return;
  }
  given.set(chart, figure);
  if (figure.data.length > 0 || figure.layout.annotations?.length > 0 || drawn.has(chart)) {
    waiting.set(chart, figure);
    drawSoon();
  }
}

/* A clientside callback: takes the figures of a page in the order of its stores, whose ids end with `-figure`
   where those of the charts end with `-content`. Returns how many there are. */
export function drawFigures(...figures) {
  const stores = window.dash_clientside.callback_context.inputs_list;
  figures.forEach((figure, place) => {
    if (figure) {
      giveFigure(document.getElementById(stores[place].id.replace(/figure$/, "content")), figure);
    }
  });
  return figures.length;
}

/* Draws the charts whose figure stands in an attribute, those of the pages of single things. */
export function drawGivenFigures() {
  for (const chart of document.querySelectorAll(".dash-graph[data-figure]")) {
    const text = chart.dataset.figure;
    if (given.get(chart)?.text !== text) {
      giveFigure(chart, Object.assign(JSON.parse(text), { text }));
    }
  }
}
