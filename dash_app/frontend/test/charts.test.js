import assert from "node:assert/strict";
import test from "node:test";
import { nextPoint } from "../src/charts/keys.js";
import { chartLabel, placeText, plainText } from "../src/charts/words.js";

const DAYS = ["2026-11-24", "2026-11-25", "2026-11-26"];
const bar = (name, more = {}) => ({ type: "bar", name, x: DAYS, y: [1, 2, 3], ...more });

test("a chart says its kind, its title, its period, its unit and its series", () => {
  const label = chartLabel("LLM cost", [bar("scoring"), bar("<b>re&amp;scoring</b>")], "US$ a day");
  assert.equal(label, "Bar chart: LLM cost. 24 Nov to 26 Nov. US$ a day. 2 series: scoring, re&scoring.");
});

test("lying bars are counted, because they have no period", () => {
  const flat = bar("cost", { orientation: "h", x: [1, 2], y: ["a", "b"] });
  assert.equal(chartLabel("Cost by model", [flat]), "Bar chart: Cost by model. 2 places.");
});

test("a chart without values says that it is empty", () => {
  assert.equal(chartLabel("LLM cost", [bar("scoring", { x: [], y: [] })]), "Chart: LLM cost. It is empty.");
});

test("more series than one remembers are counted", () => {
  const label = chartLabel(
    "Runs",
    Array.from({ length: 9 }, (_, place) => bar(`job ${place}`)),
  );
  assert.match(label, /9 series: job 0, .*job 5 and 3 more\.$/);
});

test("an instant is said as a day and a time, a category as it is", () => {
  assert.equal(placeText("2026-11-26T13:00:00"), "26 Nov 13:00");
  assert.equal(placeText("Thu 26 Nov, so far"), "Thu 26 Nov, so far");
  assert.equal(plainText("a<br>b &lt;i&gt;"), "a b <i>");
});

test("a walk along a series skips points without a value, and stays at its ends", () => {
  const values = [null, 4, undefined, 0, null];
  assert.equal(nextPoint(values, 1, 1), 3);
  assert.equal(nextPoint(values, 3, 1), 3);
  assert.equal(nextPoint(values, 1, -1), 1);
});
