/* The ⋯ menu of a card: its items come from the table of menu_items.js. */

import { button, element, elementWith, icon } from "./elements.js";
import { ITEMS } from "./menu_items.js";
import { closePopup, togglePopup } from "./popup.js";

let menu = null;

function makeMenu() {
  const made = elementWith("div", { class: "popup menu", role: "menu", hidden: "" });
  // A landmark holds it, so that screen readers find it when they go from one to the next.
  document.getElementById("main").append(made);
  return made;
}

function itemOf(item, card, opener) {
  const act = () => {
    closePopup();
    item.act(card, opener);
  };
  const attributes = { role: "menuitem", tabindex: "-1", "data-item": item.name };
  return button("menu-item", attributes, act, icon(item.icon), element("span", "", labelOf(item, card)));
}

function labelOf(item, card) {
  return typeof item.label === "function" ? item.label(card) : item.label;
}

/* Opens the menu of the card that a button belongs to, or closes it. */
export function toggleMenuOf(opener) {
  const card = opener.closest("[data-card]");
  menu ??= makeMenu();
  menu.setAttribute("aria-label", opener.getAttribute("aria-label"));
  menu.replaceChildren(
    ...ITEMS.filter((item) => !item.isFor || item.isFor(card)).map((item) => itemOf(item, card, opener)),
  );
  togglePopup(opener, menu);
}
