/* The card that an address names by its fragment, as "#card=daily_costs": it is scrolled to and marked once. */

const LONGEST_WAIT_MS = 10000;

let wanted = null;
let marked = null;

/* Returns the name of the card that a fragment names; null if it names none. */
export function cardOf(fragment) {
  return new URLSearchParams(fragment.replace(/^#/, "")).get("card");
}

/* Notes which card the address names. */
export function noteFragment() {
  const card = cardOf(location.hash);
  wanted = card && { card, path: location.pathname, until: performance.now() + LONGEST_WAIT_MS };
}

/* Scrolls to the card and marks it, when the page is laid out and what stands above has its size. */
export function showFound() {
  if (!wanted || location.pathname !== wanted.path || performance.now() > wanted.until) {
    return;
  }
  const cards = Array.from(document.querySelectorAll("[data-page] [data-card]"));
  const found = cards.find((card) => card.dataset.card === wanted.card);
  if (!found || document.querySelector("[data-page] .is-loading")) {
    return;
  }
  wanted = null;
  marked?.classList.remove("is-found");
  marked = found;
  found.classList.add("is-found");
  found.scrollIntoView({ block: "start" });
}
