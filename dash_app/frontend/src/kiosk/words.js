/* What an address says of the kiosk, and when it is time for the next page. Nothing here touches the page. */

const SHORTEST_SECONDS = 5;
const LONGEST_SECONDS = 3600;

/* Returns whether an address asks for the kiosk, and after how many seconds for the next page: { isOn, cycle };
   0 stays on the page. */
export function parseKiosk(search) {
  const query = new URLSearchParams(search);
  const isOn = ["1", "true"].includes(query.get("kiosk"));
  const seconds = Number(query.get("cycle"));
  const isCycle = isOn && Number.isFinite(seconds) && seconds > 0;
  return { isOn, cycle: isCycle ? Math.min(Math.max(seconds, SHORTEST_SECONDS), LONGEST_SECONDS) : 0 };
}

/* Returns a query string that asks for the kiosk, or does not; what else stands in it is kept. */
export function withKiosk(search, { isOn, cycle }) {
  const query = new URLSearchParams(search);
  query.delete("kiosk");
  query.delete("cycle");
  const own = isOn ? ["kiosk=1", ...(cycle ? [`cycle=${cycle}`] : [])] : [];
  const parts = [query.toString(), ...own].filter(Boolean);
  return parts.length ? `?${parts.join("&")}` : "";
}

/* Returns the path after another, round at the end; the first one after a path that is none of them. */
export function pathAfter(paths, path) {
  return paths[(paths.indexOf(path) + 1) % paths.length];
}

/* Returns whether it is time for the next page: nobody has touched the page, and it has stood, for so long. Times
   are in milliseconds. */
export function isTime({ cycle, now, turnedAt, touchedAt }) {
  return cycle > 0 && now - Math.max(turnedAt, touchedAt) >= 1000 * cycle;
}
