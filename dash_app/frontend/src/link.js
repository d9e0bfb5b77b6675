/* Links to what is shown: the page's address with what is asked of it, and the card as its fragment. */

import { say } from "./toast.js";

/* Copies the address that leads to a card. */
export async function copyLink(card) {
  const url = new URL(location.href);
  url.hash = new URLSearchParams({ card: card.dataset.card });
  say((await copyText(url.href)) ? "Link copied" : "The browser refuses to copy");
}

/* Copies a text; `place` is the open dialog, outside of which nothing can be selected. Returns whether it did. */
export async function copyText(text, place = document.body) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copySelected(text, place);
  }
}

/* Copies where the clipboard is for secure pages alone, as over plain HTTP. */
function copySelected(text, place) {
  const focused = document.activeElement;
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "visually-hidden";
  place.append(area);
  area.select();
  const isCopied = document.execCommand("copy");
  area.remove();
  focused?.focus();
  return isCopied;
}
