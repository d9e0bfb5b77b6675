/* The whole of a long text, shown over the cell that holds the beginning of it. */

import { button, element, elementWith } from "../elements.js";

const GAP = 12;

function place(panel, dialog, cell) {
  const frame = dialog.getBoundingClientRect();
  const box = cell.getBoundingClientRect();
  const width = Math.min(560, frame.width - 2 * GAP);
  const left = Math.max(GAP, Math.min(box.left - frame.left, frame.width - width - GAP));
  panel.style.width = `${width}px`;
  panel.style.left = `${left}px`;
  const room = frame.height - panel.offsetHeight - GAP;
  panel.style.top = `${Math.max(GAP, Math.min(box.top - frame.top, room))}px`;
}

/* Shows a text over a cell of a dialog. `whole` returns the answer with all of it; null if `text` is all. `link`
   is an element that leads on from it, or null. */
export function showText(dialog, cell, { label, link, text, whole }) {
  dialog.querySelector(".rows-text")?.remove();
  const shown = element("bdi", "", text);
  const note = element("p", "rows-text-note");
  const copy = button("rows-button", {}, copyText, "Copy text");
  link?.classList.add("rows-button");
  const bar = element("div", "", ...(link ? [link] : []), copy, button("rows-button", {}, hide, "Close"));
  const attributes = { class: "rows-text", tabindex: "-1", "aria-label": label };
  const panel = elementWith("section", attributes, bar, shown, note);

  function hide() {
    panel.remove();
    document.removeEventListener("pointerdown", outside, { capture: true });
    cell.focus();
  }
  function outside(event) {
    if (!panel.contains(event.target)) {
      panel.remove();
      document.removeEventListener("pointerdown", outside, { capture: true });
    }
  }
  async function copyText() {
    await navigator.clipboard.writeText(shown.textContent);
    copy.textContent = "Copied";
  }
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      hide();
    }
  });
  document.addEventListener("pointerdown", outside, { capture: true });
  dialog.append(panel);
  place(panel, dialog, cell);
  panel.focus();
  if (whole) {
    note.textContent = "Loading…";
    whole().then(
      (answer) => {
        if (answer.is_gone) {
          note.textContent = "The row is gone: this is how it began";
        } else {
          shown.textContent = answer.text ?? text;
          note.textContent = answer.is_cut ? "The text is longer than can be shown" : "";
        }
        place(panel, dialog, cell);
      },
      (error) => {
        note.textContent = error.message;
      },
    );
  }
}
