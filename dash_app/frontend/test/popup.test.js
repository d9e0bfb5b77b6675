import assert from "node:assert/strict";
import test from "node:test";
import { placeAfter } from "../src/popup.js";

const ITEMS = ["Refresh", "Table", "Copy link", "CSV", "CSV for Excel"];

test("arrow keys go round at both ends of a menu, Home and End to them", () => {
  assert.equal(placeAfter("ArrowDown", 4, ITEMS), 0);
  assert.equal(placeAfter("ArrowUp", 0, ITEMS), 4);
  assert.equal(placeAfter("Home", 3, ITEMS), 0);
  assert.equal(placeAfter("End", 0, ITEMS), 4);
});

test("a letter goes to the next item that begins with it, and round", () => {
  assert.equal(placeAfter("c", 0, ITEMS), 2);
  assert.equal(placeAfter("C", 2, ITEMS), 3);
  assert.equal(placeAfter("c", 4, ITEMS), 2);
  assert.equal(placeAfter("x", 0, ITEMS), null);
});

test("other keys are left alone", () => {
  assert.equal(placeAfter("Enter", 0, ITEMS), null);
  assert.equal(placeAfter("Shift", 0, ITEMS), null);
});
