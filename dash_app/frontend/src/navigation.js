/* The navigation: slides in on narrow screens, marks the current page, and counts what is wrong on a page. */

import { setText } from "./text.js";

/* Opens or closes the navigation of a narrow screen. */
export function setMenu(open) {
  document.body.classList.toggle("menu-open", open);
  document.getElementById("menu-toggle")?.setAttribute("aria-expanded", String(open));
}

/* Opens the navigation if it is closed, and closes it if it is open. */
export function toggleMenu() {
  setMenu(!document.body.classList.contains("menu-open"));
}

/* Marks the link of the current page. */
export function markCurrentPage() {
  for (const link of document.querySelectorAll("#sidebar .nav-link")) {
    if (link.classList.contains("active")) {
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
