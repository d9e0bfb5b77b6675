/* The pages of one site, one job and one error read themselves when they are laid out, when their address
   changes, and again and again while nobody answers. */

import { onAddress } from "../address.js";
import { sourceName } from "../addresses.js";
import { openPage, readPage } from "../page.js";

const AGAIN_MS = 3000;

let readOn = null;

function openThing() {
  const page = openPage();
  return page?.matches("[data-thing]") && window.dash_clientside?.set_props ? page : null;
}

/* Writes the title of the open page into the tab: Dash knows the kind of page alone. */
function showTabTitle(page) {
  const title = page.dataset.title;
  const product = document.title.split(" · ").at(-1);
  const wanted = [title, sourceName(), product].filter(Boolean).join(" · ");
  if (title && document.title !== wanted) {
    document.title = wanted;
  }
}

/* Reads the page that has just been laid out, or laid out again for another thing. */
export function readThing() {
  const page = openThing();
  if (page) {
    showTabTitle(page);
  }
  const place = page && `${location.pathname}${location.search}`;
  if (page && (readOn?.page !== page || readOn.place !== place)) {
    readOn = { page, place };
    readPage(page);
  }
}

function readAgain() {
  const page = openThing();
  if (page?.querySelector("[data-again='yes']")) {
    readPage(page);
  }
}

/* Follows the address and the server's coming back. */
export function watchThings() {
  onAddress(readThing);
  setInterval(readAgain, AGAIN_MS);
}
