/* A word that confirms what was just done, at the lower edge, for a moment. */

import { element } from "./elements.js";

const SHOWN_MS = 2500;
let toast = null;
let ends = 0;

/* Shows a word. */
export function say(text) {
  if (!toast) {
    toast = element("p", "toast-word");
    toast.setAttribute("role", "status");
    document.body.append(toast);
  }
  toast.textContent = text;
  toast.classList.add("is-shown");
  clearTimeout(ends);
  ends = setTimeout(() => toast.classList.remove("is-shown"), SHOWN_MS);
}
