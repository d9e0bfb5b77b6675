/* A chart's values as a table in the chart's place, which follows new values. */

import { address } from "./addresses.js";
import { element, elementWith } from "./elements.js";
import { tableOfDataset, tableOfTraces } from "./table_of.js";

const SHOWN = "shows-table";

/* Returns whether a card shows its table. */
export function showsTable(card) {
  return card.classList.contains(SHOWN);
}

/* Shows a chart's values as a table, or the chart again. */
export function toggleTable(card) {
  if (showsTable(card)) {
    const place = card.querySelector(".card-table");
    const hadFocus = place?.contains(document.activeElement);
    card.classList.remove(SHOWN);
    place?.remove();
    window.Plotly?.Plots.resize(chartOf(card));
    if (hadFocus) {
      card.querySelector(".chart-keys")?.focus({ preventScroll: true });
    }
  } else {
    card.classList.add(SHOWN);
    const name = card.querySelector("h2").textContent;
    const place = elementWith("div", {
      class: "card-table",
      role: "region",
      "aria-label": name,
      tabindex: "-1",
    });
    card.querySelector(".card-body").append(place);
    place.focus({ preventScroll: true });
    fill(card, place);
  }
}

/* Reads the tables again whose cards have other values by now. */
export function followValues() {
  for (const place of document.querySelectorAll(".card-table")) {
    const card = place.closest(".card");
    if (place.dataset.of !== versionOf(card)) {
      fill(card, place);
    }
  }
}

function versionOf(card) {
  return `${card.dataset.key ?? ""} ${card.dataset.asOf ?? ""}`;
}

function chartOf(card) {
  return card.querySelector(".js-plotly-plot");
}

async function fill(card, place) {
  const version = versionOf(card);
  place.dataset.of = version;
  const zone = document.querySelector("[data-time-zone]")?.dataset.timeZone ?? "UTC";
  let table = null;
  try {
    table = card.dataset.key
      ? tableOfDataset(await read(card.dataset.key), zone)
      : tableOfTraces(chartOf(card).data, zone);
  } catch {
    // The line below says that there is none.
  }
  if (place.isConnected && place.dataset.of === version) {
    place.replaceChildren(
      ...(table
        ? parts(table, card.querySelector("h2").textContent)
        : [element("p", "nothing", "The table cannot be read.")]),
    );
  }
}

async function read(key) {
  const answer = await fetch(address(`/api/dataset/${key}`));
  if (!answer.ok) {
    throw new Error(String(answer.status));
  }
  return answer.json();
}

function parts({ headings, rows, sorts, total }, caption) {
  const main = headings.findIndex(({ numeric }) => numeric);
  const classOf = (place) => (headings[place].numeric ? "numeric" : "") + (place === main ? " is-main" : "");
  const head = headings.map(({ text }, place) => {
    const button = elementWith("button", { type: "button", class: "sort" }, text);
    return elementWith("th", { scope: "col", class: classOf(place) }, button);
  });
  const cell = (text, place, sort) => elementWith("td", { class: classOf(place), "data-sort": sort }, text);
  const body = rows.map((row, number) =>
    element("tr", "", ...row.map((text, place) => cell(text, place, sorts[number][place]))),
  );
  const table = element(
    "div",
    "table-scroll",
    element(
      "table",
      "table table-sm table-hover sortable",
      element("caption", "visually-hidden", caption),
      element("thead", "", element("tr", "", ...head)),
      element("tbody", "", ...body),
    ),
  );
  const tools = elementWith("div", { class: "table-tools", "data-caption": caption });
  const cut = `The first ${rows.length.toLocaleString("en-US")} of ${total.toLocaleString("en-US")} rows.`;
  return rows.length < total ? [tools, table, element("p", "table-remark", cut)] : [tools, table];
}
