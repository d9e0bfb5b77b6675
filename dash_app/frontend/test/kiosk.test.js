import assert from "node:assert/strict";
import test from "node:test";
import { isTime, parseKiosk, pathAfter, withKiosk } from "../src/kiosk/words.js";
import { askedLabel } from "../src/ranges.js";

test("an address asks for the kiosk, and for the seconds of a page within bounds", () => {
  assert.deepEqual(parseKiosk("?kiosk=1&cycle=30"), { isOn: true, cycle: 30 });
  assert.deepEqual(parseKiosk("?kiosk=1"), { isOn: true, cycle: 0 });
  assert.deepEqual(parseKiosk("?kiosk=1&cycle=1"), { isOn: true, cycle: 5 });
  assert.deepEqual(parseKiosk("?kiosk=1&cycle=many"), { isOn: true, cycle: 0 });
  assert.deepEqual(parseKiosk("?cycle=30"), { isOn: false, cycle: 0 });
});

test("the kiosk comes into an address and goes out of it, and leaves the rest", () => {
  const search = withKiosk("?range=7d", { isOn: true, cycle: 30 });
  assert.equal(search, "?range=7d&kiosk=1&cycle=30");
  assert.equal(withKiosk(search, { isOn: false, cycle: 0 }), "?range=7d");
  assert.equal(withKiosk("?kiosk=1", { isOn: false, cycle: 0 }), "");
});

test("pages follow each other, round, and from a page that is none of them comes the first", () => {
  assert.equal(pathAfter(["/", "/a"], "/"), "/a");
  assert.equal(pathAfter(["/", "/a"], "/a"), "/");
  assert.equal(pathAfter(["/", "/a"], "/cache"), "/");
});

test("a page stays while somebody is there, and as long as it has not stood its time", () => {
  const at = { cycle: 30, now: 100_000, turnedAt: 60_000, touchedAt: 0 };
  assert.ok(isTime(at));
  assert.ok(!isTime({ ...at, turnedAt: 80_000 }));
  assert.ok(!isTime({ ...at, touchedAt: 90_000 }));
  assert.ok(!isTime({ ...at, cycle: 0 }));
});

test("what is asked of a page is one line", () => {
  const asked = { range: "7d", compare: true, filters: [["model", "gpt-4o"]] };
  assert.equal(askedLabel(asked), "7 days · compared with the period before · model: gpt-4o");
  assert.equal(askedLabel({ range: null, compare: false, filters: [] }), "");
});
