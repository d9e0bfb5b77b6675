/* The theme: a preference (auto, light, dark) that this browser remembers, and its button. The document's own
   inline script applies it before the first paint. */

import { setText } from "./text.js";

const ATTRIBUTE = "data-theme-preference";
const STORAGE_KEY = "dashboard-theme";
const PREFERENCES = ["auto", "light", "dark"];

const root = document.documentElement;
const systemDark = matchMedia("(prefers-color-scheme: dark)");

function preference() {
  return root.getAttribute(ATTRIBUTE) || "auto";
}

function apply(wanted) {
  const dark = wanted === "dark" || (wanted === "auto" && systemDark.matches);
  root.setAttribute(ATTRIBUTE, wanted);
  root.setAttribute("data-bs-theme", dark ? "dark" : "light");
  labelThemeButton();
}

/* Writes the preference on its button. */
export function labelThemeButton() {
  const button = document.getElementById("theme-toggle");
  if (button) {
    const name = `Theme: ${preference()}`;
    button.setAttribute("aria-label", `${name}. Change`);
    setText(button.querySelector(".theme-label"), name);
  }
}

/* Moves on to the next preference. */
export function nextTheme() {
  const wanted = PREFERENCES[(PREFERENCES.indexOf(preference()) + 1) % PREFERENCES.length];
  try {
    localStorage.setItem(STORAGE_KEY, wanted);
  } catch {
    // Storage is denied: the preference holds for this visit.
  }
  apply(wanted);
}

/* Follows the system's theme while the preference is auto. */
export function followSystemTheme() {
  systemDark.addEventListener("change", () => {
    if (preference() === "auto") {
      apply("auto");
    }
  });
}
