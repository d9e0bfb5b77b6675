import assert from "node:assert/strict";
import test from "node:test";
import { compareKeys, nextDescending, sortKey } from "../src/tables/sorting.js";

const sorted = (texts, isDescending) => texts.map(sortKey).sort((a, b) => compareKeys(a, b, isDescending));

test("numbers sort by value and stand before texts", () => {
  assert.deepEqual(sorted(["10", "b", "9", "-1.5", "a", "Infinity"]), [-1.5, 9, 10, Infinity, "a", "b"]);
});

test("what has no value stands last in either direction", () => {
  assert.deepEqual(sorted(["", "2", "a", "", "1"]), [1, 2, "a", null, null]);
  assert.deepEqual(sorted(["", "2", "a", "", "1"], true), ["a", 2, 1, null, null]);
});

test("texts sort whatever their case", () => {
  assert.deepEqual(sorted(["b", "A", "C"]), ["a", "b", "c"]);
});

test("an empty text is no number, a zero is one", () => {
  assert.equal(sortKey(""), null);
  assert.equal(sortKey("0"), 0);
});

test("equal keys keep their order", () => {
  assert.equal(compareKeys("a", "a"), 0);
  assert.equal(compareKeys(null, null, true), 0);
});

test("numbers sort in descending order first, texts in ascending order, and each click turns the order", () => {
  assert.equal(nextDescending(null, true), true);
  assert.equal(nextDescending(null, false), false);
  assert.equal(nextDescending("ascending", true), true);
  assert.equal(nextDescending("descending", false), false);
});
