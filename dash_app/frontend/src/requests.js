/* When an open page asks for its values: a page shows the version that it was read at, and asks if the server
   names another. What is asked for and does not come, as when the server goes away, is asked for again, but
   not for ever. */

const RETRY_MS = 5000;
const MAX_REQUESTS = 5;

/* Returns the request of a page that has just been laid out, which reads itself. */
export function firstRequest(version, now) {
  return { version, shown: "", at: now, times: 0 };
}

/* Returns the request to make now, after `last`; null if there is none to make.

   `version` is the one that the server names, `shown` the one that the page shows, `now` in milliseconds. */
export function nextRequest(last, version, shown, now) {
  if (shown === version) {
    return null;
  }
  if (last.version !== version) {
    return { version, shown, at: now, times: 1 };
  }
  const isPending = shown === last.shown && now - last.at < RETRY_MS;
  const isAnswered = shown !== last.shown && last.times > 0;
  if (isPending || isAnswered || last.times >= MAX_REQUESTS) {
    return null;
  }
  return { version, shown, at: now, times: last.times + 1 };
}
