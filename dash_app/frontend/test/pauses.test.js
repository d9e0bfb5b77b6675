import assert from "node:assert/strict";
import test from "node:test";
import { isSilent, pollPause, retryPause } from "../src/pauses.js";

test("pauses between attempts grow, up to ten seconds", () => {
  const pauses = [1, 2, 3, 4, 50].map((failures) => retryPause(failures, 0.5));
  assert.deepEqual(pauses.map(Math.round), [800, 1280, 2048, 3277, 10000]);
});

test("chance spreads a pause by a quarter to either side", () => {
  assert.equal(retryPause(50, 0), 7500);
  assert.equal(retryPause(50, 1), 12500);
});

test("an open connection may be silent for longer than one that has never been heard", () => {
  assert.equal(isSilent(11000, false), true);
  assert.equal(isSilent(11000, true), false);
  assert.equal(isSilent(76000, true), true);
});

test("polls come each second while something is waited for", () => {
  assert.equal(pollPause(true, 300000), 1000);
  assert.equal(pollPause(false, 300000), 300000);
});
