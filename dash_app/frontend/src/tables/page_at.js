/* Where a page of rows begins and ends, and where one can turn. Nothing here touches the page. */

const PAGE_ROWS = 50;

const shown = (value) => value.toLocaleString("en-US");

/* Returns the page of rows at a row, counted from 0: { first, end, previous, next, text }; `previous` and
   `next` are null if there is no such page. Null if all rows fit on one page. */
export function pageAt(row, total) {
  if (total <= PAGE_ROWS) {
    return null;
  }
  const first = Math.floor(Math.min(row, total - 1) / PAGE_ROWS) * PAGE_ROWS;
  const end = Math.min(first + PAGE_ROWS, total);
  return {
    first,
    end,
    previous: first > 0 ? first - PAGE_ROWS : null,
    next: end < total ? end : null,
    text: `${shown(first + 1)}–${shown(end)} of ${shown(total)}`,
  };
}
