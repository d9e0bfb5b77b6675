/* What a search shows: hits by kind, the part that was searched for, and what was opened lately. Pure. */

/* The kinds in the order of their groups, and the headings of these. */
export const KINDS = [
  ["recent", "Opened lately"],
  ["site", "Sites"],
  ["contact", "Contacts"],
  ["job", "Jobs"],
  ["model", "Models"],
  ["error", "Errors"],
  ["page", "Pages"],
  ["dataset", "Datasets"],
];

const MOST_RECENT = 6;

/* Returns hits as groups: [heading, hits] for each kind that has any; a group keeps the order of its hits. */
export function grouped(hits) {
  return KINDS.map(([kind, heading]) => [heading, hits.filter((hit) => hit.kind === kind)]).filter(
    ([, found]) => found.length > 0,
  );
}

/* Returns a text in three parts: before the first place that has what was searched for, that, and after it.
   The middle is empty if the text has it nowhere. */
export function partsOf(text, wanted) {
  const folded = text.toLowerCase();
  const sought = wanted.trim().toLowerCase();
  // Letters that change their length with their case would shift the place.
  const at = sought && folded.length === text.length ? folded.indexOf(sought) : -1;
  if (at < 0) {
    return [text, "", ""];
  }
  const end = at + sought.length;
  return [text.slice(0, at), text.slice(at, end), text.slice(end)];
}

/* Returns the place of the active hit after a key: round at both ends; -1 for none. */
export function movedTo(key, active, count) {
  if (count === 0) {
    return -1;
  }
  const steps = {
    ArrowDown: (active + 1) % count,
    ArrowUp: (Math.max(active, 0) - 1 + count) % count,
  };
  return steps[key] ?? active;
}

/* Returns what was opened lately with one more hit in front, each path once. */
export function withRecent(recent, hit) {
  return [hit, ...recent.filter((other) => other.path !== hit.path)].slice(0, MOST_RECENT);
}

/* Returns what was opened lately of the kinds that one may see, as hits; what is stored may be anything. */
export function recentHits(stored, kinds) {
  if (!Array.isArray(stored)) {
    return [];
  }
  return stored
    .filter((hit) => typeof hit?.path === "string" && typeof hit.text === "string" && kinds.includes(hit.of))
    .filter((hit) => hit.path.startsWith("/") && !hit.path.startsWith("//"))
    .slice(0, MOST_RECENT)
    .map(({ text, detail, path, of }) => ({
      kind: "recent",
      of,
      text,
      detail: typeof detail === "string" ? detail : "",
      path,
    }));
}
