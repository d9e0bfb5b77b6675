/* How a value was computed: a dialog with the run, what it read, the SQL, and the command that repeats it. */

import { address } from "./addresses.js";
import { pathOfKey } from "./downloads.js";
import { durationOf } from "./durations.js";
import { element, icon } from "./elements.js";
import { copyText } from "./link.js";
import { say } from "./toast.js";

let dialog = null;

/* Opens the receipt of the value that a card shows. */
export async function showReceipt(card, button) {
  const path = pathOfKey("/api/receipt/{key}", card.dataset.key);
  let answer;
  try {
    answer = await fetch(address(path));
  } catch {
    say("The server cannot be reached");
    return;
  }
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    say(told.error ?? `The server answers ${answer.status}`);
    return;
  }
  dialog ??= makeDialog();
  dialog.onclose = () => button.focus({ preventScroll: true });
  dialog.replaceChildren(...partsOf(told, card.querySelector("h2").textContent));
  dialog.showModal();
  dialog.scrollTop = 0;
}

function makeDialog() {
  const made = element("dialog", "receipt");
  made.setAttribute("aria-labelledby", "receipt-title");
  made.addEventListener("click", (event) => {
    if (event.target === made) {
      made.close();
    }
  });
  document.body.append(made);
  return made;
}

function partsOf(told, heading) {
  const close = element("button", "receipt-close", icon("x-lg"));
  close.type = "button";
  close.setAttribute("aria-label", "Close");
  close.addEventListener("click", () => dialog.close());
  const title = element("h2", "", "How it was computed");
  title.id = "receipt-title";
  const head = element("header", "", element("div", "", title, element("p", "", heading)), close);
  return [
    head,
    factsList(factsOf(told)),
    ...copied("Command", "Computes the same value again", told.command),
    ...copied("SQL", sqlNote(told), told.sql),
    element("h3", "", "Columns"),
    columnsTable(told.columns),
  ];
}

function sqlNote(told) {
  const where = "Runs in a DuckDB shell on the replica";
  return told.then ? `${where}; then ${told.then}` : where;
}

const whole = (value) => value.toLocaleString("en-US");
const stamp = (text) => (text ? text.replace("T", " ").replace("Z", " UTC") : null);

/* Returns pairs of a name and a text; what is not known is left out. */
export function factsOf(told) {
  const pairs = [
    ["Value", told.key],
    // A row is described with the dataset's own window.
    ["Row", told.key.includes("range=") ? null : told.row],
    ["Snapshot", stamp(told.as_of)],
    ["Computed", stamp(told.computed_at)],
    ["Time taken", told.compute_ms === null ? null : tookText(told.compute_ms)],
    ["Run", told.run ? `${told.run.id}, started by ${told.run.trigger}` : "not by a run that is stored"],
    ["Rows read", told.rows_read === null ? null : rowsText(told)],
    ["Left out", told.rows_read === null ? null : leftOutText(told.left_out)],
    ["Last verified", told.rows_read === null ? null : (stamp(told.verified_at) ?? "not yet")],
    ["Audited since", told.audited === null ? null : `${Math.floor(told.audited * 100)}% of these rows`],
    ["Version", told.version ?? "another than the one that runs"],
    ["Time zone", told.time_zone],
  ];
  return pairs.filter((pair) => pair[1] !== null);
}

function tookText(milliseconds) {
  return milliseconds < 10000
    ? `${Math.max(1, Math.round(milliseconds))} ms`
    : durationOf(milliseconds / 1000);
}

function rowsText(told) {
  const each = told.tables.map((table) => `${table.table} ${whole(table.rows)}`);
  return each.length > 1 ? `${whole(told.rows_read)} (${each.join(", ")})` : each.join("");
}

function leftOutText(counts) {
  const each = counts.flatMap((count) => [
    ...(count.unreadable ? [`${count.table}.${count.column} ${whole(count.unreadable)} unreadable`] : []),
    ...(count.unrecognised
      ? [`${count.table}.${count.column} ${whole(count.unrecognised)} unrecognised`]
      : []),
  ]);
  return each.join(", ") || "nothing";
}

function factsList(pairs) {
  return element(
    "dl",
    "",
    ...pairs.flatMap(([name, text]) => [element("dt", "", name), element("dd", "", text)]),
  );
}

function copied(title, note, text) {
  if (!text) {
    return [];
  }
  const button = element("button", "btn btn-sm btn-outline-secondary", icon("copy"), "Copy");
  button.type = "button";
  button.setAttribute("aria-label", `Copy ${title === "SQL" ? title : title.toLowerCase()}`);
  button.addEventListener("click", async () => {
    say((await copyText(text, dialog)) ? `${title} copied` : "The browser refuses to copy");
  });
  const code = element("pre", "", text);
  code.tabIndex = 0;
  code.setAttribute("aria-label", title);
  code.setAttribute("role", "region");
  return [element("div", "receipt-part", element("h3", "", title), element("p", "", note), button), code];
}

function columnsTable(columns) {
  const body = columns.map((column) => {
    const name = element("th", "", column.name);
    name.scope = "row";
    return element(
      "tr",
      "",
      name,
      element("td", "", column.unit ? `${column.type}, ${column.unit}` : column.type),
      element("td", "", column.help ?? ""),
    );
  });
  return element("table", "", element("tbody", "", ...body));
}
