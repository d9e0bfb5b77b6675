import assert from "node:assert/strict";
import { test } from "node:test";
import { hasRows, pathOfKey } from "../src/downloads.js";

test("a card has a file if it shows a dataset, or a table of the dashboard's own", () => {
  const cards = [
    ["llm/llm_daily_costs_30d", "chart"],
    ["", "table"],
    ["", "chart"],
    ["", "numbers"],
  ].map(([key, kind]) => ({ dataset: { key, kind } }));
  assert.deepEqual(cards.map(hasRows), [true, true, false, false]);
});

test("a key's selection becomes the query of its file", () => {
  assert.equal(
    pathOfKey("/export/{key}.csv", "llm/llm_cost_by_model_30d"),
    "/export/llm/llm_cost_by_model_30d.csv",
  );
  assert.equal(
    pathOfKey("/export/{key}.csv", "llm/llm_cost_by_model_30d?range=7d&filter=model:a%20b", "bom=1"),
    "/export/llm/llm_cost_by_model_30d.csv?range=7d&filter=model:a%20b&bom=1",
  );
});
