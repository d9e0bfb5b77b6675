/* The ⋯ menu of a card: its items come from the table of menu_items.js. Arrow keys, Home and End move, a
   letter goes to the item that begins with it. */

import { element, icon } from "./elements.js";
import { ITEMS } from "./menu_items.js";
import { closePopup, togglePopup } from "./popup.js";

let menu = null;

function makeMenu() {
  const made = element("div", "popup menu");
  made.setAttribute("role", "menu");
  made.hidden = true;
  made.addEventListener("keydown", onKey);
  document.body.append(made);
  return made;
}

function itemOf(item, card, button) {
  const made = element("button", "menu-item", icon(item.icon), element("span", "", labelOf(item, card)));
  made.type = "button";
  made.tabIndex = -1;
  made.dataset.item = item.name;
  made.setAttribute("role", "menuitem");
  made.addEventListener("click", () => {
    closePopup();
    item.act(card, button);
  });
  return made;
}

function labelOf(item, card) {
  return typeof item.label === "function" ? item.label(card) : item.label;
}

/* Opens the menu of the card that a button belongs to, or closes it. */
export function toggleMenuOf(button) {
  const card = button.closest("[data-card]");
  menu ??= makeMenu();
  menu.setAttribute("aria-label", button.getAttribute("aria-label"));
  menu.replaceChildren(
    ...ITEMS.filter((item) => !item.isFor || item.isFor(card)).map((item) => itemOf(item, card, button)),
  );
  togglePopup(button, menu);
  if (!menu.hidden) {
    menu.firstElementChild?.focus({ preventScroll: true });
  }
}

function onKey(event) {
  const items = Array.from(menu.children);
  const place = items.indexOf(document.activeElement);
  const next = nextPlace(event, items, place);
  if (next !== null) {
    event.preventDefault();
    items[next]?.focus();
  } else if (event.key === "Tab") {
    event.preventDefault();
    closePopup();
  }
}

function nextPlace(event, items, place) {
  switch (event.key) {
    case "ArrowDown":
      return (place + 1) % items.length;
    case "ArrowUp":
      return (place - 1 + items.length) % items.length;
    case "Home":
      return 0;
    case "End":
      return items.length - 1;
    default:
      return event.key.length === 1 ? placeOfLetter(event.key, items, place) : null;
  }
}

function placeOfLetter(letter, items, place) {
  const order = [...items.keys()].map((step) => (place + 1 + step) % items.length);
  const begins = (item) => item.textContent.toLowerCase().startsWith(letter.toLowerCase());
  return order.find((at) => begins(items[at])) ?? null;
}
