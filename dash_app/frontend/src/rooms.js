/* The room of cards: one that waits for another value keeps the height that it had, so that nothing moves twice.
   One that has waited on this page keeps its room also if its table turns out to be missing. */

import { newcomers } from "./newcomers.js";

const newPanels = newcomers("[data-page] .panel");

const observer = new ResizeObserver((entries) => {
  for (const { target: panel } of entries) {
    const body = panel.querySelector(":scope > .card-body");
    if (body?.classList.contains("is-loading") && panel.dataset.hasWaited) {
      panel.style.setProperty("--waited", `${panel.offsetHeight}px`);
      panel.dataset.waitedWidth = String(panel.offsetWidth);
    } else if (panel.dataset.waitedWidth !== String(panel.offsetWidth)) {
      panel.style.removeProperty("--waited");
    }
    if (body && !body.classList.contains("is-loading")) {
      panel.style.setProperty("--last", `${panel.offsetHeight}px`);
      panel.dataset.lastWidth = String(panel.offsetWidth);
    } else if (panel.dataset.lastWidth !== String(panel.offsetWidth)) {
      panel.style.removeProperty("--last");
    }
  }
});

/* Watches the cards that have been laid out since. */
export function watchRooms() {
  for (const panel of newPanels()) {
    if (panel.querySelector(":scope > .card-body.is-loading")) {
      panel.dataset.hasWaited = "yes";
    }
    observer.observe(panel);
  }
}
