/* Ages on the page, which grow by the server's clock: the browser's may be wrong, or be set meanwhile. */

import { ageOf, durationOf, spanOf } from "./durations.js";
import { setText } from "./text.js";

/* How an age is written, by the element's `data-age-form`; without one it is "3 h ago". */
const FORMS = { span: durationOf, coarse: spanOf };

/* The server's clock as last heard, and this page's own timer then. */
let serverClock = null;

/* Takes the server's clock from a status; one without it changes nothing. */
export function setServerClock(status) {
  if (status.now_ms) {
    serverClock = { now: status.now_ms, at: performance.now() };
  }
}

/* Returns the server's clock in milliseconds; null until the server has been heard. */
export function serverNow() {
  return serverClock ? serverClock.now + performance.now() - serverClock.at : null;
}

/* Updates every age; does nothing until the server has been heard. */
export function showAges() {
  const now = serverNow();
  if (now === null) {
    return;
  }
  for (const element of document.querySelectorAll("[data-age]")) {
    const seconds = (now - Date.parse(element.dataset.age)) / 1000;
    setText(element, (FORMS[element.dataset.ageForm] ?? ageOf)(seconds));
  }
}
