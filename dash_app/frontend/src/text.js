/* Text of elements. */

/* Sets an element's text if it differs: an element that is left alone causes no layout. None is passed over. */
export function setText(element, text) {
  if (element && element.textContent !== text) {
    element.textContent = text;
  }
}
