/* What a column means: the button of its heading opens it, for the mouse, the finger and the keyboard. */

import { element, elementWith } from "../elements.js";
import { togglePopup } from "../popup.js";

let panel = null;

/* Shows what the column of a button means, or closes it. */
export function toggleHelp(button) {
  panel ||= elementWith("div", { class: "popup column-note", role: "dialog", tabindex: "-1", hidden: "" });
  if (!panel.isConnected) {
    document.body.append(panel);
  }
  const title = button.closest("th").querySelector(".sort").textContent;
  panel.setAttribute("aria-label", title);
  panel.replaceChildren(
    element("h3", "", title),
    ...button.dataset.help.split("\n").map((line) => element("p", "", line)),
  );
  togglePopup(button, panel);
  if (!panel.hidden) {
    panel.focus({ preventScroll: true });
  }
}
