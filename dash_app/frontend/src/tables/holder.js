/* A table is drawn again with new values; what holds it stays, and has an id. */

/* Returns the id of what holds a table. */
export function holderOf(table) {
  return table.closest("[id]").id;
}
