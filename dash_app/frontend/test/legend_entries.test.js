import assert from "node:assert/strict";
import { test } from "node:test";
import { entriesOf, plainText, withHidden } from "../src/legend_entries.js";

const bar = (name, more = {}) => ({ type: "bar", name, marker: { color: "#111" }, ...more });

test("an entry stands for a series, or for all series of its group, in the order of their ranks", () => {
  const traces = [
    { name: "", showlegend: false },
    bar("before", { legendrank: 2000 }),
    bar("gpt", { legendgroup: "g" }),
    bar("gpt", { legendgroup: "g", showlegend: false }),
    bar("hidden", { visible: "legendonly" }),
  ];
  const entries = entriesOf(traces);
  assert.deepEqual(
    entries.map(({ name, indexes, isShown }) => [name, indexes, isShown]),
    [
      ["gpt", [2, 3], true],
      ["hidden", [4], false],
      ["before", [1], true],
    ],
  );
});

test("an entry looks as its series, also without colour", () => {
  const [plain, striped, dashed] = entriesOf([
    bar("a", { marker: { color: ["#222", "#333"] } }),
    bar("b", { marker: { color: "#444", pattern: { shape: "/" } } }),
    { type: "scatter", name: "c", line: { color: "#555", dash: "dot" } },
  ]).map(({ look }) => look);
  assert.deepEqual(plain, { kind: "bar", colour: "#222", isBroken: false });
  assert.deepEqual(striped, { kind: "bar", colour: "#444", isBroken: true });
  assert.deepEqual(dashed, { kind: "line", colour: "#555", isBroken: true });
});

test("names are the plain text that Plotly would draw", () => {
  assert.equal(plainText("<b>5</b> &lt;script&gt; &amp;amp; x<br>y"), "5 <script> &amp; x y");
  assert.equal(plainText("%{x}"), "%{x}");
});

test("a series that is hidden stays hidden in the next figure, by its name and its axis", () => {
  const shown = [bar("a", { visible: "legendonly" }), bar("b"), bar("a", { yaxis: "y2" })];
  const next = [bar("b"), bar("a"), bar("a", { yaxis: "y2" })];
  assert.deepEqual(
    withHidden(next, shown).map(({ visible }) => visible),
    [undefined, "legendonly", undefined],
  );
  assert.equal(withHidden(next, undefined), next);
  assert.equal(next[1].visible, undefined);
});
