/* Panels above the page, one at a time: menus, and the panel of the status pill. One opens beside a button or at
   a point. Escape, a click or the focus elsewhere, or the button itself closes it; the focus then goes back to
   where it was. In a menu the arrow keys, Home, End and a letter go from item to item. On a narrow screen the
   style sheet makes a panel a sheet. */

const GAP = 6;
const isNarrow = () => matchMedia("(max-width: 599.98px)").matches;
const ITEMS = "button:not([aria-disabled='true']), a[role='menuitem']";
let opened = null;

/* Returns the panel that is open; null if none is. */
export function openedPopup() {
  return opened?.panel ?? null;
}

/* Opens a panel beside its button, or at a point of the window, { x, y }; `opener` is null if it has no button.
   A panel with a tabindex takes the focus; in another its chosen item does, or the first. `onClose` is called
   when it closes. */
export function openPopup(opener, panel, { at = null, onClose = () => {} } = {}) {
  closePopup(false);
  opened = { opener, panel, at, onClose, back: opener ?? document.activeElement };
  opener?.setAttribute("aria-expanded", "true");
  panel.hidden = false;
  place();
  const first =
    panel.querySelector("[aria-pressed='true'], [aria-current='true']") ?? panel.querySelector(ITEMS);
  (panel.hasAttribute("tabindex") ? panel : first)?.focus({ preventScroll: true });
}

/* Closes the open panel, if one is; `returnsFocus` says whether what had the focus before gets it. */
export function closePopup(returnsFocus = true) {
  if (!opened) {
    return;
  }
  const { opener, panel, onClose, back } = opened;
  opened = null;
  panel.hidden = true;
  opener?.setAttribute("aria-expanded", "false");
  if (returnsFocus && back.isConnected) {
    back.focus({ preventScroll: true });
  }
  onClose();
}

/* Opens a panel if it is closed, and closes it if it is open beside this button. */
export function togglePopup(opener, panel, options) {
  if (opened?.opener === opener) {
    closePopup();
  } else {
    openPopup(opener, panel, options);
  }
}

/* Gives the open panel the button that has come in place of its own, which gets the focus back too. */
export function moveToOpener(opener) {
  if (opened) {
    opened.opener = opener;
    opened.back = opener;
    opener.setAttribute("aria-expanded", "true");
    place();
  }
}

function boxOf({ opener, at }) {
  return at ? { left: at.x, right: at.x, top: at.y, bottom: at.y } : opener.getBoundingClientRect();
}

/* Puts the open panel below its button or point, or above if there is more room; at the side of the window that
   is nearer, the edges of both are in line. */
function place() {
  if (!opened) {
    return;
  }
  const { opener, panel } = opened;
  if (opener && !opener.isConnected) {
    closePopup(false);
    return;
  }
  panel.removeAttribute("style");
  if (isNarrow()) {
    return;
  }
  const box = boxOf(opened);
  const below = window.innerHeight - box.bottom - 2 * GAP;
  const above = box.top - 2 * GAP;
  const isBelow = below >= Math.min(panel.scrollHeight, above) || below >= above;
  const isLeft = box.left + box.right < window.innerWidth;
  const wanted = isLeft ? box.left : box.right - panel.offsetWidth;
  const left = Math.min(wanted, window.innerWidth - panel.offsetWidth - GAP);
  panel.style.left = `${Math.max(GAP, left)}px`;
  panel.style.top = isBelow ? `${box.bottom + GAP}px` : "auto";
  panel.style.bottom = isBelow ? "auto" : `${window.innerHeight - box.top + GAP}px`;
  panel.style.maxHeight = `${Math.max(120, isBelow ? below : above)}px`;
}

/* Returns the place of the item that a key leads to from another; null if it leads nowhere. */
export function placeAfter(key, place, texts) {
  const count = texts.length;
  const moved = {
    ArrowDown: (place + 1) % count,
    ArrowUp: (Math.max(place, 0) - 1 + count) % count,
    Home: 0,
    End: count - 1,
  }[key];
  if (moved !== undefined || key.length !== 1) {
    return moved ?? null;
  }
  const order = [...texts.keys()].map((step) => (place + 1 + step) % count);
  return order.find((at) => texts[at].toLowerCase().startsWith(key.toLowerCase())) ?? null;
}

function stepInMenu(event) {
  const { panel } = opened;
  if (event.key === "Tab" && panel.getAttribute("role") === "menu") {
    event.preventDefault();
    closePopup();
    return;
  }
  const items = Array.from(panel.querySelectorAll(ITEMS));
  const place = items.indexOf(document.activeElement);
  if (place >= 0 && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const next = placeAfter(
      event.key,
      place,
      items.map((item) => item.textContent.trim()),
    );
    if (next !== null) {
      event.preventDefault();
      items[next].focus();
    }
  }
}

function isOutside(target) {
  return opened && !opened.panel.contains(target) && !opened.opener?.contains(target);
}

/* Makes open panels answer keys, close as a person expects it, and follow their buttons. */
export function watchPopups() {
  document.addEventListener(
    "pointerdown",
    (event) => {
      if (isOutside(event.target)) {
        closePopup(false);
      }
    },
    { capture: true },
  );
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.key === "Escape" && opened) {
        // What is below the panel stays open.
        event.stopImmediatePropagation();
        event.preventDefault();
        closePopup();
      } else if (opened?.panel.contains(event.target)) {
        stepInMenu(event);
      }
    },
    { capture: true },
  );
  document.addEventListener("focusin", (event) => {
    if (isOutside(event.target)) {
      closePopup(false);
    }
  });
  window.addEventListener("scroll", place, { passive: true });
  window.addEventListener("resize", place);
}
