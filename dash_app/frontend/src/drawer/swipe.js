/* A sheet that a finger pulls down closes; one that is let go before goes back. */

const NARROW = "(max-width: 859.98px)";
const FAR_PX = 110;
/* A flick closes it on a shorter way. */
const FAST_PX_PER_MS = 0.5;
const LEAST_PX = 30;

/* Returns whether a pull that ends after so many pixels, and so many milliseconds, closes the sheet. */
export function isPulledAway(pixels, milliseconds) {
  return pixels > FAR_PX || (pixels > LEAST_PX && pixels / Math.max(1, milliseconds) > FAST_PX_PER_MS);
}

/* Lets a finger pull a sheet down by its head. */
export function closeBySwipe(sheet, head, close) {
  let start = null;
  const pulled = (event) => Math.max(0, event.clientY - start.y);

  head.addEventListener("pointerdown", (event) => {
    const isPull = event.pointerType !== "mouse" && matchMedia(NARROW).matches;
    if (isPull && !event.target.closest("button, summary, a, label, input")) {
      start = { y: event.clientY, at: event.timeStamp };
      head.setPointerCapture(event.pointerId);
    }
  });
  head.addEventListener("pointermove", (event) => {
    if (start) {
      sheet.style.translate = `0 ${pulled(event)}px`;
    }
  });
  head.addEventListener("pointerup", (event) => {
    const isAway = start && isPulledAway(pulled(event), event.timeStamp - start.at);
    start = null;
    if (isAway) {
      close();
    } else {
      sheet.style.translate = "";
    }
  });
  head.addEventListener("pointercancel", () => {
    start = null;
    sheet.style.translate = "";
  });
}
