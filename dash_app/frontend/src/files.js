/* Files that the browser saves: their names, and how they are handed over. */

/* Returns the name of a card's file: dataset or card, what is asked of it, and the instant of its values. */
export function nameOf({ key, card, asOf }, ending) {
  const at = asOf.replace(/\D/g, "").replace(/^(\d{8})(\d{6}).*$/, "$1T$2Z");
  const name = (key || card).replace(/[^\w.-]+/g, "_");
  return `${at ? `${name}_${at}` : name}.${ending}`;
}

/* Returns the name of the file of a card that is shown. */
export function fileName(card, ending) {
  return nameOf({ key: card.dataset.key, card: card.dataset.card, asOf: card.dataset.asOf }, ending);
}

/* Has the browser save a blob under a name. */
export function saveFile(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
