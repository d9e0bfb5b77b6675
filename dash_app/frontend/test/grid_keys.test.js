import assert from "node:assert/strict";
import test from "node:test";
import { nextPlace } from "../src/tables/grid_keys.js";

// A heading with two buttons, and three rows of two cells.
const SHAPE = [
  [2, 1],
  [1, 1],
  [1, 1],
  [1, 1],
];

const go = (key, place, isControl = false) => nextPlace(key, isControl, place, SHAPE);

test("arrows move from stop to stop and from cell to cell, and stay at the edge", () => {
  assert.deepEqual(go("ArrowRight", [0, 0, 0]), [0, 0, 1]);
  assert.deepEqual(go("ArrowRight", [0, 0, 1]), [0, 1, 0]);
  assert.deepEqual(go("ArrowRight", [0, 1, 0]), [0, 1, 0]);
  assert.deepEqual(go("ArrowLeft", [0, 1, 0]), [0, 0, 1]);
  assert.deepEqual(go("ArrowLeft", [1, 0, 0]), [1, 0, 0]);
  assert.deepEqual(go("ArrowDown", [0, 0, 1]), [1, 0, 0]);
  assert.deepEqual(go("ArrowDown", [3, 1, 0]), [3, 1, 0]);
  assert.deepEqual(go("ArrowUp", [0, 0, 1]), [0, 0, 1]);
});

test("Home and End go along the row, with Ctrl through the table, and pages by ten rows", () => {
  assert.deepEqual(go("End", [2, 0, 0]), [2, 1, 0]);
  assert.deepEqual(go("Home", [2, 1, 0]), [2, 0, 0]);
  assert.deepEqual(go("End", [0, 0, 0], true), [3, 1, 0]);
  assert.deepEqual(go("Home", [3, 1, 0], true), [0, 0, 0]);
  assert.deepEqual(go("PageDown", [1, 1, 0]), [3, 1, 0]);
  assert.deepEqual(go("PageUp", [3, 1, 0]), [0, 1, 0]);
});

test("other keys move nothing", () => {
  assert.equal(go("Enter", [0, 0, 0]), null);
  assert.equal(go("a", [0, 0, 0]), null);
});
