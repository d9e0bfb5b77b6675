/* The keys of every page, in one table, which binds them and lists them. A key presses a button or a link of
   the page; where that is not there or not shown, the key does nothing and is not listed. */

const PAGES = {
  o: "overview",
  p: "pipeline",
  r: "outreach",
  c: "conversations",
  j: "cron",
  e: "errors",
  l: "llm",
  s: "system",
  h: "cache",
};

/* Rows are { keys, presses, label }. A row without a label has the text of what it presses. */
export const KEYS = [
  { keys: "?", presses: "#open-keys", label: "Keys" },
  { keys: "/", presses: "#open-search", label: "Search" },
  { keys: "Control+k", presses: "#open-search", label: "Search, also while typing" },
  { keys: "r", presses: "#page-refresh", label: "Refresh this page" },
  { keys: "d", presses: "#range-button", label: "Range" },
  { keys: "c", presses: "#compare-button", label: "Compare with the period before" },
  { keys: "f", presses: "#filter-button", label: "Filter" },
  { keys: "s", presses: "#source-button", label: "Switch source" },
  { keys: "t", presses: "#theme-toggle", label: "Next theme" },
  { keys: "k", presses: "#open-kiosk", label: "Kiosk" },
  ...Object.entries(PAGES).map(([key, page]) => ({ keys: `g ${key}`, presses: `#sidebar .nav-${page}` })),
];

/* Returns the rows whose buttons are on the page, with these: [{ keys, label, element }]. */
export function keysOnPage() {
  return KEYS.map(({ keys, presses, label }) => ({ keys, label, element: document.querySelector(presses) }))
    .filter(({ element }) => element?.getClientRects().length > 0)
    .map((row) => ({ ...row, label: row.label ?? row.element.querySelector(".nav-title").textContent }));
}
