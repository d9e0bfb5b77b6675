/* The page as the document brings it along, which is there before any script has run. Dash makes its own out of
   sight, and takes its place. */

import { openPage } from "./page.js";

const first = () => document.getElementById("first-page");

/* Returns whether the page of the document is all that there is. */
export function isStatic() {
  return first() !== null && openPage() === null;
}

/* Shows what Dash has made in place of the page of the document; returns whether that stood there. */
export function endStatic() {
  const page = first();
  page?.remove();
  return page !== null;
}
