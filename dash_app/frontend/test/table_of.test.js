import assert from "node:assert/strict";
import { test } from "node:test";
import { nameOf } from "../src/files.js";
import { tableOfDataset, tableOfTraces } from "../src/table_of.js";

const COLUMNS = {
  day: { type: "day", unit: null },
  cost_usd: { type: "number", unit: "USD" },
  at: { type: "instant", unit: null },
  calls: { type: "integer", unit: "requests" },
  rate: { type: "number", unit: "fraction" },
};

test("a dataset's table has its columns with their units, and its values as texts", () => {
  const value = {
    day: ["2026-11-25", null],
    cost_usd: [1234.5, null],
    at: ["2026-11-25T23:30:00Z", null],
    calls: [3, null],
    rate: [0.125, null],
  };
  assert.deepEqual(tableOfDataset({ columns: COLUMNS, value }, "Asia/Tokyo"), {
    headings: [
      { text: "day", numeric: false },
      { text: "cost usd", numeric: true },
      { text: "at", numeric: false },
      { text: "calls (requests)", numeric: true },
      { text: "rate", numeric: true },
    ],
    rows: [
      ["2026-11-25", "1,234.5", "26 Nov 2026, 08:30", "3", "12.5%"],
      ["–", "–", "–", "–", "–"],
    ],
    sorts: [
      ["2026-11-25", "1234.5", "2026-11-25T23:30:00Z", "3", "0.125"],
      ["", "", "", "", ""],
    ],
    total: 2,
  });
});

test("the table of a comparison has both periods, and names them", () => {
  const columns = { day: COLUMNS.day };
  const answer = { columns, value: { day: ["2026-11-25"] }, previous: { day: ["2026-11-18"] } };
  const { headings, rows, total } = tableOfDataset(answer, "UTC");
  assert.deepEqual(
    headings.map(({ text }) => text),
    ["period", "day"],
  );
  assert.deepEqual(rows, [
    ["present", "2026-11-25"],
    ["before", "2026-11-18"],
  ]);
  assert.equal(total, 2);
});

test("a long table is cut and says of how many rows, and one without a value is empty", () => {
  const day = Array.from({ length: 501 }, () => "2026-11-25");
  const table = tableOfDataset({ columns: { day: COLUMNS.day }, value: { day } }, "UTC");
  assert.deepEqual([table.rows.length, table.total], [500, 501]);
  assert.equal(tableOfDataset({ columns: COLUMNS, value: null }, "UTC").total, 0);
});

test("a figure's table has a row for each place and a column for each trace, also of flat bars", () => {
  const traces = [
    { name: "hits", x: ["00", "01"], y: [5, 6] },
    { name: "misses", orientation: "h", x: [7], y: ["01"] },
    { name: "a line without places" },
  ];
  const { headings, rows } = tableOfTraces(traces, "UTC");
  assert.deepEqual(
    headings.map((heading) => heading.text),
    ["", "hits", "misses"],
  );
  assert.deepEqual(rows, [
    ["00", "5", "–"],
    ["01", "6", "7"],
  ]);
});

test("a file is named by what it shows, what is asked and the instant of the values", () => {
  const asked = {
    key: "llm/llm_daily_costs_30d?range=7d",
    card: "daily_costs",
    asOf: "2026-11-26T19:16:05Z",
  };
  assert.equal(nameOf(asked, "png"), "llm_llm_daily_costs_30d_range_7d_20261126T191605Z.png");
  assert.equal(nameOf({ key: "", card: "reads", asOf: "" }, "png"), "reads.png");
});
