/* Files that the browser saves: their names, and how they are handed over. */

import { sourceName } from "./addresses.js";

/* Returns the name of a card's file: source, dataset or card, what is asked of it, and the instant of its values. */
export function nameOf({ key, card, asOf, source = "" }, ending) {
  const at = asOf.replace(/\D/g, "").replace(/^(\d{8})(\d{6}).*$/, "$1T$2Z");
  const own = (key || card).replace(/[^\w.-]+/g, "_");
  const name = source ? `${source}_${own}` : own;
  return `${at ? `${name}_${at}` : name}.${ending}`;
}

/* Returns the name of the file of a card that is shown. */
export function fileName(card, ending) {
  const { key, card: name, asOf } = card.dataset;
  return nameOf({ key, card: name, asOf, source: sourceName() }, ending);
}

/* Has the browser save a blob under a name. */
export function saveFile(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
