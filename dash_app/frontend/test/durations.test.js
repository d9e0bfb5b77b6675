import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { ageOf, durationOf } from "../src/durations.js";

/* The server's formatters are held to the same cases. */
const cases = JSON.parse(readFileSync(new URL("durations.json", import.meta.url)));

test("a duration has its two largest units", () => {
  for (const [seconds, text] of cases.durations) {
    assert.equal(durationOf(seconds), text);
  }
});

test("what is left of a second is left out, and a negative duration is none", () => {
  assert.equal(durationOf(59.9), "59 s");
  assert.equal(durationOf(-3), "0 s");
});

test("an age has its largest unit, before and after now", () => {
  for (const [seconds, text] of cases.ages) {
    assert.equal(ageOf(seconds), text);
  }
});
