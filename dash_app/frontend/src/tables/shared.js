/* The order and the place of tables in the address of the page, for whom it is sent to: `table` has the card, the
   first row, the direction and the heading, as "table=job_schedule:50:desc:Next due". */

const NAME = "table=";

function parse(text) {
  const [card, first, direction, ...heading] = text.split(":");
  if (!card || !/^\d{1,7}$/.test(first ?? "")) {
    return null;
  }
  const order = heading.length ? { heading: heading.join(":"), descending: direction === "desc" } : {};
  return [card, { first: Number(first), ...order }];
}

/* Returns what an address says of tables: { first, heading, descending } by card; no heading means the table's
   own order. */
export function parseTables(search) {
  const texts = new URLSearchParams(search).getAll("table");
  return new Map(texts.map(parse).filter(Boolean));
}

/* Returns an address with the state of one table set; the rest of it stays letter by letter. */
export function withTable(search, card, { first = 0, heading, descending }) {
  const isOther = (part) => part && !part.startsWith(`${NAME}${encodeURIComponent(card)}:`);
  const parts = search.replace(/^\?/, "").split("&").filter(isOther);
  if (first || heading) {
    const order = heading ? `:${descending ? "desc" : "asc"}:${encodeURIComponent(heading)}` : "";
    parts.push(`${NAME}${encodeURIComponent(card)}:${first}${order}`);
  }
  return parts.length ? `?${parts.join("&")}` : "";
}

/* Puts the state of the table that an element belongs to into the address; Back does not undo it. */
export function shareTable(element, state) {
  const card = element.closest("[data-card]")?.dataset.card;
  if (card && !element.closest(".card-table")) {
    const search = withTable(location.search, card, state);
    history.replaceState(history.state, "", location.pathname + search + location.hash);
  }
}

/* Returns what the address says of the table that an element belongs to; undefined if nothing. */
export function sharedState(element) {
  const card = element.closest("[data-card]")?.dataset.card;
  return element.closest(".card-table") ? undefined : parseTables(location.search).get(card);
}
