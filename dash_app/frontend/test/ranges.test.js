import assert from "node:assert/strict";
import test from "node:test";
import { daysOfRange, filterLabel, rangeLabel, rangeOfDays } from "../src/ranges.js";

test("a range reads as a person says it", () => {
  assert.equal(rangeLabel("7d"), "7 days");
  assert.equal(rangeLabel("2026-11-01..2026-11-15"), "1 Nov to 15 Nov");
  assert.equal(rangeLabel("2026-11-15..2026-11-15"), "15 Nov");
});

test("without a range, or with one that there is not, the button says what it is for", () => {
  for (const range of [null, "7 weeks", "2026-11-01.."]) {
    assert.equal(rangeLabel(range), "Range");
  }
});

test("two days make a range in either order, one day alone makes none", () => {
  assert.equal(rangeOfDays("2026-11-15", "2026-11-01"), "2026-11-01..2026-11-15");
  assert.equal(rangeOfDays("2026-11-15", ""), null);
  assert.deepEqual(daysOfRange("2026-11-01..2026-11-15"), ["2026-11-01", "2026-11-15"]);
  assert.equal(daysOfRange("7d"), null);
});

test("a filter names its column in words, and an empty cell", () => {
  assert.equal(filterLabel("status_code", "500"), "status code: 500");
  assert.equal(filterLabel("model", null), "model: none");
  assert.equal(filterLabel("model", ""), "model: (blank)");
});
