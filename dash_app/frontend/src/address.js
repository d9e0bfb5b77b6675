/* The address of the page: it alone holds what is asked of the page, and what is open on it.

   `range`, `filter` and `compare` are the page's selection, `rows` opens the drawer. Other parameters are kept
   as they are. A change makes no page load: `dashboard:address` is dispatched on the document, also after
   Back and Forward. */

const CHANGED = "dashboard:address";
const OWN = ["range", "filter", "compare", "rows"];

/* Returns what a query string says: { range, compare, filters, rows }. `range` and `rows` are texts or null,
   `filters` are pairs of a column and a value, null for an empty cell, in the order of their columns. */
export function parseAddress(search) {
  const query = new URLSearchParams(search);
  const filters = new Map();
  for (const text of query.getAll("filter")) {
    const colon = text.indexOf(":");
    const column = colon < 0 ? text : text.slice(0, colon);
    if (column) {
      filters.set(column, colon < 0 ? null : text.slice(colon + 1));
    }
  }
  return {
    range: query.get("range") || null,
    compare: query.get("compare") === "1",
    filters: sorted(filters),
    rows: query.get("rows") || null,
  };
}

function sorted(filters) {
  return [...filters].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

/* Returns the selection of an address as the server writes it; the empty text for none. */
export function selectionText({ range, compare, filters }) {
  const parts = filters.map(([column, value]) => {
    const name = encodeURIComponent(column);
    return `filter=${value === null ? name : `${name}:${encodeURIComponent(value)}`}`;
  });
  if (range) {
    parts.unshift(`range=${encodeURIComponent(range)}`);
  }
  if (compare) {
    parts.push("compare=1");
  }
  return parts.join("&");
}

/* Returns the query string of an address; what else stands in `search` is kept. */
export function searchOf(wanted, search = "") {
  const kept = new URLSearchParams(search);
  for (const name of OWN) {
    kept.delete(name);
  }
  const rows = wanted.rows ? `rows=${encodeURIComponent(wanted.rows)}` : "";
  const parts = [selectionText(wanted), rows, kept.toString()].filter(Boolean);
  return parts.length ? `?${parts.join("&")}` : "";
}

/* Returns an address with the filter of a column set; undefined as a value takes the filter away. */
export function withFilter({ filters, ...rest }, column, value) {
  const others = filters.filter(([name]) => name !== column);
  return {
    ...rest,
    filters: sorted(value === undefined ? others : [...others, [column, value]]),
  };
}

/* Returns the query string that a link to another page gets: it keeps range and compare. */
export function keptSearch({ range, compare }) {
  return searchOf({ range, compare, filters: [], rows: null });
}

/* Returns what the address of the page says now. */
export function getAddress() {
  return parseAddress(location.search);
}

/* Changes parts of the address: `changes` are some of the properties of `getAddress()`. Back undoes it, unless
   it `replaces` the entry in the history. */
export function changeAddress(changes, options) {
  setSearch(searchOf({ ...getAddress(), ...changes }, location.search), options);
}

/* Changes the query string of the address as a whole. */
export function setSearch(search, { replaces = false } = {}) {
  if (search === location.search) {
    return;
  }
  const address = location.pathname + search + location.hash;
  if (replaces) {
    history.replaceState(history.state, "", address);
  } else {
    history.pushState({}, "", address);
  }
  tell();
}

function tell(isOtherPage = false) {
  document.dispatchEvent(new CustomEvent(CHANGED, { detail: { ...getAddress(), isOtherPage } }));
}

/* Calls a function with each new address; `isOtherPage`: the page at it is about to be laid out. */
export function onAddress(act) {
  document.addEventListener(CHANGED, (event) => act(event.detail));
}

let shown = null;
let isFromSidebar = false;

/* Dash lays a page out again if the query string changes, as after Back. Only another path needs that. */
function onNavigation(event) {
  if (isFromSidebar) {
    history.replaceState(history.state, "", location.pathname + keptSearch(parseAddress(shown.search)));
    isFromSidebar = false;
  }
  if (location.pathname === shown.pathname) {
    event.stopImmediatePropagation();
  }
  const isOtherPage = location.pathname !== shown.pathname;
  const isNew = isOtherPage || location.search !== shown.search;
  shown = { pathname: location.pathname, search: location.search };
  if (isNew) {
    tell(isOtherPage);
  }
}

/* Follows the address from now on. */
export function followAddress() {
  shown = { pathname: location.pathname, search: location.search };
  onAddress(() => {
    shown = { pathname: location.pathname, search: location.search };
  });
  // Before Dash, which listens without `capture`.
  window.addEventListener("popstate", onNavigation, { capture: true });
  window.addEventListener("_dashprivate_pushstate", onNavigation, { capture: true });
  document.addEventListener(
    "click",
    (event) => {
      isFromSidebar = Boolean(event.target.closest?.("#sidebar .nav-link"));
    },
    { capture: true },
  );
}

/* Makes the links of the sidebar say where they lead, for those who copy them or open another tab. */
export function keepInLinks() {
  const search = keptSearch(getAddress());
  for (const link of document.querySelectorAll("#sidebar .nav-link")) {
    const wanted = link.getAttribute("href").replace(/\?.*$/, "") + search;
    if (link.getAttribute("href") !== wanted) {
      link.setAttribute("href", wanted);
    }
  }
}
