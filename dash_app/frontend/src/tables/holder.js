/* Tables are drawn anew with new values; what holds one stays, and has an id. */

/* Returns the id of what holds a table. */
export function holderOf(table) {
  return table.closest("[id]").id;
}
