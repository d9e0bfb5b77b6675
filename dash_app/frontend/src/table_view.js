/* A chart's values as a table in the chart's place, which follows new values. */

import { address } from "./addresses.js";
import { element } from "./elements.js";
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
    const place = element("div", "card-table table-scroll");
    place.tabIndex = 0;
    place.setAttribute("role", "group");
    place.setAttribute("aria-label", card.querySelector("h2").textContent);
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
    place.replaceChildren(...(table ? parts(table) : [element("p", "nothing", "The table cannot be read.")]));
  }
}

async function read(key) {
  const answer = await fetch(address(`/api/dataset/${key}`));
  if (!answer.ok) {
    throw new Error(String(answer.status));
  }
  return answer.json();
}

function parts({ headings, rows, total }) {
  const classOf = ({ numeric }) => (numeric ? "numeric" : "");
  const head = headings.map((heading) => {
    const cell = element("th", classOf(heading), heading.text);
    cell.scope = "col";
    return cell;
  });
  const body = rows.map((row) =>
    element("tr", "", ...row.map((text, place) => element("td", classOf(headings[place]), text))),
  );
  const table = element(
    "table",
    "table table-sm",
    element("thead", "", element("tr", "", ...head)),
    element("tbody", "", ...body),
  );
  const cut = `The first ${rows.length.toLocaleString("en-US")} of ${total.toLocaleString("en-US")} rows.`;
  return rows.length < total ? [table, element("p", "table-remark", cut)] : [table];
}
