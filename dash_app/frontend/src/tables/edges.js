/* What the style sheet cannot know of a table: whether it is wider than its card, on which side there is more,
   and how high the bar is below which headings stay. */

import { newcomers } from "../newcomers.js";

const EDGE = 1;

function measure(place) {
  const more = place.scrollWidth - place.clientWidth;
  place.classList.toggle("fits", more <= EDGE);
  place.classList.toggle("has-left", place.scrollLeft > EDGE);
  place.classList.toggle("has-right", more - place.scrollLeft > EDGE);
}

const observer = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (target.matches(".bar")) {
      document.documentElement.style.setProperty("--bar-now", `${target.offsetHeight}px`);
    } else if (target.isConnected) {
      // A table that is taken off the page has another size too.
      measure(target.closest(".table-scroll"));
    }
  }
});

const newElements = newcomers(".bar, .table-scroll, .table-scroll > table");

/* Measures tables that have been laid out since, and follows their size. */
export function watchEdges() {
  for (const element of newElements()) {
    observer.observe(element);
    if (!element.matches(".bar")) {
      measure(element.closest(".table-scroll"));
    }
  }
}

/* Follows the scrolling of tables. */
export function followEdges() {
  document.addEventListener(
    "scroll",
    ({ target }) => {
      if (target.classList?.contains("table-scroll")) {
        measure(target);
      }
    },
    { capture: true, passive: true },
  );
}
