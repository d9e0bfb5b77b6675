import assert from "node:assert/strict";
import test from "node:test";
import { keptSearch, parseAddress, searchOf, selectionText, withFilter } from "../src/address.js";

const NONE = { range: null, compare: false, filters: [], rows: null };

test("only 1 compares, as the server has it", () => {
  assert.equal(parseAddress("?compare=1").compare, true);
  assert.equal(parseAddress("?compare=true").compare, false);
});

test("an address without parameters asks for nothing", () => {
  assert.deepEqual(parseAddress(""), NONE);
  assert.equal(selectionText(NONE), "");
  assert.equal(searchOf(NONE), "");
});

test("range, filters and compare are read in any order, and written in one", () => {
  const address = parseAddress("?compare=1&filter=stage:scored&range=7d&filter=model:gpt-4o");
  assert.deepEqual(address, {
    range: "7d",
    compare: true,
    filters: [
      ["model", "gpt-4o"],
      ["stage", "scored"],
    ],
    rows: null,
  });
  assert.equal(searchOf(address), "?range=7d&filter=model:gpt-4o&filter=stage:scored&compare=1");
});

test("a value comes back as it was, whatever stands in it", () => {
  for (const value of ["a:b", "a&b=c", "a+b c", "%41", "", "é\u{1f600}", "#?/", "\"'"]) {
    const address = withFilter(NONE, "model", value);
    assert.deepEqual(parseAddress(searchOf(address)).filters, [["model", value]]);
  }
});

test("an empty cell has no colon, unlike an empty text", () => {
  assert.equal(selectionText(withFilter(NONE, "model", null)), "filter=model");
  assert.equal(selectionText(withFilter(NONE, "model", "")), "filter=model:");
  assert.deepEqual(parseAddress("?filter=model").filters, [["model", null]]);
});

test("a column has one filter: another value takes its place", () => {
  const two = withFilter(withFilter(NONE, "stage", "found"), "model", "a");
  assert.deepEqual(withFilter(two, "model", "b").filters, [
    ["model", "b"],
    ["stage", "found"],
  ]);
  assert.deepEqual(withFilter(two, "model", undefined).filters, [["stage", "found"]]);
  assert.deepEqual(two.filters.length, 2);
});

test("what a range or a filter says is left to the server, also what cannot be", () => {
  assert.equal(parseAddress("?range=7%20weeks").range, "7 weeks");
  assert.equal(selectionText(parseAddress("?range=7%20weeks")), "range=7%20weeks");
  assert.deepEqual(parseAddress("?compare=maybe&filter=&filter=:x&range="), NONE);
});

test("parameters of others are kept, and come last", () => {
  const search = "?kiosk=1&range=7d&cycle=30&rows=old";
  assert.equal(
    searchOf({ ...NONE, range: "30d", rows: "a:b" }, search),
    "?range=30d&rows=a%3Ab&kiosk=1&cycle=30",
  );
  assert.equal(searchOf(NONE, search), "?kiosk=1&cycle=30");
});

test("a link to another page keeps range and compare, and neither filters nor rows", () => {
  const address = parseAddress("?range=7d&compare=1&filter=model:a&rows=x");
  assert.equal(keptSearch(address), "?range=7d&compare=1");
  assert.equal(keptSearch(NONE), "");
});
