/* The items of a card's ⋯ menu, in their order. An item has a `name`, an `icon`, a `label` (a text, or a
   function of the card), and `act(card, button)`; `isFor(card)` says which cards have it. */

import { hasRows, saveRows } from "./downloads.js";
import { isFull, toggleFull } from "./full_screen.js";
import { copyLink } from "./link.js";
import { savePicture } from "./picture.js";
import { showReceipt } from "./receipt.js";
import { refreshCard } from "./refresh.js";
import { showsTable, toggleTable } from "./table_view.js";

const hasDataset = (card) => card.dataset.key !== "";
const isChart = (card) => card.dataset.kind === "chart";
const mayRefresh = () => !document.querySelector(".only-looks");

export const ITEMS = [
  {
    name: "refresh",
    icon: "arrow-clockwise",
    label: "Refresh",
    isFor: (card) => hasDataset(card) && mayRefresh(),
    act: refreshCard,
  },
  {
    name: "table",
    icon: "table",
    label: (card) => (showsTable(card) ? "Chart" : "Table"),
    isFor: isChart,
    act: toggleTable,
  },
  { name: "link", icon: "link-45deg", label: "Copy link", act: copyLink },
  {
    name: "csv",
    icon: "download",
    label: "CSV",
    isFor: hasRows,
    act: (card) => saveRows(card, false),
  },
  {
    name: "csv-bom",
    icon: "file-earmark-spreadsheet",
    label: "CSV for Excel",
    isFor: hasRows,
    act: (card) => saveRows(card, true),
  },
  { name: "png", icon: "image", label: "PNG", act: savePicture },
  {
    name: "receipt",
    icon: "receipt",
    label: "How it was computed",
    isFor: hasDataset,
    act: showReceipt,
  },
  {
    name: "full",
    icon: "arrows-fullscreen",
    label: (card) => (isFull(card) ? "Leave full screen" : "Full screen"),
    act: toggleFull,
  },
];
