/* The whole of a long text, shown over the cell that holds the beginning of it. */

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

/* Shows a text over a cell of a dialog. `whole` returns the answer with all of it; null if `text` is all. */
export function showText(dialog, cell, { label, text, whole }) {
  dialog.querySelector(".rows-text")?.remove();
  const panel = document.createElement("section");
  panel.className = "rows-text";
  panel.tabIndex = -1;
  panel.setAttribute("aria-label", label);
  const shown = document.createElement("bdi");
  shown.textContent = text;
  const note = document.createElement("p");
  note.className = "rows-text-note";
  const bar = document.createElement("div");
  const copy = document.createElement("button");
  const close = document.createElement("button");
  for (const [button, name] of [
    [copy, "Copy text"],
    [close, "Close"],
  ]) {
    button.type = "button";
    button.className = "rows-button";
    button.textContent = name;
    bar.append(button);
  }
  panel.append(bar, shown, note);

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
  close.addEventListener("click", hide);
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(shown.textContent);
    copy.textContent = "Copied";
  });
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
