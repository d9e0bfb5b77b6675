/* What the status pill says: one state, the worst, and all that is known behind it. Nothing here touches the
   page. Times are milliseconds of the server's clock. */

import { ageOf, durationOf, spanOf } from "./durations.js";
import { shortRunWords } from "./run_words.js";

const seconds = (from, to) => Math.max(0, (to - from) / 1000);

/* Returns the time of day of an instant in a time zone, "19:16". */
export function timeOfDay(instant, zone) {
  return new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: zone }).format(
    instant,
  );
}

function lostItem({ connection, shownAt, now, zone }) {
  const shown = shownAt === null ? "" : `showing ${timeOfDay(shownAt, zone)}`;
  return {
    kind: "disconnected",
    tone: "bad",
    label: `Disconnected ${durationOf(connection.seconds)}`,
    said: "Disconnected",
    detail: shown,
    text: "The server does not answer; reconnecting.",
    since: now === null ? null : now - connection.seconds * 1000,
    effect: "The page shows the values that it has.",
    remedy: "See that the server runs and that the network reaches it; the page goes on by itself.",
  };
}

function pollingItem({ connection }) {
  const every = `polling every ${durationOf(connection.every)}`;
  return {
    kind: "polling",
    tone: "warn",
    label: `No live connection, ${every}`,
    text: `A proxy lets no socket through: ${every}.`,
    since: null,
    effect: "New values come with the next poll.",
    remedy: "Let the proxy pass WebSockets at /live.",
  };
}

function noticeItem(notice) {
  return { kind: "notice", tone: "bad", ...notice, since: null, effect: "", remedy: "" };
}

/* Returns what is wrong, worst first: { kind, tone, label, text, since, effect, remedy }. */
export function itemsOf(known) {
  const { status, connection, notice } = known;
  const items = [];
  if (connection.state === "lost") {
    items.push(lostItem(known));
  }
  if (notice) {
    items.push(noticeItem(notice));
  }
  for (const condition of status?.conditions ?? []) {
    items.push({ ...condition, since: condition.since && Date.parse(condition.since) });
  }
  if (connection.state === "polling") {
    items.push(pollingItem(known));
  }
  return items;
}

function valuesAge({ shownAt, now }) {
  return shownAt === null || now === null ? "" : `${spanOf(seconds(shownAt, now))} old`;
}

/* Returns what is so, without the words that its heading says already: "usually 14 entries by now". */
export function textOf({ label, text }) {
  const rest = text.startsWith(label) ? text.slice(label.length).match(/^ \((.+)\)$/) : null;
  return rest ? rest[1][0].toUpperCase() + rest[1].slice(1) : text;
}

function dataAge(known) {
  const age = valuesAge(known);
  return age && `data ${age}`;
}

/* Returns what came of the source last: the rows that wait, else the age of the newest. */
function rowsText({ status, lag, isPending, now }) {
  if (isPending) {
    return lag;
  }
  const last = status?.activity?.last_row_at;
  return last && now !== null ? `last row ${ageOf(seconds(Date.parse(last), now))}` : "";
}

const PACES = {
  moving: { tone: "good", label: "Moving" },
  usual: { tone: "good", label: "Quiet as usual" },
};

/* Returns the state of the pill: { tone, label, said, detail, more, items }. `said` is the label without what
   changes by itself, `more` the number of other things wrong. */
export function pillOf(known) {
  const items = itemsOf(known);
  const { status } = known;
  if (items.length) {
    const [worst] = items;
    const detail = worst.detail ?? dataAge(known);
    const { tone, label } = worst;
    return { tone, label, said: worst.said ?? label, detail, more: items.length - 1, items };
  }
  if (!status) {
    return { tone: "busy", label: "Connecting", said: "", detail: "", more: 0, items };
  }
  if (status.run) {
    return {
      tone: "busy",
      label: shortRunWords(status.run),
      said: "Computing",
      detail: dataAge(known),
      more: 0,
      items,
    };
  }
  const rows = rowsText(known);
  const pace = PACES[status.activity?.pace];
  const parts = [...(pace ? [rows] : []), dataAge(known)].filter(Boolean);
  const label = pace?.label ?? (rows ? rows[0].toUpperCase() + rows.slice(1) : "No stage entries");
  return {
    tone: pace?.tone ?? "plain",
    label,
    said: pace?.label ?? "",
    detail: parts.join(" · "),
    more: 0,
    items,
  };
}

/* Returns what the panel says of the pipeline, the values and the connection: pairs of a name and a text. */
export function factsOf(known) {
  const { status, connection, lag, shownAt, now, zone } = known;
  const last = status?.activity?.last_row_at;
  const connections = {
    open: "live",
    lost: "lost, reconnecting",
    polling: "polling",
    starting: "connecting",
  };
  return [
    ["Newest row", last && now !== null ? ageOf(seconds(Date.parse(last), now)) : "none"],
    ["Since then", lag],
    ["Values", shownAt === null ? "none" : `of ${timeOfDay(shownAt, zone)}, ${valuesAge(known)}`],
    ["Connection", connections[connection.state]],
  ].filter(([, text]) => text);
}
