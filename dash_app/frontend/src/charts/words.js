/* What a chart is, in words, made from what it draws. Nothing here touches the page. */

const MOST_NAMES = 6;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const ENTITIES = { "&lt;": "<", "&gt;": ">", "&amp;": "&", "&nbsp;": " " };

/* Returns Plotly's text without its markup. */
export function plainText(text) {
  return String(text)
    .replace(/<br\s*\/?>/g, " ")
    .replace(/<[^>]*>/g, "")
    .replace(/&(?:lt|gt|amp|nbsp);/g, (entity) => ENTITIES[entity])
    .replace(/\s+/g, " ")
    .trim();
}

/* Returns a place on an axis as one says it: "25 Nov 13:00" for an instant, its own text for a category. */
export function placeText(place) {
  const found = /^\d{4}-(\d\d)-(\d\d)(?:[T ](\d\d:\d\d))?/.exec(String(place));
  if (!found) {
    return plainText(place);
  }
  const day = `${Number(found[2])} ${MONTHS[Number(found[1]) - 1]}`;
  return found[3] ? `${day} ${found[3]}` : day;
}

function kindOf(traces) {
  const types = new Set(traces.map(({ type }) => (type === "bar" ? "Bar" : "Line")));
  return types.size === 1 ? `${[...types][0]} chart` : "Chart of bars and lines";
}

function spanOf(traces) {
  const longest = traces
    .map((trace) => ({ isFlat: trace.orientation === "h", places: Array.from(placesOf(trace)) }))
    .reduce((best, one) => (one.places.length > best.places.length ? one : best));
  const { isFlat, places } = longest;
  if (isFlat || places.length < 2) {
    return `${places.length} ${places.length === 1 ? "place" : "places"}`;
  }
  return `${placeText(places[0])} to ${placeText(places.at(-1))}`;
}

function namesOf(traces) {
  const names = [...new Set(traces.map(({ name }) => plainText(name ?? "")).filter(Boolean))];
  if (names.length < 2) {
    return "";
  }
  const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : "";
  return `${names.length} series: ${names.slice(0, MOST_NAMES).join(", ")}${more}`;
}

/* Returns where the points of a trace stand along its axis. */
export function placesOf(trace) {
  return (trace.orientation === "h" ? trace.y : trace.x) ?? [];
}

/* Returns what a chart is: what it draws, over which period or how many places, in which unit, in which series.
   The traces are those that can be seen; without any the chart is empty. */
export function chartLabel(title, traces, unit = "") {
  const drawn = traces.filter((trace) => placesOf(trace).length > 0);
  if (!drawn.length) {
    return `Chart: ${title}. It is empty.`;
  }
  const sentences = [`${kindOf(drawn)}: ${title}`, spanOf(drawn), plainText(unit), namesOf(drawn)];
  return `${sentences.filter(Boolean).join(". ")}.`;
}
