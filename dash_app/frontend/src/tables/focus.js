/* What stands around a table is drawn again with its rows: what had the focus there gets it again. */

import { holderOf } from "./holder.js";

const KEPT = [".table-order", ".table-find input", "[data-turn=previous]", "[data-turn=next]"];

/* What had the focus last: { element, holder, selector }; null if it was something else. */
let kept = null;

function note({ target }) {
  const selector = target.closest?.(".table-card, .card-table") && KEPT.find((one) => target.matches(one));
  kept = selector ? { element: target, holder: holderOf(target), selector } : null;
}

/* Gives the focus back, if what had it has been drawn again. */
export function restoreFocus() {
  if (!kept || kept.element.isConnected || document.activeElement !== document.body) {
    return;
  }
  const element = document.getElementById(kept.holder)?.querySelector(kept.selector);
  element?.focus({ preventScroll: true });
  element?.setSelectionRange?.(element.value.length, element.value.length);
}

/* Notes what has the focus from now on. */
export function watchFocus() {
  document.addEventListener("focusin", note);
  document.addEventListener("pointerdown", note);
}
