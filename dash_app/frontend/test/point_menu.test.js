import assert from "node:assert/strict";
import test from "node:test";
import { filterOf, pointUnder } from "../src/point_menu.js";

const SERIES = { meta: { filter: { column: "stage", value: ["scored"] } } };
const POINTS = { meta: { filter: { column: "model", values: [["gpt-4o"], [null], null] } } };

test("each point of a series, and its legend entry, stand for the series' value", () => {
  assert.deepEqual(filterOf(SERIES, 3), ["stage", "scored"]);
  assert.deepEqual(filterOf(SERIES, null), ["stage", "scored"]);
});

test("a bar stands for its own value, and a null cell is one", () => {
  assert.deepEqual(filterOf(POINTS, 0), ["model", "gpt-4o"]);
  assert.deepEqual(filterOf(POINTS, 1), ["model", null]);
});

test("the group of the others, and what names no column, stand for nothing", () => {
  assert.equal(filterOf(POINTS, 2), null);
  assert.equal(filterOf(POINTS, null), null);
  assert.equal(filterOf({ meta: { filter: { column: "stage", value: null } } }, 0), null);
  assert.equal(filterOf({}, 0), null);
  assert.equal(filterOf(undefined, 0), null);
});

const bar = (from, to) => ({ data: { type: "bar" }, bar: { start: 10, end: 20, from, to } });

test("of stacked bars that are hovered together, a click is on the one under the pointer", () => {
  const stack = [bar(100, 80), bar(80, 50), bar(50, 49)];
  assert.equal(pointUnder(stack, { x: 15, y: 90 }), 0);
  assert.equal(pointUnder(stack, { x: 15, y: 60 }), 1);
  assert.equal(pointUnder(stack, { x: 15, y: 20 }), -1, "above the stack");
  assert.equal(pointUnder(stack, { x: 5, y: 60 }), -1, "beside it");
});

test("a bar from left to right is found by its length", () => {
  const across = { data: { type: "bar", orientation: "h" }, bar: { start: 10, end: 20, from: 0, to: 300 } };
  assert.equal(pointUnder([across, across], { x: 200, y: 15 }), 0);
  assert.equal(pointUnder([across, across], { x: 15, y: 200 }), -1);
});

test("what is clicked by itself is what is meant, also where it is no bar", () => {
  assert.equal(pointUnder([{ data: { type: "scatter" } }], { x: 0, y: 0 }), 0);
});
