/* What this browser has opened from the search. It is forgotten when the visitor logs out. */

import { withRecent } from "./hits.js";

const STORAGE_KEY = "dashboard-recent";

/* Returns what is stored; null if there is nothing, or storage is denied. */
export function storedRecent() {
  try {
    return JSON.parse(localStorage.getItem(STORAGE_KEY));
  } catch {
    return null;
  }
}

/* Stores that a hit was opened. */
export function rememberHit(hit) {
  const stored = storedRecent();
  const { text, detail, path } = hit;
  const next = withRecent(Array.isArray(stored) ? stored : [], {
    text,
    detail,
    path,
    of: hit.of || hit.kind,
  });
  try {
    localStorage.setItem(STORAGE_KEY, JSON.stringify(next));
  } catch {
    // Storage is denied: nothing is remembered.
  }
}

/* Forgets everything when a form logs out. */
export function forgetOnLogout() {
  document.addEventListener("submit", (event) => {
    if (event.target.matches?.(".log-out")) {
      try {
        localStorage.removeItem(STORAGE_KEY);
      } catch {
        // Nothing was stored.
      }
    }
  });
}
