/* What stands above a table: the order of its rows where headings have no room, and the search in a long one. */

import { elementWith, icon } from "../elements.js";
import { turnTo } from "../page.js";
import { holderOf } from "./holder.js";
import { headingsOf, orderOf, sortBy } from "./order.js";

const PAUSE_MS = 250;
let pause = 0;

/* The texts typed, by the id of what holds the table: the server's is older while one types on. */
const typed = new Map();

function tableOf(tools) {
  return tools.parentElement.querySelector("table.sortable");
}

function choiceOf(order) {
  return order ? `${order.descending ? "descending" : "ascending"} ${order.heading}` : "";
}

function orderSelect(tools) {
  const select = elementWith("select", {
    class: "form-select form-select-sm table-order",
    "aria-label": `Order of ${tools.dataset.caption}`,
  });
  select.addEventListener("change", () => {
    const [direction, ...heading] = select.value.split(" ");
    if (direction) {
      sortBy(tableOf(tools), { heading: heading.join(" "), descending: direction === "descending" });
    }
  });
  return select;
}

function optionsOf(table) {
  return [
    elementWith("option", { value: "" }, "Sort by …"),
    ...headingsOf(table).flatMap((text) =>
      [
        ["ascending", "↑"],
        ["descending", "↓"],
      ].map(([direction, arrow]) =>
        elementWith("option", { value: `${direction} ${text}` }, `${text} ${arrow}`),
      ),
    ),
  ];
}

function findField(tools) {
  const label = `Find in ${tools.dataset.caption}`;
  const field = elementWith("input", {
    type: "search",
    class: "form-control form-control-sm",
    placeholder: "Find",
    "aria-label": label,
  });
  field.value = typed.get(holderOf(tools)) ?? tools.dataset.find;
  field.addEventListener("input", () => {
    typed.set(holderOf(tools), field.value);
    clearTimeout(pause);
    pause = setTimeout(() => turnTo(tools, { first: 0, find: field.value.trim() }), PAUSE_MS);
  });
  return elementWith("div", { class: "table-find" }, icon("search"), field);
}

/* Fills what stands above tables, and shows the order that each has. */
export function showTools() {
  for (const tools of document.querySelectorAll(".table-tools")) {
    const table = tableOf(tools);
    if (!tools.childElementCount) {
      tools.append(orderSelect(tools), ...("find" in tools.dataset ? [findField(tools)] : []));
    }
    if (!table) {
      continue;
    }
    const select = tools.firstElementChild;
    const names = table.tHead.textContent;
    if (select.dataset.of !== names) {
      select.dataset.of = names;
      select.replaceChildren(...optionsOf(table));
    }
    select.value = choiceOf(orderOf(table));
  }
}
