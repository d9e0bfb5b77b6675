import assert from "node:assert/strict";
import { test } from "node:test";
import { cutName, keptLabels, withShortNames } from "../src/ticks.js";

test("labels that would run into each other give way to later ones", () => {
  const extents = [
    [0, 30],
    [20, 50],
    [40, 70],
    [60, 90],
  ];
  assert.deepEqual(keptLabels(extents, 4), [false, true, false, true]);
  assert.deepEqual(keptLabels(extents.toReversed(), 4), [true, false, true, false]);
  assert.deepEqual(
    keptLabels(
      [
        [0, 10],
        [20, 30],
      ],
      4,
    ),
    [true, true],
  );
  const narrowFirst = [
    [0, 5],
    [10, 30],
    [20, 50],
    [40, 70],
  ];
  assert.deepEqual(
    keptLabels(narrowFirst, 4),
    [false, true, false, true],
    "evenly, though the first has room",
  );
  assert.deepEqual(keptLabels([[5, 5]]), [true]);
  assert.deepEqual(keptLabels([]), []);
});

const NAMES = ["outreach sent to everybody", "a<b", "x".repeat(500)];
const figure = {
  data: [{ type: "bar", orientation: "h", x: [1, 2, 3], y: NAMES }],
  layout: { yaxis: { type: "category" }, xaxis: { type: "linear" } },
};

test("a narrow chart has short names at its axis, and the bars keep their own", () => {
  const drawn = withShortNames(figure, 300);
  const { tickvals, ticktext } = drawn.layout.yaxis;
  assert.deepEqual(tickvals, NAMES);
  assert.ok(ticktext.every((text) => text.length <= 18));
  assert.equal(ticktext[0], "outreach sent to…");
  assert.equal(ticktext[1], "a&lt;b");
  assert.equal(drawn.data, figure.data);
  assert.equal(figure.layout.yaxis.ticktext, undefined);
});

test("a wide chart, and one whose width is not known, is left as it is", () => {
  for (const width of [900, 0, undefined]) {
    assert.equal(withShortNames(figure, width), figure);
  }
});

test("a name is cut by letters and not within one", () => {
  assert.equal(cutName("short", 5), "short");
  assert.equal(cutName("\u{1F600}\u{1F600}\u{1F600}", 2), "\u{1F600}…");
});
