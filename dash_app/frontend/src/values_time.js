/* When the values on the open page were so, in the dashboard's time zone. */

import { openPage } from "./page.js";

/* Returns the instant that most values of the open page describe, in milliseconds; null without a value. */
export function shownAt() {
  const at = openPage()?.querySelector("[data-version]")?.dataset.asOf;
  return at ? Date.parse(at) : null;
}

/* Returns the dashboard's time zone. */
export function timeZone() {
  return document.querySelector("[data-time-zone]")?.dataset.timeZone ?? "UTC";
}

/* Returns an instant with its day and its time zone: "26 Nov 2026, 13:05 UTC". */
export function timeOf(instant) {
  const form = {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    timeZone: timeZone(),
    timeZoneName: "short",
  };
  return new Intl.DateTimeFormat("en-GB", form).format(instant);
}
