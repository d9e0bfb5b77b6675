/* The switcher in the bar: leads to the same page of another source, with what is asked of it. */

import { address, sharedPath, sourceName } from "./addresses.js";
import { elementWith } from "./elements.js";
import { togglePopup } from "./popup.js";

let menu = null;

/* Returns the path of a page in another source: { page, search } is this one, below its source. A thing of this
   source, and its open rows, are not in another: its start page is. */
export function pathIn(name, { page, search, isThing }) {
  if (isThing) {
    return `/${name}/`;
  }
  const query = new URLSearchParams(search);
  query.delete("rows");
  const kept = query.toString();
  return `/${name}${page}${kept ? `?${kept}` : ""}`;
}

function linkTo(path, text, isHere) {
  const current = isHere ? { "aria-current": "true" } : {};
  const link = elementWith("a", { role: "menuitem", href: sharedPath() + path, ...current });
  link.textContent = text;
  return link;
}

/* Opens the list of sources beside its button, or closes it. */
export function toggleSources(opener) {
  if (!menu) {
    menu = elementWith("div", {
      class: "popup menu source-menu",
      role: "menu",
      "aria-label": "Sources",
      hidden: "",
    });
    document.getElementById("bar").append(menu);
  }
  const base = address("/").pathname.replace(/\/$/, "");
  const here = {
    page: location.pathname.slice(base.length) || "/",
    search: location.search,
    isThing: document.querySelector("[data-thing]") !== null,
  };
  menu.replaceChildren(
    ...opener.dataset.sources
      .split(" ")
      .map((name) => linkTo(pathIn(name, here), name, name === sourceName())),
    linkTo("/", "All sources", false),
  );
  togglePopup(opener, menu);
}
