/* The order of rows by the text that each cell sorts by. */

/* Returns what a cell sorts by: a number if its text is one, the text in lower case otherwise. */
export function sortKey(text) {
  const value = Number(text);
  return text !== "" && !Number.isNaN(value) ? value : text.toLowerCase();
}

/* Compares two keys for ascending order: numbers stand before texts. */
export function compareKeys(a, b) {
  if (a === b) {
    return 0;
  }
  const isBefore = typeof a === typeof b ? a < b : typeof a === "number";
  return isBefore ? -1 : 1;
}

/* Returns whether a click on a heading sorts in descending order: numbers do first, texts at the second click. */
export function nextDescending(current, isNumeric) {
  return current ? current === "ascending" : isNumeric;
}
