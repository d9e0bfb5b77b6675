/* Makes elements. Text is always text, never markup. */

/* Returns a new element with a class, and children that are elements or texts. */
export function element(tag, className = "", ...children) {
  const made = document.createElement(tag);
  if (className) {
    made.className = className;
  }
  made.append(...children);
  return made;
}

/* Returns an icon of the style sheet, hidden from screen readers. */
export function icon(name) {
  const made = element("span", `icon icon-${name}`);
  made.setAttribute("aria-hidden", "true");
  return made;
}
