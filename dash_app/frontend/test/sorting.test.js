import assert from "node:assert/strict";
import test from "node:test";
import { compareKeys, nextDescending, sortKey } from "../src/sorting.js";

const sorted = (texts) => texts.map(sortKey).sort(compareKeys);

test("numbers sort by value and stand before texts", () => {
  assert.deepEqual(sorted(["10", "b", "9", "-1.5", "a"]), [-1.5, 9, 10, "a", "b"]);
});

test("texts sort whatever their case", () => {
  assert.deepEqual(sorted(["b", "A", "C"]), ["a", "b", "c"]);
});

test("an empty text is no number", () => {
  assert.equal(sortKey(""), "");
  assert.equal(sortKey("0"), 0);
});

test("equal keys keep their order", () => {
  assert.equal(compareKeys("a", "a"), 0);
});

test("numbers sort in descending order first, texts in ascending order, and each click turns the order", () => {
  assert.equal(nextDescending(null, true), true);
  assert.equal(nextDescending(null, false), false);
  assert.equal(nextDescending("ascending", true), true);
  assert.equal(nextDescending("descending", false), false);
});
