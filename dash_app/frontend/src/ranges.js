/* The ranges that a page can be asked for, in words. The server says no to what is none. */

export const RANGES = [
  ["24h", "24 hours"],
  ["48h", "48 hours"],
  ["7d", "7 days"],
  ["30d", "30 days"],
  ["90d", "90 days"],
  ["365d", "365 days"],
];

const DAYS = /^(\d{4}-\d\d-\d\d)\.\.(\d{4}-\d\d-\d\d)$/;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/* Returns the range of the days from one to another, whichever comes first; null without both. */
export function rangeOfDays(from, to) {
  return from && to ? [from, to].sort().join("..") : null;
}

/* Returns the first and the last day of a range of days; null for another. */
export function daysOfRange(range) {
  const found = DAYS.exec(range ?? "");
  return found ? [found[1], found[2]] : null;
}

/* Returns a range as a button says it: "7 days", "1 Nov to 15 Nov"; "Range" for none, and for what is none. */
export function rangeLabel(range) {
  const days = daysOfRange(range);
  if (days) {
    return [...new Set(days.map(dayLabel))].join(" to ");
  }
  return RANGES.find(([name]) => name === range)?.[1] ?? "Range";
}

function dayLabel(day) {
  return `${Number(day.slice(8))} ${MONTHS[Number(day.slice(5, 7)) - 1] ?? day.slice(5, 7)}`;
}

/* Returns what an address asks for, in one line; empty if it asks for nothing. */
export function askedLabel({ range, compare, filters }) {
  const parts = [
    range ? rangeLabel(range) : "",
    compare ? "compared with the period before" : "",
    ...filters.map(([column, value]) => filterLabel(column, value)),
  ];
  return parts.filter(Boolean).join(" · ");
}

/* Returns the value of a filter in words; a null cell is "none". */
export function filterValue(value) {
  return value === null ? "none" : value === "" ? "(blank)" : value;
}

/* Returns a filter as a chip says it: "model: gpt-4o". */
export function filterLabel(column, value) {
  return `${column.replaceAll("_", " ")}: ${filterValue(value)}`;
}
