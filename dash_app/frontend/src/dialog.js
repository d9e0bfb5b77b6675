/* A dialog over the page, which is a sheet on a phone. Escape, its button and a click beside it close it; the
   browser keeps the focus in it, and gives it back. */

import { button, element, elementWith, icon } from "./elements.js";

/* Returns a dialog with a class of its own, closed and empty. */
export function makeDialog(name) {
  const made = elementWith("dialog", { class: `sheet ${name}`, "aria-labelledby": `${name}-title` });
  made.addEventListener("click", (event) => {
    if (event.target === made) {
      made.close();
    }
  });
  document.body.append(made);
  return made;
}

/* Opens a dialog with a title, a line below it, and other parts. */
export function showDialog(dialog, title, line, ...parts) {
  const close = button("sheet-close", { "aria-label": "Close" }, () => dialog.close(), icon("x-lg"));
  const heading = elementWith("h2", { id: dialog.getAttribute("aria-labelledby") }, title);
  const head = element("header", "", element("div", "", heading, element("p", "", line)), close);
  dialog.replaceChildren(head, ...parts);
  dialog.showModal();
  dialog.scrollTop = 0;
}
