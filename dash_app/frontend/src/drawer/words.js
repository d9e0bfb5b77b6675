/* The words of the drawer: what its rows are, and how a cell reads. */

import { toBase64 } from "./request.js";

const FROM_THE_RIGHT =
  /\p{Script=Hebrew}|\p{Script=Arabic}|\p{Script=Syriac}|\p{Script=Thaana}|\p{Script=Nko}/u;
const numbers = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 8 });

/* Returns "1,234". */
export function count(value) {
  return value.toLocaleString("en-US");
}

/* Returns a label in the middle of a line: "LLM calls" stays, "Sites" is "sites". */
export function inLine(label) {
  return /^[A-Z][a-z]/.test(label) ? label[0].toLowerCase() + label.slice(1) : label;
}

/* Returns a text as it stands in a line: what runs from right to left turns nothing beside it. */
function isolated(text) {
  return FROM_THE_RIGHT.test(text) ? `\u2068${text}\u2069` : text;
}

function cellWords(column, value) {
  if (column === "window_hours") {
    return `last ${value} h`;
  }
  if (column === "first_day" && value === null) {
    // The number of the whole window, beside those of its days.
    return "";
  }
  const shown =
    value === null || value === "" ? "(none)" : String(value).replace(/_usd$/, "").replaceAll("_", " ");
  return column === "measure"
    ? shown.replace(/^llm\b/, "LLM")
    : `${column.replaceAll("_", " ")} ${isolated(shown)}`;
}

/* Returns what the rows are of: "40 LLM calls · 7 days · stage scoring". `cells` are those of the number's row. */
export function lineOf(answer, cells) {
  const parts = Object.entries(cells)
    .map(([column, value]) => cellWords(column, value))
    .filter(Boolean);
  if (answer) {
    const found = answer.total === answer.counted ? "" : ` of ${count(answer.counted)}`;
    parts.unshift(
      `${count(answer.total)}${found} ${inLine(answer.label)}`,
      ...(answer.period ? [answer.period] : []),
    );
  }
  return parts.join(" · ");
}

/* Returns how the number and the rows differ: "counted 40 at 19:16, 41 now"; the empty text if they do not. */
export function differenceOf(answer, zone) {
  if (answer.number === null || answer.number === answer.counted) {
    return "";
  }
  const at = clock(answer.as_of, zone);
  return `counted ${count(answer.number)} at ${at}, ${count(answer.counted)} now`;
}

/* Returns the local time of an instant: "19:16". */
export function clock(text, zone) {
  return new Date(text).toLocaleTimeString("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit" });
}

/* Returns the local day and time of an instant: "2026-11-23 19:16:05". */
export function stamp(text, zone) {
  return new Date(text).toLocaleString("sv-SE", { timeZone: zone });
}

/* Returns a cell as text; `name`, `type` and `unit` are those of its column. A null is a dash. */
export function cellText(value, { name, type, unit }, zone) {
  if (value === null || value === undefined) {
    return "–";
  }
  switch (type) {
    case "instant":
      return stamp(value, zone);
    case "boolean":
      return value ? "yes" : "no";
    case "integer":
    case "number":
      // An id is a name, not a number.
      if (name?.endsWith("_id")) {
        return String(value);
      }
      return unit === "USD" ? `$${numbers.format(value)}` : numbers.format(value);
    default:
      return String(value);
  }
}

/* Returns the path of the page of a kind of error; null for none. */
export function errorPath(kind) {
  if (!kind) {
    return null;
  }
  const named = Object.entries(kind).filter(([, value]) => value !== null);
  return `/error?${named.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&")}`;
}

/* Returns the path of the page of what a cell names; null if it has none. It is as `things/addresses.py` writes it. */
export function pathOf(link, value) {
  if (value === null || value === undefined) {
    return null;
  }
  const name = String(value);
  if (link === "site") {
    return `/site/${encodeURIComponent(name)}`;
  }
  if (link === "job") {
    return jobPath(name);
  }
  return null;
}

function jobPath(key) {
  if (/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/.test(key)) {
    return `/job/${key}`;
  }
  const coded = toBase64(key);
  return coded.length <= 900 ? `/job/~${coded}` : null;
}
