import assert from "node:assert/strict";
import test from "node:test";
import { cardOf } from "../src/search/found.js";
import { grouped, movedTo, partsOf, recentHits, withRecent } from "../src/search/hits.js";

const hit = (kind, text) => ({ kind, text, detail: "", path: `/${text}` });

test("hits are grouped by kind in one order, and a kind without hits has no heading", () => {
  const hits = [hit("page", "LLM"), hit("site", "a.example"), hit("site", "b.example"), hit("odd", "x")];
  const texts = grouped(hits).map(([heading, group]) => [heading, group.map(({ text }) => text)]);
  assert.deepEqual(texts, [
    ["Sites", ["a.example", "b.example"]],
    ["Pages", ["LLM"]],
  ]);
});

test("what was searched for is marked where it first stands, in any case", () => {
  assert.deepEqual(partsOf("LLM cost by day", " COST "), ["LLM ", "cost", " by day"]);
  assert.deepEqual(partsOf("LLM cost by day", "tokens"), ["LLM cost by day", "", ""]);
  assert.deepEqual(partsOf("anything", ""), ["anything", "", ""]);
});

test("letters that grow with their case mark nothing rather than something else", () => {
  assert.deepEqual(partsOf("İİstanbul cost", "cost"), ["İİstanbul cost", "", ""]);
});

test("the arrows go round at both ends", () => {
  assert.equal(movedTo("ArrowDown", 2, 3), 0);
  assert.equal(movedTo("ArrowUp", 0, 3), 2);
  assert.equal(movedTo("ArrowUp", -1, 3), 2);
  assert.equal(movedTo("ArrowDown", -1, 0), -1);
});

test("what was opened last comes first, once", () => {
  const [a, b] = [hit("site", "a"), hit("site", "b")];
  assert.deepEqual(withRecent([b, a], a), [a, b]);
  const many = Array.from({ length: 20 }, (_, place) => hit("site", `s${place}`));
  assert.equal(withRecent(many, a).length, 6);
});

test("what is stored is shown if it is of a kind that one may see, and leads into this app", () => {
  const stored = [
    { text: "a", path: "/site/1", of: "site" },
    { text: "b", path: "/job/b", of: "job", detail: "B" },
    { text: "c", path: "//evil.example", of: "job" },
    { text: "d", path: "javascript:alert(1)", of: "job" },
    { text: 7, path: "/job/e", of: "job" },
    null,
  ];
  assert.deepEqual(recentHits(stored, ["job"]), [
    { kind: "recent", of: "job", text: "b", detail: "B", path: "/job/b" },
  ]);
  assert.deepEqual(recentHits("nonsense", ["job"]), []);
});

test("a fragment names a card", () => {
  assert.equal(cardOf("#card=daily_costs"), "daily_costs");
  assert.equal(cardOf("#main"), null);
  assert.equal(cardOf(""), null);
});
