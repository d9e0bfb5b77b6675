/* Binds the keys. Single keys do nothing where one types, in a dialog and in an open menu, and can be switched
   off, because people who speak to their computer, or whose hands slip, press them unawares. */

import { openedPopup } from "../popup.js";
import { afterKey, keyOf } from "./sequence.js";
import { keysOnPage } from "./table.js";

const STORAGE_KEY = "dashboard-single-keys";
const LONGEST_PAUSE_MS = 1500;

let pressed = [];
let pressedAt = 0;
let isOn = read();

function read() {
  try {
    return localStorage.getItem(STORAGE_KEY) !== "off";
  } catch {
    return true;
  }
}

/* Returns whether single keys do something. */
export function hasSingleKeys() {
  return isOn;
}

/* Switches single keys on or off, and remembers it in this browser. */
export function setSingleKeys(on) {
  isOn = on;
  try {
    localStorage.setItem(STORAGE_KEY, on ? "on" : "off");
  } catch {
    // Storage is denied: it holds for this visit.
  }
  showShortcuts();
}

function isTyping(element) {
  return Boolean(element?.closest?.("input, textarea, select, [contenteditable]"));
}

function isTaken(key, target) {
  if (key.startsWith("Control+")) {
    return Boolean(document.querySelector("dialog[open]:not(#search)"));
  }
  return !isOn || isTyping(target) || openedPopup() || document.querySelector("dialog[open]");
}

function onKey(event) {
  const key = event.defaultPrevented || event.isComposing || event.repeat ? null : keyOf(event);
  if (!key || isTaken(key, event.target)) {
    return;
  }
  const before = event.timeStamp - pressedAt < LONGEST_PAUSE_MS ? pressed : [];
  const rows = keysOnPage();
  const next = afterKey(
    before,
    key,
    rows.map(({ keys }) => keys),
  );
  pressed = next.pressed;
  pressedAt = event.timeStamp;
  if (next.found) {
    event.preventDefault();
    rows.find(({ keys }) => keys === next.found).element.click();
  }
}

/* Says on buttons which keys press them; a sequence of keys cannot be said there. */
export function showShortcuts() {
  const known = new Map();
  for (const { keys, element } of keysOnPage()) {
    if (!keys.includes(" ")) {
      const isLive = isOn || keys.startsWith("Control+");
      known.set(element, [...(known.get(element) ?? []), ...(isLive ? [keys] : [])]);
    }
  }
  for (const [element, keys] of known) {
    const text = keys.join(" ");
    if ((element.getAttribute("aria-keyshortcuts") ?? "") !== text) {
      element.setAttribute("aria-keyshortcuts", text);
    }
  }
}

/* Makes the keys work from now on. */
export function watchKeys() {
  document.addEventListener("keydown", onKey);
}
