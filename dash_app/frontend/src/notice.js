/* The notice of what this browser itself asked for and did not get, which the status pill shows. */

const CHANGED = "dashboard:notice";
let notice = null;

/* Returns the notice, { label, text }; null if there is none. */
export function currentNotice() {
  return notice;
}

/* Shows a notice, in place of the one before; null takes it away. */
export function setNotice(next) {
  notice = next;
  document.dispatchEvent(new CustomEvent(CHANGED));
}

/* Calls `act` after each change of the notice. */
export function onNotice(act) {
  document.addEventListener(CHANGED, act);
}
