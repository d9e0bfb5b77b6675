/* The items of a card's ⋯ menu, in their order. An item has a `name`, an `icon`, a `label` (a text, or a
   function of the card), and `act(card, button)`; `isFor(card)` says which cards have it. */

import { isFull, toggleFull } from "./full_screen.js";
import { copyLink } from "./link.js";
import { refreshCard } from "./refresh.js";

const hasDataset = (card) => card.dataset.key !== "";
const mayRefresh = () => !document.querySelector(".only-looks");

export const ITEMS = [
  {
    name: "refresh",
    icon: "arrow-clockwise",
    label: "Refresh",
    isFor: (card) => hasDataset(card) && mayRefresh(),
    act: refreshCard,
  },
  { name: "link", icon: "link-45deg", label: "Copy link", act: copyLink },
  {
    name: "full",
    icon: "arrows-fullscreen",
    label: (card) => (isFull(card) ? "Leave full screen" : "Full screen"),
    act: toggleFull,
  },
];
