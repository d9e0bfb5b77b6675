/* How long the connection waits: before another attempt, before a poll, before silence counts as the end. */

const LONGEST_PAUSE_MS = 10000;
const GROWTH = 1.6;

/* Failed attempts after which the connection counts as lost: the first ones may fail while a page is left or
   a server starts. */
export const LOST_AFTER = 3;

/* Returns the milliseconds before attempt `failures` + 1; `chance`, 0 to 1, spreads the clients. */
export function retryPause(failures, chance) {
  return Math.min(LONGEST_PAUSE_MS, 500 * GROWTH ** failures) * (0.75 + chance / 2);
}

/* Returns whether a connection has died in silence: the server speaks twice a minute at least. */
export function isSilent(milliseconds, isOpen) {
  return milliseconds > (isOpen ? 75000 : 10000);
}

/* Returns the milliseconds between polls: each second while values or a run are waited for. */
export function pollPause(isWaiting, refreshMilliseconds) {
  return isWaiting ? 1000 : refreshMilliseconds;
}
