import assert from "node:assert/strict";
import { test } from "node:test";
import { firstRunOf, runWords, shortRunWords, timeWords } from "../src/run_words.js";

const READING = {
  title: "Scheduled run",
  step: "copying llm_usage: 1.2 of 5.4 million rows",
  done: 110,
  total: 1000,
  seconds: 12,
  at: 0,
  of: 0,
  left: 40,
};
const COMPUTING = { ...READING, step: "computing LLM cost", done: 600, at: 3, of: 12, left: null };
const STARTING = { ...READING, step: "starting", done: 0, total: 0, seconds: 0, left: null };

test("a run says which dataset of how many it computes, and before that which rows it reads", () => {
  assert.equal(runWords(COMPUTING), "Computing 3 of 12");
  assert.equal(runWords(READING), "Copying llm_usage: 1.2 of 5.4 million rows");
  assert.equal(runWords(STARTING), "Starting the run");
  assert.equal(runWords({ ...COMPUTING, step: "storing", at: 12 }), "Storing");
});

test("the pill says it in a few words", () => {
  assert.deepEqual([COMPUTING, READING, STARTING].map(shortRunWords), [
    "Computing 3 of 12",
    "Reading the source",
    "Computing",
  ]);
});

test("a run says how long it still takes only if its pace is known", () => {
  assert.equal(timeWords(READING), "12 s so far · about 40 s left to read the source");
  assert.equal(timeWords({ ...COMPUTING, left: 5 }), "12 s so far · about 5 s left to compute");
  assert.equal(timeWords(STARTING), "0 s so far");
});

test("a first run has a panel with its share, a later one none", () => {
  const status = { is_first: true, run: READING, conditions: [] };
  const panel = firstRunOf(status);
  assert.equal(panel.title, "First run: reading the source");
  assert.equal(panel.share, 0.11);
  assert.equal(firstRunOf({ ...status, is_first: false }), null);
  assert.equal(firstRunOf({ ...status, run: null }), null);
  assert.equal(firstRunOf(null), null);
});

test("a first run that something keeps from beginning says what, and what to do", () => {
  const held = { text: "The source cannot be read", remedy: "Bring the file back" };
  const panel = firstRunOf({ is_first: true, run: null, conditions: [held] });
  assert.deepEqual([panel.title, panel.line, panel.time], [held.text, held.remedy, ""]);
});
