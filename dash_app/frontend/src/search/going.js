/* Going from one page to another without loading the document again, as Dash's own links do. */

import { getAddress, keptSearch, parseAddress, searchOf } from "../address.js";
import { address } from "../addresses.js";
import { addPointAction } from "../point_menu.js";
import { isStatic } from "../static_page.js";
import { noteFragment, showFound } from "./found.js";

/* Returns a path with the range and the comparison of this page, unless it has a range of its own. */
export function keptPath(path) {
  const url = new URL(path, location.origin);
  if (parseAddress(url.search).range) {
    return path;
  }
  const { range, compare } = parseAddress(keptSearch(getAddress()));
  return url.pathname + searchOf({ ...parseAddress(url.search), range, compare }, url.search) + url.hash;
}

/* Opens one of the server's paths, with its query and fragment. */
export function goTo(path) {
  openAddress(address(path));
}

/* Opens an address of this server; Back leads to the one before, unless it `replaces` that. */
export function openAddress(url, { replaces = false } = {}) {
  window.history[replaces ? "replaceState" : "pushState"]({}, "", url);
  window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
  window.scrollTo(0, 0);
  noteFragment();
  showFound();
}

/* Returns whether a click on a link is one that this page follows, and not one for another tab. */
export function isPlainClick(event) {
  return event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
}

/* Follows a click on a link of `data-path` or, in the navigation, of `data-nav`: paths without the base path of
   the server's. */
export function followLink(event) {
  const link = event.target.closest?.("a[data-path], a[data-nav]");
  // Nobody follows the address before Dash has made the page.
  if (link && isPlainClick(event) && !event.defaultPrevented && !isStatic()) {
    event.preventDefault();
    goTo(link.dataset.path ?? link.dataset.nav);
  }
}

/* Gives links of `data-path` the address that opens them in another tab. */
export function completeLinks() {
  for (const link of document.querySelectorAll("a[data-path]")) {
    const href = address(link.dataset.path).href;
    if (link.href !== href) {
      link.href = href;
    }
  }
}

/* Offers to open the page that a bar or a point of a chart leads to. */
export function offerPages() {
  addPointAction(({ trace, index }) => {
    const path = index === null ? null : trace.meta?.paths?.[index];
    return path ? { label: trace.meta.leads, act: () => goTo(path) } : null;
  });
}
