/* A page on paper: light colours, charts as wide as the sheet, and at its head what was asked and of when the
   values are. The browser says when it begins and ends; what it prints must be drawn by then. */

import { getAddress } from "./address.js";
import { drawWaiting } from "./charts/draw.js";
import { element } from "./elements.js";
import { askedLabel } from "./ranges.js";
import { shownAt, timeOf } from "./values_time.js";

/* A4 with the margins of print.css, and the room around a chart in its card, in pixels. */
const PAPER_WIDTH = 700;
const CARD_ROOM = 40;

const root = document.documentElement;
let before = null;

function head() {
  const at = shownAt();
  const lines = [
    askedLabel(getAddress()),
    at === null ? "" : `Values of ${timeOf(at)}`,
    `Printed ${timeOf(Date.now())}`,
    location.href,
  ];
  const title = document.getElementById("page-title").textContent;
  const made = element("header", "paper-head", element("p", "paper-title", title));
  made.append(element("p", "", lines.filter(Boolean).join(" · ")));
  return made;
}

function isDrawn(chart) {
  return chart.layout && chart.getClientRects().length > 0;
}

/* Draws a chart as wide as the sheet, without a word to Dash, which would keep the width. */
function fit(chart) {
  const { layout } = chart;
  const sizes = { autosize: false, width: PAPER_WIDTH - CARD_ROOM, height: chart.clientHeight };
  window.Plotly.react(chart, chart.data, { ...layout, ...sizes });
  return () => window.Plotly.react(chart, chart.data, layout);
}

/* Names the columns of a table in plain text: a heading that comes again on the next sheet has no buttons there. */
function nameHeadings() {
  const names = Array.from(document.querySelectorAll("thead .sort"), (button) => {
    const name = element("span", "paper-heading", button.textContent);
    button.after(name);
    return name;
  });
  return () => {
    for (const name of names) {
      name.remove();
    }
  };
}

function toPaper() {
  if (before || !document.querySelector("[data-page]")) {
    return;
  }
  drawWaiting();
  const made = head();
  const theme = root.dataset.bsTheme;
  root.dataset.bsTheme = "light";
  document.body.prepend(made);
  const charts = Array.from(document.querySelectorAll(".js-plotly-plot")).filter(isDrawn);
  const restores = [...charts.map(fit), nameHeadings()];
  before = () => {
    root.dataset.bsTheme = theme;
    made.remove();
    for (const restore of restores) {
      restore();
    }
  };
}

function fromPaper() {
  before?.();
  before = null;
}

/* Prepares the page whenever the browser prints it. */
export function watchPrinting() {
  window.addEventListener("beforeprint", toPaper);
  window.addEventListener("afterprint", fromPaper);
}
