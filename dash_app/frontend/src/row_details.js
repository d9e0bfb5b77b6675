/* The details of a table's row: what its columns have no room for, in a panel beside the row's name. A click
   anywhere on the row opens it, and so does Enter on the name; on a phone a tap on the row shows its columns. */

import { element, elementWith } from "./elements.js";
import { moveToOpener, togglePopup } from "./popup.js";

const NARROW = matchMedia("(max-width: 599.98px)");
let shown = null;

function sectionOf([title, lines]) {
  const rows = lines.flatMap(([label, text]) => [element("dt", "", label), element("dd", "", text)]);
  return element("section", "", element("h3", "", title), element("dl", "", ...rows));
}

function contentOf(opener) {
  return [element("h2", "", opener.textContent), ...JSON.parse(opener.dataset.details).map(sectionOf)];
}

/* Opens the details of a button with `data-details`, or closes them if they are open. */
export function toggleDetails(opener) {
  const attributes = { class: "popup details-panel", role: "dialog", "aria-label": opener.textContent };
  const hidden = { ...attributes, tabindex: "-1", hidden: "" };
  const panel = elementWith("div", hidden, ...contentOf(opener));
  document.body.append(panel);
  const onClose = () => {
    panel.remove();
    shown = null;
  };
  togglePopup(opener, panel, { onClose });
  if (panel.hidden) {
    panel.remove();
  } else {
    shown = { panel, opener };
  }
}

/* Brings open details up to date with their row, whose table may have come again with other values. */
export function followDetails() {
  if (!shown || shown.opener.isConnected) {
    return;
  }
  const { panel, opener } = shown;
  const own = (other) => other.textContent === opener.textContent;
  const now = Array.from(document.querySelectorAll(".row-details")).find(own);
  if (now) {
    shown.opener = now;
    if (now.dataset.details !== opener.dataset.details) {
      panel.replaceChildren(...contentOf(now));
    }
    moveToOpener(now);
  }
}

/* Opens the details of a row, unless its text has just been selected. */
export function toggleRow(row) {
  if (getSelection().isCollapsed && !NARROW.matches) {
    toggleDetails(row.querySelector(".row-details"));
  }
}
