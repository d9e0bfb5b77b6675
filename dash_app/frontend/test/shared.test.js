import assert from "node:assert/strict";
import test from "node:test";
import { parseTables, withTable } from "../src/tables/shared.js";

test("the state of a table comes back from the address as it was", () => {
  for (const heading of ["Next due", "a:b", "95 % under", "Replied, of sent", "é&=+"]) {
    const state = { first: 50, heading, descending: true };
    assert.deepEqual(parseTables(withTable("", "jobs", state)).get("jobs"), state);
  }
  assert.deepEqual(parseTables(withTable("", "jobs", { first: 100 })).get("jobs"), { first: 100 });
});

test("each table has one state, and the rest of the address stays as it is", () => {
  const search = "?range=7d&filter=model:a%20b&table=jobs:0:asc:Job&table=jobs_more:50";
  const next = withTable(search, "jobs", { first: 50, heading: "Job", descending: true });
  assert.equal(next, "?range=7d&filter=model:a%20b&table=jobs_more:50&table=jobs:50:desc:Job");
  assert.equal(withTable(next, "jobs", { first: 0 }), "?range=7d&filter=model:a%20b&table=jobs_more:50");
  assert.equal(withTable("?table=jobs:50", "jobs", {}), "");
});

test("what is no state of a table says nothing", () => {
  assert.equal(parseTables("?table=&table=jobs&table=:5&table=jobs:many&table=jobs:-1").size, 0);
});
