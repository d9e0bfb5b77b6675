/* Small menus that open below a button or at a point: one is open at a time. Escape and a click elsewhere close
   it; the arrow keys go from item to item. */

import { elementWith } from "./elements.js";

let open = null;

function items(menu) {
  return Array.from(menu.querySelectorAll("button:not([disabled]), input"));
}

/* Opens a menu; `opener` gets the focus back, and says that it is expanded. */
export function openMenu(menu, opener, { focuses = true } = {}) {
  closeMenu({ returns: false });
  open = { menu, opener };
  menu.hidden = false;
  opener?.setAttribute("aria-expanded", "true");
  keepInView(menu);
  if (focuses) {
    (menu.querySelector('[aria-pressed="true"]') ?? items(menu)[0])?.focus();
  }
}

/* Closes the open menu; the focus goes back to what opened it if it is in the menu. */
export function closeMenu({ returns = true } = {}) {
  if (!open) {
    return;
  }
  const { menu, opener } = open;
  open = null;
  const hadFocus = menu.contains(document.activeElement);
  menu.hidden = true;
  opener?.setAttribute("aria-expanded", "false");
  if (returns && hadFocus) {
    opener?.focus?.();
  }
}

/* Opens a closed menu, and closes an open one. */
export function toggleMenuOf(menu, opener) {
  if (open?.menu === menu) {
    closeMenu();
  } else {
    openMenu(menu, opener);
  }
}

function keepInView(menu) {
  menu.style.translate = "";
  const box = menu.getBoundingClientRect();
  const edge = document.documentElement.clientWidth - 8;
  const over = Math.max(0, box.right - edge);
  const under = Math.max(0, 8 - (box.left - over));
  const low = Math.max(0, box.bottom - (document.documentElement.clientHeight - 8));
  const isFixed = getComputedStyle(menu).position === "fixed";
  menu.style.translate = `${under - over}px ${isFixed ? -low : 0}px`;
}

function step(event) {
  const places = items(open.menu).filter((item) => item.tagName === "BUTTON");
  const at = places.indexOf(document.activeElement);
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (by && at >= 0) {
    places[(at + by + places.length) % places.length].focus();
    event.preventDefault();
  }
}

/* Closes menus as a person expects it. */
export function watchMenus() {
  document.addEventListener("keydown", (event) => {
    if (open && event.key === "Escape") {
      closeMenu();
    } else if (open?.menu.contains(event.target)) {
      step(event);
    }
  });
  document.addEventListener(
    "pointerdown",
    (event) => {
      if (open && !open.menu.contains(event.target) && !open.opener?.contains?.(event.target)) {
        closeMenu({ returns: false });
      }
    },
    { capture: true },
  );
}

/* Returns a button with a class, its content and what it does. */
export function button(className, attributes, act, ...children) {
  const made = elementWith("button", { class: className, type: "button", ...attributes }, ...children);
  made.addEventListener("click", () => act(made));
  return made;
}
