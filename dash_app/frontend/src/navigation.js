/* The navigation: slides in on narrow screens, marks the current page, and counts what is wrong on a page. */

import { setText } from "./text.js";

const NARROW = "(max-width: 859.98px)";

function isMenuOpen() {
  return document.body.classList.contains("menu-open");
}

/* Opens or closes the navigation of a narrow screen. While it is open, it has the focus, and nothing behind it
   can get it. */
export function setMenu(open) {
  if (open === isMenuOpen()) {
    return;
  }
  const [sidebar, toggle] = ["sidebar", "menu-toggle"].map((id) => document.getElementById(id));
  const hadFocus = sidebar.contains(document.activeElement);
  document.body.classList.toggle("menu-open", open);
  toggle.setAttribute("aria-expanded", String(open));
  for (const id of ["bar", "main"]) {
    document.getElementById(id).inert = open;
  }
  if (open) {
    sidebar.querySelector(".nav-link.active, .nav-link").focus({ preventScroll: true });
  } else if (hadFocus) {
    toggle.focus({ preventScroll: true });
  }
}

/* Opens the navigation if it is closed, and closes it if it is open. */
export function toggleMenu() {
  setMenu(!isMenuOpen());
}

/* Closes the navigation when the screen becomes wide, where it is always there. */
export function watchMenu() {
  matchMedia(NARROW).addEventListener("change", () => setMenu(false));
}

/* Marks the link of the page that the address names. */
export function markCurrentPage() {
  for (const link of document.querySelectorAll("#sidebar .nav-link")) {
    const isCurrent = link.pathname === location.pathname;
    link.classList.toggle("active", isCurrent);
    if (isCurrent) {
      link.setAttribute("aria-current", "page");
    } else {
      link.removeAttribute("aria-current");
    }
  }
}

/* Writes the open page's title into the bar. */
export function showTitle() {
  const page = document.querySelector("[data-title]");
  if (page) {
    setText(document.getElementById("page-title"), page.dataset.title);
  }
}

/* A clientside callback: names the document after the page that is laid out. */
export function nameDocument(page) {
  if (page?.title) {
    document.title = page.title;
  }
}

/* Writes counts beside the links to their pages: { number, what } by page. */
export function showCounts(counts) {
  for (const place of document.querySelectorAll("[data-count-of]")) {
    const count = counts[place.dataset.countOf];
    place.hidden = !count;
    setText(place, count ? count.number.toLocaleString("en-US") : "");
    if (count) {
      place.title = `${count.number} ${count.what}`;
    }
  }
}
