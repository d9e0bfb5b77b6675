/* One card over the whole window. Escape leaves it. */

/* Returns whether a card fills the window. */
export function isFull(card) {
  return card.classList.contains("is-full");
}

/* Makes a card fill the window, or puts it back into its page. */
export function toggleFull(card) {
  const fills = !isFull(card);
  card.classList.toggle("is-full", fills);
  document.body.classList.toggle("has-full", fills);
  resizeCharts(card);
  card.querySelector(".card-menu").focus({ preventScroll: !fills });
  if (!fills) {
    card.scrollIntoView({ block: "nearest" });
  }
}

/* Puts the card that fills the window back; returns whether one did. */
export function leaveFull() {
  const card = document.querySelector(".card.is-full");
  if (card) {
    toggleFull(card);
  } else {
    // Another page was laid out meanwhile.
    document.body.classList.remove("has-full");
  }
  return card !== null;
}

/* Takes the marks of a card that fills the window away if it has gone with its page. */
export function restoreFull() {
  if (document.body.classList.contains("has-full") && !document.querySelector(".card.is-full")) {
    document.body.classList.remove("has-full");
  }
}

function resizeCharts(card) {
  for (const chart of card.querySelectorAll(".js-plotly-plot")) {
    window.Plotly?.Plots.resize(chart);
  }
}
