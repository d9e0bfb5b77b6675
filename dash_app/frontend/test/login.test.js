import assert from "node:assert/strict";
import { test } from "node:test";
import { loginPath, pathOf } from "../src/login.js";

test("the login leads back to where the page was", () => {
  const here = pathOf("", { pathname: "/llm", search: "?range=7d&compare=1", hash: "#cost" });
  assert.equal(here, "/llm?range=7d&compare=1#cost");
  assert.equal(loginPath(here), "/login?next=%2Fllm%3Frange%3D7d%26compare%3D1%23cost");
  assert.equal(loginPath(pathOf("", { pathname: "/", search: "", hash: "" })), "/login");
});

test("the base path is no part of it", () => {
  assert.equal(pathOf("/dashboard", { pathname: "/dashboard/llm", search: "", hash: "" }), "/llm");
  assert.equal(pathOf("/dashboard", { pathname: "/dashboard/", search: "", hash: "" }), "/");
});
