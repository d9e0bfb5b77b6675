/* The dialog that lists the keys, and switches single keys off and on. */

import { CHART_KEYS } from "../charts/keys.js";
import { makeDialog, showDialog } from "../dialog.js";
import { element, elementWith } from "../elements.js";
import { hasSingleKeys, setSingleKeys } from "./keys.js";
import { keysOnPage } from "./table.js";

const NAMES = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓" };
const ALWAYS = [
  { keys: "Tab", label: "Next control" },
  { keys: "Escape", label: "Close what is on top" },
  { keys: "ArrowUp ArrowDown", label: "Next item of a menu" },
];

let dialog = null;

/* Opens the dialog. */
export function openKeys() {
  dialog ??= makeDialog("keys");
  const onPage = keysOnPage();
  const isPage = ({ keys }) => keys.startsWith("g ");
  showDialog(
    dialog,
    "Keys",
    "They do nothing while you type.",
    ...group(
      "On every page",
      onPage.filter((row) => !isPage(row)),
    ),
    ...group("Go to", onPage.filter(isPage)),
    ...group("On a chart", CHART_KEYS),
    ...group("Everywhere", ALWAYS),
    switchOf(),
  );
}

function group(title, rows) {
  const pairs = rows.flatMap(({ keys, label }) => [
    element("dt", "", ...keys.split(" ").map(keyboardKey)),
    element("dd", "", label),
  ]);
  return rows.length ? [element("h3", "", title), element("dl", "", ...pairs)] : [];
}

function keyboardKey(key) {
  const parts = key.split("+").map((part) => NAMES[part] ?? part.replace("Control", "Ctrl"));
  return element(
    "kbd",
    "",
    parts.length > 1 ? parts.join(" ").toUpperCase().replace("CTRL", "Ctrl") : parts[0],
  );
}

function switchOf() {
  const box = elementWith("input", { type: "checkbox" });
  box.checked = hasSingleKeys();
  box.addEventListener("change", () => setSingleKeys(box.checked));
  return element("label", "keys-switch", box, "Single keys, and g with another");
}
