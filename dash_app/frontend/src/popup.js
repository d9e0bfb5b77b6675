/* A panel that opens beside a button, one at a time. Escape, a click elsewhere, or the button itself closes
   it; the focus then goes back to the button. On a narrow screen the style sheet makes it a sheet. */

const GAP = 6;
const NARROW = matchMedia("(max-width: 599.98px)");
let opened = null;

/* Returns the panel that is open; null if none is. */
export function openedPopup() {
  return opened?.panel ?? null;
}

/* Opens a panel beside a button. `onClose` is called when it closes. */
export function openPopup(button, panel, onClose = () => {}) {
  closePopup(false);
  opened = { button, panel, onClose };
  button.setAttribute("aria-expanded", "true");
  panel.hidden = false;
  place();
}

/* Closes the open panel, if one is; `returnsFocus` says whether its button gets the focus. */
export function closePopup(returnsFocus = true) {
  if (!opened) {
    return;
  }
  const { button, panel, onClose } = opened;
  opened = null;
  panel.hidden = true;
  button.setAttribute("aria-expanded", "false");
  if (returnsFocus && button.isConnected) {
    button.focus();
  }
  onClose();
}

/* Opens a panel if it is closed, and closes it if it is open beside this button. */
export function togglePopup(button, panel, onClose) {
  if (opened?.button === button) {
    closePopup();
  } else {
    openPopup(button, panel, onClose);
  }
}

/* Puts the open panel beside its button: below it, or above if there is more room. */
function place() {
  if (!opened) {
    return;
  }
  const { button, panel } = opened;
  if (!button.isConnected) {
    closePopup(false);
    return;
  }
  if (NARROW.matches) {
    panel.removeAttribute("style");
    return;
  }
  const at = button.getBoundingClientRect();
  const below = window.innerHeight - at.bottom - 2 * GAP;
  const above = at.top - 2 * GAP;
  const isBelow = below >= Math.min(panel.scrollHeight, above) || below >= above;
  const left = Math.min(at.right - panel.offsetWidth, window.innerWidth - panel.offsetWidth - GAP);
  panel.style.left = `${Math.max(GAP, left)}px`;
  panel.style.top = isBelow ? `${at.bottom + GAP}px` : "auto";
  panel.style.bottom = isBelow ? "auto" : `${window.innerHeight - at.top + GAP}px`;
  panel.style.maxHeight = `${Math.max(120, isBelow ? below : above)}px`;
}

/* Makes open panels close by Escape and by clicks elsewhere, and follow their buttons. */
export function watchPopups() {
  document.addEventListener("pointerdown", (event) => {
    if (opened && !opened.panel.contains(event.target) && !opened.button.contains(event.target)) {
      closePopup(false);
    }
  });
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.key === "Escape" && opened) {
        // What is below the panel stays open.
        event.stopImmediatePropagation();
        closePopup();
      }
    },
    { capture: true },
  );
  document.addEventListener("focusin", (event) => {
    if (opened && !opened.panel.contains(event.target) && !opened.button.contains(event.target)) {
      closePopup(false);
    }
  });
  window.addEventListener("scroll", place, { passive: true });
  window.addEventListener("resize", place);
}
