import assert from "node:assert/strict";
import test from "node:test";
import { afterKey, keyOf } from "../src/keys/sequence.js";
import { KEYS } from "../src/keys/table.js";

const SEQUENCES = ["r", "?", "g o", "g r", "Control+k"];
const event = (key, modifiers = {}) => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...modifiers,
});

test("a key that is a sequence of its own is found at once", () => {
  assert.deepEqual(afterKey([], "r", SEQUENCES), { pressed: [], found: "r" });
});

test("a sequence is found with its last key, and not the key that is one alone", () => {
  const { pressed, found } = afterKey([], "g", SEQUENCES);
  assert.equal(found, null);
  assert.deepEqual(afterKey(pressed, "r", SEQUENCES), { pressed: [], found: "g r" });
});

test("a key that goes on with nothing begins again", () => {
  assert.deepEqual(afterKey(["g"], "?", SEQUENCES), { pressed: [], found: "?" });
  assert.deepEqual(afterKey(["g"], "g", SEQUENCES), { pressed: ["g"], found: null });
  assert.deepEqual(afterKey(["g"], "x", SEQUENCES), { pressed: [], found: null });
});

test("modifiers make another key of a letter, and Shift is part of a sign", () => {
  assert.equal(keyOf(event("r")), "r");
  assert.equal(keyOf(event("R", { shiftKey: true })), null);
  assert.equal(keyOf(event("R")), "r", "with the capitals lock");
  assert.equal(keyOf(event("?", { shiftKey: true })), "?");
  assert.equal(keyOf(event("k", { metaKey: true })), "Control+k");
  assert.equal(keyOf(event("r", { ctrlKey: true })), "Control+r");
  assert.equal(keyOf(event("r", { altKey: true })), null);
  assert.equal(keyOf(event("Enter")), null);
});

test("no sequence of the table is another's, or the beginning of another", () => {
  const sequences = KEYS.map(({ keys }) => keys);
  assert.equal(new Set(sequences).size, sequences.length);
  for (const one of sequences) {
    assert.ok(!sequences.some((other) => other.startsWith(`${one} `)), one);
  }
});
