/* What is asked of a page: the controls in the bar, and the page that reads itself when the address changes.

   The address holds all of it. Controls change the address, and show what it says. */

import { changeAddress, getAddress, onAddress, selectionText, withFilter } from "./address.js";
import { button, element, elementWith, icon } from "./elements.js";
import { openPage, readPage, turnToStart } from "./page.js";
import { valuesOnPage } from "./point_menu.js";
import { closePopup, togglePopup } from "./popup.js";
import { daysOfRange, filterLabel, filterValue, RANGES, rangeLabel, rangeOfDays } from "./ranges.js";

const BUTTON = "btn btn-sm quiet-button ask-button";

let shown = "";

function place() {
  return document.getElementById("bar-controls");
}

function takes(part) {
  return (openPage()?.dataset[part] ?? "").split(" ").filter(Boolean);
}

function setRange(range, change = {}) {
  closePopup();
  changeAddress({ range, ...change });
}

function rangeChoice(address, range, label) {
  return button(
    "ask-choice",
    { "aria-pressed": String(address.range === range), "data-range": range ?? "" },
    () => setRange(range),
    label,
  );
}

/* The range and the comparison in one click. */
function againstPrior(address, range, label) {
  const isSet = address.compare && address.range === range;
  return range === null
    ? []
    : [
        button(
          "ask-choice ask-prior",
          {
            "aria-pressed": String(isSet),
            "aria-label": `vs prior ${label}`,
            "data-prior": range,
          },
          () => setRange(range, { compare: true }),
          "vs prior",
        ),
      ];
}

function rangeMenu(address) {
  const choices = [[null, "Default"], ...RANGES].map(([range, label]) =>
    element("div", "ask-choices", rangeChoice(address, range, label), ...againstPrior(address, range, label)),
  );
  return elementWith(
    "div",
    { class: "popup ask-menu", id: "range-menu", role: "group", "aria-label": "Range", hidden: "" },
    ...choices,
    daysForm(address),
  );
}

function daysForm(address) {
  const [first, last] = daysOfRange(address.range) ?? ["", ""];
  const today = localDay();
  const [from, to] = [
    ["From", first],
    ["To", last],
  ].map(([label, value]) => {
    const input = elementWith("input", {
      class: "form-control form-control-sm",
      type: "date",
      max: today,
      required: "",
    });
    input.value = value;
    return element("label", "ask-day", label, input);
  });
  const form = element(
    "form",
    "ask-days",
    from,
    to,
    elementWith("button", { class: "btn btn-sm btn-outline-secondary", type: "submit" }, "Show"),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    setRange(rangeOfDays(...Array.from(form.querySelectorAll("input"), (input) => input.value)));
  });
  return form;
}

/* Today, in the time zone of the dashboard. */
function localDay() {
  const timeZone = document.querySelector("[data-time-zone]")?.dataset.timeZone;
  return new Date().toLocaleDateString("sv-SE", timeZone ? { timeZone } : {});
}

function rangeControl(address) {
  const menu = rangeMenu(address);
  const opener = button(
    `${BUTTON}${address.range ? " is-set" : ""}`,
    { id: "range-button", "aria-expanded": "false", "aria-controls": "range-menu", title: "Range" },
    (made) => togglePopup(made, menu),
    icon("calendar"),
    element("span", "ask-label", rangeLabel(address.range)),
  );
  return element("div", "ask-part", opener, menu);
}

function compareControl(address) {
  return button(
    `${BUTTON}${address.compare ? " is-set" : ""}`,
    {
      id: "compare-button",
      "aria-pressed": String(address.compare),
      title: "Compare with the period before",
      "aria-label": "Compare with the period before",
    },
    () => changeAddress({ compare: !getAddress().compare }),
    icon("compare"),
    element("span", "ask-label", "Compare"),
  );
}

/* The values to filter by are those of the page's charts, so they are gathered when the menu opens. */
function filterControl() {
  const menu = elementWith("div", {
    class: "popup ask-menu ask-values",
    id: "filter-menu",
    role: "group",
    "aria-label": "Filter",
    hidden: "",
  });
  const opener = button(
    BUTTON,
    { id: "filter-button", "aria-expanded": "false", "aria-controls": "filter-menu", title: "Filter" },
    (made) => {
      menu.replaceChildren(...filterChoices());
      togglePopup(made, menu);
    },
    icon("funnel"),
    element("span", "ask-label", "Filter"),
  );
  return element("div", "ask-part", opener, menu);
}

function filterChoices() {
  const columns = valuesOnPage(takes("filters"));
  if (!columns.length) {
    return [element("p", "ask-nothing", "No values to filter by")];
  }
  return columns.flatMap(([column, values]) => [
    element("p", "ask-heading", column.replaceAll("_", " ")),
    ...values.map((value) =>
      button(
        "ask-choice",
        {},
        () => {
          closePopup();
          addFilter(column, value);
        },
        filterValue(value),
      ),
    ),
  ]);
}

function chip([column, value]) {
  const label = filterLabel(column, value);
  const isTaken = takes("filters").includes(column);
  return elementWith(
    "span",
    { class: `ask-chip${isTaken ? "" : " is-idle"}`, "data-column": column, title: label },
    element("bdi", "ask-chip-text", label),
    button("ask-remove", { "aria-label": `Remove filter ${label}` }, () => removeFilter(column), icon("x")),
  );
}

/* Adds a filter, in place of another one of its column. */
export function addFilter(column, value) {
  changeAddress({ filters: withFilter(getAddress(), column, value).filters });
}

/* Returns whether the page is filtered by a value. */
export function hasFilter(column, value) {
  return getAddress().filters.some(([name, cell]) => name === column && cell === value);
}

/* Takes the filter of a column away. */
export function removeFilter(column) {
  changeAddress({ filters: withFilter(getAddress(), column, undefined).filters });
  (document.querySelector(".ask-remove") ?? document.getElementById("filter-button"))?.focus();
}

/* Puts the controls of the open page into the bar, if they are not there as they should be. */
export function showControls() {
  const [holder, page] = [place(), openPage()];
  if (!holder || !page) {
    return;
  }
  const address = getAddress();
  const state = JSON.stringify([page.dataset.page, selectionText(address)]);
  if (holder.dataset.state === state && holder.childElementCount) {
    return;
  }
  const focused = holder.contains(document.activeElement) ? document.activeElement.id : "";
  holder.dataset.state = state;
  const [ranged, filters] = [takes("ranged"), takes("filters")];
  const chips = address.filters.map(chip);
  holder.replaceChildren(
    ...(ranged.length ? [rangeControl(address), compareControl(address)] : []),
    ...(filters.length ? [filterControl()] : []),
    ...(chips.length
      ? [elementWith("div", { class: "ask-chips", role: "group", "aria-label": "Filters" }, ...chips)]
      : []),
  );
  if (focused) {
    document.getElementById(focused)?.focus();
  }
}

/* Makes the page read itself whenever its address asks for something else. */
export function followSelection() {
  shown = selectionText(getAddress());
  onAddress((address) => {
    const [asked, page] = [selectionText(address), openPage()];
    showControls();
    if (asked !== shown && page && !address.isOtherPage) {
      turnToStart(page);
      readPage(page);
    }
    shown = asked;
  });
}
