/* Texts that their cells have no room for: the mouse shows them whole as a title, the focus in the cell. */

const CUT = ".table td, .table th";

function isCut(cell) {
  const parts = [cell, ...cell.querySelectorAll(".cell-text, .short")];
  return parts.some(
    (part) => part.scrollWidth > part.clientWidth + 1 || part.scrollHeight > part.clientHeight + 1,
  );
}

/* Gives a cut cell its whole text as a title when the mouse comes over it; a title of its own stays. */
export function watchCutTexts() {
  document.addEventListener(
    "mouseover",
    (event) => {
      const cell = event.target.closest?.(CUT);
      if (!cell || cell.dataset.titled === "own") {
        return;
      }
      if (cell.title && !cell.dataset.titled) {
        cell.dataset.titled = "own";
        return;
      }
      cell.dataset.titled = "cut";
      cell.title = isCut(cell) ? cell.textContent.trim() : "";
    },
    { passive: true },
  );
}
