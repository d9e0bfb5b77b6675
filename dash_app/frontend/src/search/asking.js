/* Asks the server for hits: as one types, with a pause, and one request at a time. */

import { address } from "../addresses.js";

const PAUSE_MS = 90;
const LIMIT = 40;

let timer = 0;
let request = null;

/* Stops what is asked for. */
export function stopAsking() {
  clearTimeout(timer);
  request?.abort();
  request = null;
}

/* Asks for what a text finds, after a pause if `soon` is false; an earlier question is dropped.
   Calls `done` with the answer, or with null if none comes. */
export function askFor(text, done, soon = false) {
  stopAsking();
  timer = setTimeout(() => fetchHits(text, done), soon ? 0 : PAUSE_MS);
}

async function fetchHits(text, done) {
  const mine = new AbortController();
  request = mine;
  let answer = null;
  try {
    const query = new URLSearchParams({ q: text, limit: String(LIMIT) });
    const response = await fetch(address(`/api/search?${query}`), { signal: mine.signal });
    answer = response.ok ? await response.json() : null;
  } catch {
    // Dropped, or the server is away.
  }
  if (request === mine) {
    request = null;
    done(answer);
  }
}
