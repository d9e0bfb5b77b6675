/* The page of all sources in the browser: it reads itself again while it is open, and its ages grow. */

import { serverNow, setServerClock, showAges } from "../ages.js";
import { setText } from "../text.js";
import { followSystemTheme, labelThemeButton, nextTheme } from "../theme.js";

const READ_MS = 5000;

let shown = null;
let isReading = false;

function place() {
  return document.getElementById("sources");
}

/* Shows the figures of a document of this page; keeps the focus on the link that had it. */
function show(read) {
  setServerClock({ now_ms: Number(read.dataset.nowMs) });
  if (read.innerHTML === shown) {
    return;
  }
  shown = read.innerHTML;
  const focused = document.activeElement?.getAttribute("href");
  place().innerHTML = shown;
  if (focused) {
    place()
      .querySelector(`a[href="${CSS.escape(focused)}"]`)
      ?.focus({ preventScroll: true });
  }
}

async function readAgain() {
  if (isReading || document.hidden) {
    return;
  }
  isReading = true;
  try {
    const answer = await fetch(location.href, { cache: "no-store", signal: AbortSignal.timeout(30000) });
    if (answer.redirected) {
      location.replace(answer.url);
      return;
    }
    const read = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("sources");
    if (!answer.ok || !read) {
      throw new Error(`answer ${answer.status}`);
    }
    show(read);
    setText(document.getElementById("connection"), "");
  } catch {
    setText(document.getElementById("connection"), "Disconnected, reconnecting");
  } finally {
    isReading = false;
    showAges();
  }
}

setServerClock({ now_ms: Number(place().dataset.nowMs) });
labelThemeButton();
followSystemTheme();
document.getElementById("theme-toggle").addEventListener("click", nextTheme);
document.addEventListener("visibilitychange", readAgain);
window.addEventListener("pageshow", (event) => event.persisted && readAgain());
setInterval(readAgain, READ_MS);
setInterval(() => serverNow() !== null && showAges(), 1000);
