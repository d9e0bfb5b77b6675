import assert from "node:assert/strict";
import test from "node:test";
import { firstRequest, nextRequest } from "../src/requests.js";

test("a page that shows the server's version asks for nothing", () => {
  assert.equal(nextRequest(firstRequest("2", 0), "2", "2", 100000), null);
});

test("a page that has just been laid out is reading itself, and asks only if nothing comes", () => {
  const first = firstRequest("1", 0);
  assert.equal(nextRequest(first, "1", "", 4999), null);
  assert.deepEqual(nextRequest(first, "1", "", 5000), { version: "1", shown: "", at: 5000, times: 1 });
});

test("a new version is asked for at once", () => {
  const request = nextRequest(firstRequest("1", 0), "2", "1", 10);
  assert.deepEqual(request, { version: "2", shown: "1", at: 10, times: 1 });
});

test("a request without an answer is repeated after five seconds, five times at most", () => {
  let request = nextRequest(firstRequest("1", 0), "2", "1", 0);
  let now = 0;
  while (request) {
    assert.equal(nextRequest(request, "2", "1", now + 4999), null);
    now += 5000;
    const next = nextRequest(request, "2", "1", now);
    if (!next) {
      break;
    }
    request = next;
  }
  assert.equal(request.times, 5);
});

test("an answer of another version than the one asked for is not asked for again", () => {
  const request = nextRequest(firstRequest("1", 0), "2", "1", 0);
  assert.equal(nextRequest(request, "2", "3", 60000), null);
  assert.notEqual(nextRequest(request, "4", "3", 60000), null);
});
