import assert from "node:assert/strict";
import { test } from "node:test";
import { factsOf, pillOf, textOf } from "../src/pill.js";

const NOW = Date.parse("2026-11-26T19:16:40Z");
const SHOWN = Date.parse("2026-11-26T19:16:00Z");
const LAST = "2026-11-26T19:16:28Z";

function known(given = {}) {
  const { status, connection, ...others } = given;
  return {
    status: {
      conditions: [],
      run: null,
      activity: { pace: "moving", last_row_at: LAST },
      ...status,
    },
    connection: { state: "open", seconds: 1, every: 300, ...connection },
    notice: null,
    lag: "No new rows",
    isPending: false,
    shownAt: SHOWN,
    now: NOW,
    zone: "UTC",
    ...others,
  };
}

function condition(kind, tone = "bad") {
  return {
    kind,
    tone,
    label: `label of ${kind}`,
    text: `text of ${kind}`,
    since: LAST,
    effect: "e",
    remedy: "r",
  };
}

const line = ({ tone, label, detail, more }) => [tone, label, detail, more];
const LOST = { connection: { state: "lost", seconds: 40 } };

test("a pipeline that goes on says when its newest row came, and how old the values are", () => {
  assert.deepEqual(line(pillOf(known())), ["good", "Moving", "last row 12 s ago · data 40 s old", 0]);
});

test("rows that the values do not have yet stand in place of the newest row's age", () => {
  const state = pillOf(known({ lag: "12 new rows pending", isPending: true }));
  assert.equal(state.detail, "12 new rows pending · data 40 s old");
});

test("silence that is usual at this time is no warning and is not called moving", () => {
  const state = pillOf(
    known({ status: { activity: { pace: "usual", last_row_at: "2026-11-26T13:16:40Z" } } }),
  );
  assert.deepEqual(line(state), ["good", "Quiet as usual", "last row 6 h ago · data 40 s old", 0]);
});

test("where nothing is known of the pace the newest row stands alone, and without rows it says so", () => {
  const old = { activity: { pace: "unknown", last_row_at: "2026-11-23T19:16:40Z" } };
  assert.deepEqual(line(pillOf(known({ status: old }))), ["plain", "Last row 3 d ago", "data 40 s old", 0]);
  const none = { activity: { pace: "unknown", last_row_at: null } };
  assert.deepEqual(line(pillOf(known({ status: none }))), ["plain", "No stage entries", "data 40 s old", 0]);
});

test("a run says its share, and one that knows none says that it computes", () => {
  const run = { title: "Scheduled run", step: "x", done: 480, total: 1000, seconds: 3 };
  assert.deepEqual(line(pillOf(known({ status: { run } }))), [
    "busy",
    "Reading the source",
    "data 40 s old",
    0,
  ]);
  assert.equal(pillOf(known({ status: { run: { ...run, total: 0 } } })).label, "Computing");
});

test("the worst comes first and the others are counted, whatever runs", () => {
  const conditions = [condition("failed"), condition("quiet", "warn")];
  const run = { title: "t", step: "s", done: 1, total: 2, seconds: 1 };
  const state = pillOf(known({ status: { conditions, run }, connection: { state: "polling" } }));
  assert.deepEqual(line(state), ["bad", "label of failed", "data 40 s old", 2]);
  assert.deepEqual(
    state.items.map((item) => item.kind),
    ["failed", "quiet", "polling"],
  );
});

test("a server that does not answer is worse than anything, and the pill says what time is shown", () => {
  const state = pillOf(known({ ...LOST, status: { conditions: [condition("unreadable")] } }));
  assert.deepEqual(line(state), ["bad", "Disconnected 40 s", "showing 19:16", 1]);
  assert.equal(state.said, "Disconnected", "what grows is not read out");
  const elsewhere = pillOf(known({ ...LOST, zone: "Asia/Tokyo" }));
  assert.equal(elsewhere.detail, "showing 04:16");
});

test("what this browser asked for and did not get stands before what holds for everybody", () => {
  const notice = { label: "Refresh failed", text: "One full refresh a minute." };
  const state = pillOf(known({ notice, status: { conditions: [condition("late")] } }));
  assert.deepEqual(line(state), ["bad", "Refresh failed", "data 40 s old", 1]);
});

test("before the server is heard the pill connects, and without it it is disconnected", () => {
  const unheard = { ...known({ shownAt: null, now: null, lag: "" }), status: null };
  assert.equal(pillOf(unheard).label, "Connecting");
  const lost = pillOf({ ...unheard, connection: { state: "lost", seconds: 5, every: 300 } });
  assert.deepEqual(line(lost), ["bad", "Disconnected 5 s", "", 0]);
});

test("the panel says what is known of rows, values and connection, and leaves out what is not", () => {
  assert.deepEqual(factsOf(known()), [
    ["Newest row", "12 s ago"],
    ["Since then", "No new rows"],
    ["Values", "of 19:16, 40 s old"],
    ["Connection", "live"],
  ]);
  const names = factsOf({ ...known({ shownAt: null, lag: "" }), status: null }).map(([name]) => name);
  assert.deepEqual(names, ["Newest row", "Values", "Connection"]);
});

test("the panel does not say again what its heading says", () => {
  const label = "No pipeline activity for 21 min";
  const quiet = { label, text: `${label} (usually 14 entries by now)` };
  assert.equal(textOf(quiet), "Usually 14 entries by now");
  assert.equal(textOf({ label: "Runs are late", text: "No run since 19:06" }), "No run since 19:06");
});
