import assert from "node:assert/strict";
import test from "node:test";
import { nameOf } from "../src/files.js";
import { pathIn } from "../src/switcher.js";

test("another source shows the same page with what is asked of it", () => {
  const here = { page: "/llm", search: "?range=7d&filter=model%3Agpt", isThing: false };
  assert.equal(pathIn("south", here), "/south/llm?range=7d&filter=model%3Agpt");
  assert.equal(pathIn("south", { page: "/", search: "", isThing: false }), "/south/");
});

test("open rows and things of one source are not in another", () => {
  const search = "?rows=cost%3Acalls&range=7d";
  assert.equal(pathIn("south", { page: "/llm", search, isThing: false }), "/south/llm?range=7d");
  assert.equal(pathIn("south", { page: "/site/12", search: "?contact=3", isThing: true }), "/south/");
});

test("the file of a card begins with the name of its source", () => {
  const card = { key: "llm/llm_daily_costs_30d", card: "daily", asOf: "", source: "north" };
  assert.equal(nameOf(card, "png"), "north_llm_llm_daily_costs_30d.png");
});
