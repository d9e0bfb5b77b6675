import assert from "node:assert/strict";
import { test } from "node:test";
import { placed } from "../src/first.js";

const LAYOUT = '{"pathname":"@pathname","search":"@search","children":"$&"}';

test("a layout knows the address of its document, whatever stands in it", () => {
  const place = { pathname: '/site/"$&', search: "?filter=a:$1\\" };
  assert.deepEqual(JSON.parse(placed(LAYOUT, place)), { ...place, children: "$&" });
});
