/* How a value was computed: a dialog with the run, what it read, the SQL, and the command that repeats it. */

import { answerOrToast } from "./answers.js";
import { makeDialog, showDialog } from "./dialog.js";
import { pathOfKey } from "./downloads.js";
import { durationOf } from "./durations.js";
import { element, icon } from "./elements.js";
import { copyText } from "./link.js";
import { say } from "./toast.js";

let dialog = null;

/* Opens the receipt of the value that a card shows. */
export async function showReceipt(card) {
  const answer = await answerOrToast(pathOfKey("/api/receipt/{key}", card.dataset.key));
  if (answer === null) {
    return;
  }
  const receipt = await answer.json();
  dialog ??= makeDialog("receipt");
  showDialog(dialog, "How it was computed", card.querySelector("h2").textContent, ...partsOf(receipt));
}

function partsOf(receipt) {
  return [
    factsList(factsOf(receipt)),
    ...copied("Command", "Computes the same value again", receipt.command),
    ...copied("SQL", sqlNote(receipt), receipt.sql),
    element("h3", "", "Columns"),
    columnsTable(receipt.columns),
  ];
}

function sqlNote(receipt) {
  const where = "Runs in a DuckDB shell on the replica";
  return receipt.then ? `${where}; then ${receipt.then}` : where;
}

const whole = (value) => value.toLocaleString("en-US");
const stamp = (text) => (text ? text.replace("T", " ").replace("Z", " UTC") : null);

/* Returns pairs of a name and a text; what is not known is left out. */
export function factsOf(receipt) {
  const pairs = [
    ["Value", receipt.key],
    // A row is described with the dataset's own window.
    ["Row", receipt.key.includes("range=") ? null : receipt.row],
    ["Snapshot", stamp(receipt.as_of)],
    ["Computed", stamp(receipt.computed_at)],
    ["Time taken", receipt.compute_ms === null ? null : tookText(receipt.compute_ms)],
    [
      "Run",
      receipt.run ? `${receipt.run.id}, started by ${receipt.run.trigger}` : "not by a run that is stored",
    ],
    ["Rows read", receipt.rows_read === null ? null : rowsText(receipt)],
    ["Left out", receipt.rows_read === null ? null : leftOutText(receipt.left_out)],
    ["Last verified", receipt.rows_read === null ? null : (stamp(receipt.verified_at) ?? "not yet")],
    [
      "Audited since",
      receipt.audited === null ? null : `${Math.floor(receipt.audited * 100)}% of these rows`,
    ],
    ["Version", receipt.version ?? "another than the one that runs"],
    ["Time zone", receipt.time_zone],
  ];
  return pairs.filter((pair) => pair[1] !== null);
}

function tookText(milliseconds) {
  return milliseconds < 10000
    ? `${Math.max(1, Math.round(milliseconds))} ms`
    : durationOf(milliseconds / 1000);
}

function rowsText(receipt) {
  const each = receipt.tables.map((table) => `${table.table} ${whole(table.rows)}`);
  return each.length > 1 ? `${whole(receipt.rows_read)} (${each.join(", ")})` : each.join("");
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
