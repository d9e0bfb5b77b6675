/* Whether an element stands in the part of the page that is on screen. */

export function isInView(element) {
  const { top, bottom } = element.getBoundingClientRect();
  return bottom > 0 && top < window.innerHeight;
}
