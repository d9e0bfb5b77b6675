/* Ages and durations as text: the one place that writes them in the browser, in the words of the server. */

const UNITS = [
  ["d", 86400],
  ["h", 3600],
  ["min", 60],
  ["s", 1],
];

/* Returns a duration in its largest unit, "3 h"; what is negative counts as nothing. */
export function spanOf(seconds) {
  const size = Math.max(0, seconds);
  const [unit, length] = UNITS.find((pair) => size >= pair[1]) ?? UNITS.at(-1);
  return `${Math.floor(size / length)} ${unit}`;
}

/* Returns "3 h ago" for seconds gone by, "in 3 h" for negative ones, "just now" near zero. */
export function ageOf(seconds) {
  const size = Math.abs(seconds);
  if (size < 5) {
    return "just now";
  }
  const text = spanOf(size);
  return seconds > 0 ? `${text} ago` : `in ${text}`;
}

/* Returns a duration in its two largest units, "1 h 5 min"; what is negative counts as nothing. */
export function durationOf(seconds) {
  let left = Math.max(0, Math.floor(seconds));
  const first = UNITS.findIndex((pair) => left >= pair[1]);
  if (first < 0) {
    return "0 s";
  }
  const parts = [];
  for (const [unit, length] of UNITS.slice(first, first + 2)) {
    const count = Math.floor(left / length);
    left -= count * length;
    if (count) {
      parts.push(`${count} ${unit}`);
    }
  }
  return parts.join(" ");
}
