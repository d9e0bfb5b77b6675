/* The order of rows by the text that each cell sorts by. */

/* Returns what a cell sorts by: a number if its text is one, null if there is no value, the text in lower case
   otherwise. */
export function sortKey(text) {
  if (!text) {
    return null;
  }
  const value = Number(text);
  return Number.isNaN(value) ? text.toLowerCase() : value;
}

/* Compares two keys: numbers stand before texts in ascending order, and null last in either direction. */
export function compareKeys(a, b, isDescending = false) {
  if (a === b) {
    return 0;
  }
  if (a === null || b === null) {
    return a === null ? 1 : -1;
  }
  const isBefore = typeof a === typeof b ? a < b : typeof a === "number";
  return isBefore === isDescending ? 1 : -1;
}

/* Returns whether a click on a heading sorts in descending order: numbers do first, texts at the second click. */
export function nextDescending(current, isNumeric) {
  return current ? current === "ascending" : isNumeric;
}
