import assert from "node:assert/strict";
import test from "node:test";
import { pageAt } from "../src/tables/page_at.js";

test("fifty rows have no pages", () => {
  assert.equal(pageAt(0, 50), null);
  assert.equal(pageAt(0, 0), null);
});

test("a page says where it stands and where one can turn", () => {
  assert.deepEqual(pageAt(0, 1312), { first: 0, end: 50, previous: null, next: 50, text: "1–50 of 1,312" });
  assert.deepEqual(pageAt(60, 112), { first: 50, end: 100, previous: 0, next: 100, text: "51–100 of 112" });
  assert.deepEqual(pageAt(100, 112), {
    first: 100,
    end: 112,
    previous: 50,
    next: null,
    text: "101–112 of 112",
  });
});

test("beyond the end stands the last page", () => {
  assert.equal(pageAt(900, 120).text, "101–120 of 120");
});
