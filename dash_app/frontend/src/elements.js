/* Makes elements. Text is always text, never markup. */

/* Returns a new element with attributes, its class among them, and children that are elements or texts. */
export function elementWith(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

/* Returns a new element with a class, and children that are elements or texts. */
export function element(tag, className = "", ...children) {
  return elementWith(tag, className ? { class: className } : {}, ...children);
}

/* Returns a button with a class, its content and what it does; `act` takes the button. */
export function button(className, attributes, act, ...children) {
  const made = elementWith("button", { class: className, type: "button", ...attributes }, ...children);
  made.addEventListener("click", () => act(made));
  return made;
}

/* Returns an icon of the style sheet, hidden from screen readers. */
export function icon(name) {
  return elementWith("span", { class: `icon icon-${name}`, "aria-hidden": "true" });
}
