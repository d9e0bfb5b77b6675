import assert from "node:assert/strict";
import test from "node:test";
import { pathBelow } from "../src/addresses.js";

test("a page below the base path, or without one, stays where it is", () => {
  assert.equal(pathBelow("", "/jobs"), null);
  assert.equal(pathBelow("/dashboard", "/dashboard"), null);
  assert.equal(pathBelow("/dashboard", "/dashboard/jobs"), null);
});

test("a page opened past the proxy belongs below the base path", () => {
  assert.equal(pathBelow("/dashboard", "/"), "/dashboard/");
  assert.equal(pathBelow("/dashboard", "/jobs"), "/dashboard/jobs");
  assert.equal(pathBelow("/dash", "/dashboard"), "/dash/dashboard");
});
