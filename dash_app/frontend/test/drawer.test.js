import assert from "node:assert/strict";
import test from "node:test";
import { filterList, parseRequest, requestText, rowsQuery, sortText } from "../src/drawer/request.js";
import { isPulledAway } from "../src/drawer/swipe.js";
import { cellText, differenceOf, errorPath, lineOf, pathOf } from "../src/drawer/words.js";

const REQUEST = {
  card: "llm_usage_by_stage",
  column: "calls",
  cells: { stage: "scoring: “a&b” 例", model: null },
  view: { sort: [{ colId: "called_at", sort: "desc" }] },
};
const ANSWER = {
  label: "LLM calls",
  counted: 41,
  total: 41,
  number: 40,
  as_of: "2026-11-23T18:16:05Z",
};

test("a request is the same after its way through the address", () => {
  assert.deepEqual(parseRequest(requestText(REQUEST)), REQUEST);
  const plain = { card: "excluded_sites", column: "excluded_sites", cells: {}, view: {} };
  assert.deepEqual(parseRequest(requestText(plain)), plain);
  assert.match(requestText(REQUEST), /^[\w:-]+$/);
});

test("a text that is no request opens nothing", () => {
  for (const text of ["", "card", "card:", ":column", "card:column:%%%", "card:column:bnVsbA", "a:b:MQ"]) {
    assert.equal(parseRequest(text), null, text);
  }
});

test("a kind of error has the address that its page reads", () => {
  const kind = { source: "site", stage: "failing", message: 'a & b = "<n>"\n?' };
  assert.deepEqual(Object.fromEntries(new URLSearchParams(errorPath(kind).replace("/error?", ""))), kind);
  assert.equal(errorPath({ ...kind, stage: null }).includes("stage"), false);
  assert.equal(errorPath(null), null);
  assert.equal(errorPath(undefined), null);
});

test("an order is spelled as the server reads it", () => {
  assert.equal(
    sortText([
      { colId: "called_at", sort: "desc" },
      { colId: "model", sort: "asc" },
    ]),
    "-called_at,model",
  );
});

test("filters of texts and numbers become conditions", () => {
  const model = {
    model: { filterType: "text", type: "contains", filter: "gpt" },
    stage: { filterType: "text", type: "blank" },
    tokens: { filterType: "number", type: "inRange", filter: 1, filterTo: 9 },
    cost: { filterType: "number", type: "greaterThan", filter: 0.5 },
  };
  assert.deepEqual(filterList(model, "UTC"), [
    ["model", "contains", "gpt"],
    ["stage", "empty"],
    ["tokens", "between", 1, 9],
    ["cost", "greater", 0.5],
  ]);
});

test("a day of instants is the whole local day, also one of 23 hours", () => {
  const on = (type, dateFrom, dateTo = null) => ({ at: { filterType: "date", type, dateFrom, dateTo } });
  const list = (filter) => filterList(filter, "Europe/Berlin")[0].slice(1);
  assert.deepEqual(list(on("equals", "2026-03-29 00:00:00")), [
    "between",
    "2026-03-28T23:00:00Z",
    "2026-03-29T21:59:59Z",
  ]);
  assert.deepEqual(list(on("lessThan", "2026-11-23 00:00:00")), ["less", "2026-11-22T23:00:00Z"]);
  assert.deepEqual(list(on("greaterThan", "2026-11-23 00:00:00")), ["greater", "2026-11-23T22:59:59Z"]);
  assert.deepEqual(list(on("inRange", "2026-11-22 00:00:00", "2026-11-23 00:00:00")), [
    "between",
    "2026-11-21T23:00:00Z",
    "2026-11-23T22:59:59Z",
  ]);
});

test("a filter of a column of days compares days", () => {
  const filter = {
    day: { filterType: "date", type: "equals", dateFrom: "2026-11-23 00:00:00", isDay: true },
  };
  assert.deepEqual(filterList(filter, "Europe/Berlin"), [["day", "equals", "2026-11-23"]]);
});

test("a query leaves out what is empty", () => {
  const number = { key: "llm/x?range=7d", column: "calls", cells: {}, asOf: "" };
  assert.equal(rowsQuery(number, {}, "UTC", { offset: 0 }), "key=llm%2Fx%3Frange%3D7d&column=calls&offset=0");
});

test("the line says what the rows are of", () => {
  assert.equal(lineOf(ANSWER, { stage: "outreach_sent" }), "41 LLM calls · stage outreach sent");
  const weekly = { ...ANSWER, period: "7 days" };
  assert.equal(lineOf(weekly, { stage: "scoring" }), "41 LLM calls · 7 days · stage scoring");
  assert.equal(lineOf({ ...ANSWER, total: 1200, counted: 4100, label: "Sites" }, {}), "1,200 of 4,100 sites");
  assert.equal(lineOf(null, { model: null }), "model (none)");
  assert.equal(lineOf(null, { measure: "replies", first_day: null }), "replies");
  const turned = lineOf(ANSWER, { stage: "\u05e9\u05dd" });
  assert.equal(
    turned,
    "41 LLM calls · stage \u2068\u05e9\u05dd\u2069",
    "a name from right to left is isolated",
  );
});

test("a number that is not that of the rows any more is named with its time", () => {
  assert.equal(differenceOf(ANSWER, "Europe/Berlin"), "counted 40 at 19:16, 41 now");
  assert.equal(differenceOf({ ...ANSWER, number: 41 }, "UTC"), "");
  assert.equal(differenceOf({ ...ANSWER, number: null }, "UTC"), "");
});

test("a cell reads by its type", () => {
  assert.equal(cellText(null, { type: "text" }, "UTC"), "–");
  assert.equal(cellText(1234.5, { type: "number", unit: "USD" }, "UTC"), "$1,234.5");
  assert.equal(cellText(false, { type: "boolean" }, "UTC"), "no");
  assert.equal(cellText("2026-11-23T18:16:05Z", { type: "instant" }, "Europe/Berlin"), "2026-11-23 19:16:05");
});

test("an id is a name", () => {
  assert.equal(cellText(22344, { name: "call_id", type: "integer" }, "UTC"), "22344");
});

test("what a cell names has its page where the server writes it", () => {
  assert.equal(pathOf("site", 3990), "/site/3990");
  assert.equal(pathOf("job", "send_mail"), "/job/send_mail");
  assert.equal(pathOf("job", "a/b"), "/job/~YS9i");
  assert.equal(pathOf("job", "x".repeat(101) + "é".repeat(900)), null);
  assert.equal(pathOf("site", null), null);
  assert.equal(pathOf(null, 7), null);
});

test("the measure of a window is named for itself", () => {
  const cells = { measure: "llm_cost_usd", window_hours: 24 };
  assert.equal(lineOf(null, cells), "LLM cost · last 24 h");
});

test("a sheet closes when it is pulled far, or flicked, and not by a short pull", () => {
  assert.ok(isPulledAway(200, 900));
  assert.ok(isPulledAway(50, 60));
  assert.ok(!isPulledAway(50, 400));
  assert.ok(!isPulledAway(10, 1));
});
