import assert from "node:assert/strict";
import test from "node:test";
import { withZoom } from "../src/zoom.js";

const ZOOMED = { layout: { xaxis: { autorange: false, range: [2, 5] } } };
const figure = (xaxis) => ({ data: [{ y: [1] }], layout: { xaxis, yaxis: { range: [0, 9] } } });

test("a new figure is zoomed as the one that is shown", () => {
  for (const axis of [{ type: "date", autorange: true }, { type: "category" }]) {
    const drawn = withZoom(figure(axis), ZOOMED);
    assert.deepEqual(drawn.layout.xaxis, { ...axis, autorange: false, range: [2, 5] });
    assert.deepEqual(drawn.layout.yaxis, { range: [0, 9] });
    assert.deepEqual(drawn.data, [{ y: [1] }]);
  }
});

test("a figure is not changed, because the server's copy is drawn from again", () => {
  const axis = Object.freeze({ autorange: true });
  const given = Object.freeze({ data: [], layout: Object.freeze({ xaxis: axis }) });
  assert.notEqual(withZoom(given, ZOOMED), given);
});

test("a chart that shows all, also after a double click, goes on showing all", () => {
  for (const shown of [{ autorange: true, range: [0, 9] }, { autorange: true }, {}]) {
    const drawn = withZoom(figure({ autorange: true }), { layout: { xaxis: shown } });
    assert.deepEqual(drawn.layout.xaxis, { autorange: true });
  }
});

test("a zoom ends with the range that it was of, and outlives new values of that range", () => {
  const of = (uirevision, xaxis) => ({ data: [], layout: { uirevision, xaxis } });
  const zoomed = of("7d", ZOOMED.layout.xaxis);
  assert.deepEqual(withZoom(of("kept", { autorange: true }), zoomed).layout.xaxis, { autorange: true });
  assert.equal(withZoom(of("7d", { autorange: true }), zoomed).layout.xaxis.autorange, false);
});

test("an axis with a range of its own keeps it", () => {
  assert.deepEqual(withZoom(figure({ range: [0, 1] }), ZOOMED).layout.xaxis, { range: [0, 1] });
});

test("every x axis has its own zoom", () => {
  const shown = { layout: { xaxis: {}, xaxis2: { autorange: false, range: [1, 2] } } };
  const drawn = withZoom({ layout: { xaxis: { autorange: true }, xaxis2: { autorange: true } } }, shown);
  assert.equal(drawn.layout.xaxis.autorange, true);
  assert.deepEqual(drawn.layout.xaxis2.range, [1, 2]);
});

test("without a figure on either side there is nothing to carry over", () => {
  assert.equal(withZoom(null, ZOOMED), null);
  assert.deepEqual(withZoom(figure({ autorange: true }), null), figure({ autorange: true }));
});

const days = (...names) => ({ type: "category", autorange: true, categoryarray: names });
const zoomedDays = (range, ...names) => ({
  layout: { xaxis: { ...days(...names), autorange: false, range } },
});

test("a zoom shows the same days after midnight, when each has another place", () => {
  const shown = zoomedDays([0.5, 2.5], "Mon 2", "Tue 3", "Wed 4, so far");
  const drawn = withZoom(figure(days("Tue 3", "Wed 4", "Thu 5, so far")), shown);
  assert.deepEqual(drawn.layout.xaxis.range, [-0.5, 1.5]);
  assert.equal(drawn.layout.xaxis.autorange, false);
});

test("a zoom on the running day alone stays with it", () => {
  const shown = zoomedDays([1.6, 2.4], "Mon 2", "Tue 3", "Wed 4, so far");
  const drawn = withZoom(figure(days("Tue 3", "Wed 4", "Thu 5, so far")), shown);
  assert.deepEqual(
    drawn.layout.xaxis.range.map((end) => end.toFixed(1)),
    ["0.6", "1.4"],
  );
});

test("a zoom ends with its days", () => {
  const shown = zoomedDays([-0.5, 0.5], "Mon 2", "Tue 3");
  const drawn = withZoom(figure(days("Tue 3", "Wed 4")), shown);
  assert.deepEqual(drawn.layout.xaxis, days("Tue 3", "Wed 4"));
});
