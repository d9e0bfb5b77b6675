/* The room of cards: one that waits for another value keeps the height that it had, so that nothing moves twice. */

import { newcomers } from "./newcomers.js";

const newPanels = newcomers("[data-page] .panel");

const observer = new ResizeObserver((entries) => {
  for (const { target: panel } of entries) {
    const body = panel.querySelector(":scope > .card-body");
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
    observer.observe(panel);
  }
}
