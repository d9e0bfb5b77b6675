/* What the drawer asks for, as the page's address and the server's spell it.

   A request names a card of the page, the number's column, and the cells of its row. `view` is what a person
   has done to the rows: their order and what they are filtered by. */

/* Returns a text in base64 as addresses have it. */
export function toBase64(text) {
  const binary = String.fromCharCode(...new TextEncoder().encode(text));
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function fromBase64(text) {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return new TextDecoder().decode(Uint8Array.from(binary, (letter) => letter.charCodeAt(0)));
}

function packed(value) {
  return value && Object.keys(value).length ? toBase64(JSON.stringify(value)) : "";
}

/* Returns a request as the text that stands in the page's address. */
export function requestText({ card, column, cells, view }) {
  const parts = [card, column, packed(cells), packed(view)];
  return parts.join(":").replace(/:$/, "");
}

/* Returns the request that a text of an address stands for; null if it is none. */
export function parseRequest(text) {
  const [card, column, cells = "", view = ""] = text.split(":");
  try {
    const [known, seen] = [cells, view].map((part) => (part ? JSON.parse(fromBase64(part)) : {}));
    const isWhole = card && column && [known, seen].every((part) => part && typeof part === "object");
    return isWhole ? { card, column, cells: known, view: seen } : null;
  } catch {
    return null;
  }
}

/* Returns the server's spelling of the grid's order: "-called_at" is descending. */
export function sortText(model) {
  return model.map(({ colId, sort }) => (sort === "desc" ? `-${colId}` : colId)).join(",");
}

/* Returns the server's spelling of the grid's filters: [column, operator, ...values]. `zone` says when the days
   of instants begin; a filter of a column of days says `isDay`. */
export function filterList(model, zone) {
  return Object.entries(model).map(([column, filter]) => [column, ...conditionOf(filter, zone)]);
}

function conditionOf({ filterType, type, filter, filterTo, dateFrom, dateTo, isDay }, zone) {
  if (type === "blank") {
    return ["empty"];
  }
  const [low, high] = filterType === "date" ? [dateFrom, dateTo].map(dayOf) : [filter, filterTo];
  if (filterType === "date" && !isDay) {
    return instants(type, low, high, zone);
  }
  switch (type) {
    case "lessThan":
      return ["less", low];
    case "greaterThan":
      return ["greater", low];
    case "inRange":
      return ["between", low, high];
    default:
      return [type, low];
  }
}

/* Conditions on instants by the local days of a zone: "greater" is after the day. */
function instants(type, low, high, zone) {
  switch (type) {
    case "lessThan":
      return ["less", startOfDay(low, zone)];
    case "greaterThan":
      return ["greater", lastSecondOf(low, zone)];
    case "inRange":
      return ["between", startOfDay(low, zone), lastSecondOf(high, zone)];
    default:
      return ["between", startOfDay(low, zone), lastSecondOf(low, zone)];
  }
}

function dayOf(text) {
  return text ? text.slice(0, 10) : text;
}

function asText(milliseconds) {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}

function offsetOf(milliseconds, zone) {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    timeZoneName: "longOffset",
  }).formatToParts(milliseconds);
  const name = parts.find((part) => part.type === "timeZoneName").value;
  const [, sign, hours, minutes] = name.match(/GMT([+-])(\d+):(\d+)/) || [null, "+", 0, 0];
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}

function midnight(day, zone, later = 0) {
  const local = Date.parse(`${day}T00:00:00Z`) + later * 86_400_000;
  // The offset at the guess is right but for a shift between the two; the second guess is after that.
  const guess = local - offsetOf(local, zone);
  return local - offsetOf(guess, zone);
}

function startOfDay(day, zone) {
  return asText(midnight(day, zone));
}

function lastSecondOf(day, zone) {
  return asText(midnight(day, zone, 1) - 1000);
}

/* Returns the query of an address of the server for the rows of a request: `number` has its key, column, cells
   and instant. Empty parts are left out. */
export function rowsQuery(number, { sort = [], filters = {} }, zone, more = {}) {
  const list = filterList(filters, zone);
  const parts = {
    key: number.key,
    column: number.column,
    cells: Object.keys(number.cells).length ? JSON.stringify(number.cells) : "",
    as_of: number.asOf,
    sort: sortText(sort),
    filters: list.length ? JSON.stringify(list) : "",
    ...more,
  };
  return new URLSearchParams(
    Object.entries(parts).filter(([, value]) => value !== "" && value != null),
  ).toString();
}
