/* The details of a table's row: what its columns have no room for, in a panel beside the row's name. A click
   anywhere on the row opens it, and so does Enter on the name; on a phone a tap on the row shows its columns. */

import { element, elementWith } from "./elements.js";
import { togglePopup } from "./popup.js";

const NARROW = matchMedia("(max-width: 599.98px)");

function sectionOf([title, lines]) {
  const rows = lines.flatMap(([label, text]) => [element("dt", "", label), element("dd", "", text)]);
  return element("section", "", element("h3", "", title), element("dl", "", ...rows));
}

/* Opens the details of a button with `data-details`, or closes them if they are open. */
export function toggleDetails(opener) {
  const name = opener.textContent;
  const sections = JSON.parse(opener.dataset.details).map(sectionOf);
  const attributes = { class: "popup details-panel", role: "dialog", "aria-label": name, tabindex: "-1" };
  const panel = elementWith("div", { ...attributes, hidden: "" }, element("h2", "", name), ...sections);
  document.body.append(panel);
  togglePopup(opener, panel, { onClose: () => panel.remove() });
  if (panel.hidden) {
    panel.remove();
  }
}

/* Opens the details of a row, unless its text has just been selected. */
export function toggleRow(row) {
  if (getSelection().isCollapsed && !NARROW.matches) {
    toggleDetails(row.querySelector(".row-details"));
  }
}
