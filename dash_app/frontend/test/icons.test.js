import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { placesOf } from "../icons.mjs";

test("each icon has one place of its own, from the first to the last", () => {
  const url = (name) => `.icon-${name} { --icon: url("bootstrap-icons/icons/${name}.svg"); }`;
  const places = placesOf([url("sun"), url("cpu"), url("sun"), url("tv")].join("\n"));
  assert.deepEqual(
    [...places],
    [
      ["sun", "0.0000%"],
      ["cpu", "50.0000%"],
      ["tv", "100.0000%"],
    ],
  );
  assert.deepEqual([...placesOf(url("sun")).values()], ["0.0000%"]);
});

test("no other sheet names an icon, because its picture is one more", () => {
  const folder = new URL("../styles/", import.meta.url);
  const sheet = readFileSync(new URL("dashboard.css", folder), "utf8");
  for (const [, name] of sheet.matchAll(/@import "\.\/(.*?)"/g)) {
    if (name !== "icons.css") {
      assert.ok(!readFileSync(new URL(name, folder), "utf8").includes("bootstrap-icons"), name);
    }
  }
});
