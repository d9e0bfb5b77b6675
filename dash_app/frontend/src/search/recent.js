/* What this browser has opened from the search. It is forgotten when the visitor logs out. */

import { sourceName } from "../addresses.js";
import { withRecent } from "./hits.js";

const STORAGE_KEY = "dashboard-recent";

/* Each source has its own: what was opened in one is never shown in another. */
function storageKey() {
  const name = sourceName();
  return name ? `${STORAGE_KEY}-${name}` : STORAGE_KEY;
}

/* Returns what is stored; null if there is nothing, or storage is denied. */
export function storedRecent() {
  try {
    return JSON.parse(localStorage.getItem(storageKey()));
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
    localStorage.setItem(storageKey(), JSON.stringify(next));
  } catch {
    // Storage is denied: nothing is remembered.
  }
}

/* Forgets everything when a form logs out. */
export function forgetOnLogout() {
  document.addEventListener("submit", (event) => {
    if (event.target.matches?.(".log-out")) {
      try {
        for (const key of Object.keys(localStorage)) {
          if (key === STORAGE_KEY || key.startsWith(`${STORAGE_KEY}-`)) {
            localStorage.removeItem(key);
          }
        }
      } catch {
        // Nothing was stored.
      }
    }
  });
}
