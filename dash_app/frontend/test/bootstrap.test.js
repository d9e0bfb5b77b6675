import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { CLASSES } from "../bootstrap.mjs";

const dashApp = fileURLToPath(new URL("../..", import.meta.url));
const sheet = createRequire(import.meta.url).resolve("bootstrap/dist/css/bootstrap.min.css");
/* Words beside class names that are none: elements, roles, and names of values. */
const NO_CLASSES = ["alert", "col", "figure", "h2", "h3", "progress", "row"];

function sources(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      return ["node_modules", "assets", "test"].includes(entry.name) ? [] : sources(path);
    }
    return /\.(py|js)$/.test(entry.name) ? [path] : [];
  });
}

test("the rules of every class of Bootstrap that a source names are taken", () => {
  const known = new Set(
    Array.from(readFileSync(sheet, "utf8").matchAll(/\.([a-z][\w-]*)/g), ([, name]) => name),
  );
  const named = sources(dashApp)
    .flatMap((path) => readFileSync(path, "utf8").split("\n"))
    .filter((line) => /class|Class|matches|querySelector|closest/.test(line))
    .flatMap((line) => Array.from(line.matchAll(/(["'`])(.*?)\1/g), ([, , text]) => text))
    .flatMap((text) => text.match(/[\w-]+/g) ?? []);
  const missing = new Set(
    named.filter((name) => known.has(name) && ![...CLASSES, ...NO_CLASSES].includes(name)),
  );
  assert.deepEqual([...missing], []);
  assert.deepEqual(
    CLASSES.filter((name) => !named.includes(name)),
    [],
  );
});
