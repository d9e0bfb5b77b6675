/* The rows of a card as a file. */

import { answerOrToast } from "./answers.js";
import { fileName, saveFile } from "./files.js";
import { say } from "./toast.js";

/* Returns the path of a key's file or receipt: `path` with {key} filled in, and what the key selects as query. */
export function pathOfKey(path, key, more = "") {
  const [name, selected = ""] = key.split("?", 2);
  const query = [selected, more].filter(Boolean).join("&");
  return path.replace("{key}", name) + (query ? `?${query}` : "");
}

/* Returns whether a card has rows that can be saved: those of a dataset, or of the table of a system card. */
export function hasRows(card) {
  return card.dataset.key !== "" || card.dataset.kind === "table";
}

/* Saves the rows of a card; `bom` begins the file with a byte order mark. */
export async function saveRows(card, bom) {
  const key = card.dataset.key || `${card.closest("[data-page]").dataset.page}/${card.dataset.card}`;
  const path = pathOfKey("/export/{key}.csv", key, bom ? "bom=1" : "");
  const answer = await answerOrToast(path);
  if (answer === null) {
    return;
  }
  const named = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") ?? "");
  saveFile(await answer.blob(), named ? named[1] : fileName(card, "csv"));
  const [sent, all] = (answer.headers.get("Export-Rows") ?? "").split(" of ").map(Number);
  if (sent < all) {
    say(`The file has the first ${sent.toLocaleString("en-US")} of ${all.toLocaleString("en-US")} rows`);
  }
}
