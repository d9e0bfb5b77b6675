/* The search: a dialog over any page, opened by its button, by Ctrl-K, by Command-K or by "/". A combobox: the
   text field keeps the focus, and the arrows move through the hits. */

import { elementWith } from "../elements.js";
import { askFor, stopAsking } from "./asking.js";
import { goTo, isPlainClick, keptPath } from "./going.js";
import { grouped, movedTo, partsOf, recentHits } from "./hits.js";
import { rememberHit, storedRecent } from "./recent.js";

const HINT = "Domain, contact, job, model, error, page, dataset";
const NOTHING = "Nothing is found";
const AWAY = "The server does not answer";

/* The kinds whose pages take a range. */
const ASKED = ["page", "dataset", "model"];

let dialog = null;
let field = null;
let list = null;
let line = null;
/* The hits shown, in their order, and the place of the active one. */
let hits = [];
let active = -1;
let isAsking = false;
/* Enter was pressed before the hits came: the first of them is opened then. */
let opensFirst = false;

function build() {
  field = elementWith("input", {
    id: "search-field",
    type: "text",
    role: "combobox",
    "aria-label": "Search",
    "aria-controls": "search-hits",
    "aria-expanded": "false",
    "aria-autocomplete": "list",
    autocomplete: "off",
    autocapitalize: "none",
    spellcheck: "false",
    enterkeyhint: "go",
    maxlength: "200",
    placeholder: HINT,
  });
  const close = elementWith(
    "button",
    { type: "button", class: "btn btn-sm quiet-button search-close" },
    "Close",
  );
  list = elementWith("div", {
    id: "search-hits",
    role: "listbox",
    "aria-label": "Results",
    class: "search-hits",
  });
  line = elementWith("p", { class: "search-line", role: "status" });
  const icon = elementWith("span", { class: "icon icon-search", "aria-hidden": "true" });
  dialog = elementWith(
    "dialog",
    { id: "search", class: "search", "aria-label": "Search" },
    elementWith("div", { class: "search-head" }, icon, field, close),
    list,
    line,
  );
  field.addEventListener("input", () => ask());
  field.addEventListener("keydown", onKey);
  close.addEventListener("click", () => dialog.close());
  list.addEventListener("click", onHitClick);
  // The field keeps the focus, so that one can go on typing.
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  list.addEventListener("pointermove", (event) => activate(placeOf(event.target)));
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) {
      dialog.close();
    }
  });
  dialog.addEventListener("close", stopAsking);
  document.body.append(dialog);
}

/* Opens the search over the page. */
export function openSearch() {
  if (!dialog) {
    build();
  }
  if (dialog.open) {
    field.select();
    return;
  }
  field.value = "";
  show([], "");
  dialog.showModal();
  field.focus();
  ask(true);
}

function ask(soon = false) {
  isAsking = true;
  opensFirst = false;
  const text = field.value;
  askFor(text, (answer) => receive(text, answer), soon);
}

function receive(text, answer) {
  isAsking = false;
  if (answer === null) {
    show([], AWAY);
    return;
  }
  const recent = text.trim() ? [] : recentHits(storedRecent(), answer.kinds);
  const found = [...recent, ...answer.hits];
  const more = answer.trouble || (found.length === 0 ? NOTHING : "");
  show(found, more);
  if (opensFirst && hits.length > 0) {
    open(hits[0]);
  }
}

function show(found, words) {
  const groups = grouped(found);
  hits = groups.flatMap(([, group]) => group);
  let place = 0;
  list.replaceChildren(
    ...groups.map(([heading, group], number) => {
      const title = elementWith("div", { class: "search-kind", id: `search-kind-${number}` }, heading);
      const options = group.map((hit) => option(hit, place++));
      return elementWith("div", { role: "group", "aria-labelledby": title.id }, title, ...options);
    }),
  );
  list.scrollTop = 0;
  field.setAttribute("aria-expanded", String(hits.length > 0));
  active = -1;
  activate(hits.length > 0 ? 0 : -1);
  line.textContent = words;
}

function option(hit, place) {
  const [before, found, after] = partsOf(hit.text, field.value);
  const text = elementWith("bdi", { class: "search-text" }, before);
  if (found) {
    text.append(elementWith("mark", {}, found), after);
  }
  const attributes = { id: `search-hit-${place}`, role: "option", class: "search-hit", tabindex: "-1" };
  const element = elementWith("a", { ...attributes, "aria-selected": "false", "data-path": hit.path }, text);
  if (hit.detail) {
    element.append(elementWith("bdi", { class: "search-detail" }, hit.detail));
  }
  return element;
}

function placeOf(element) {
  const found = element.closest?.(".search-hit");
  return found ? Number(found.id.slice("search-hit-".length)) : active;
}

function activate(place) {
  if (place === active) {
    return;
  }
  document.getElementById(`search-hit-${active}`)?.setAttribute("aria-selected", "false");
  active = place;
  const element = document.getElementById(`search-hit-${active}`);
  if (element) {
    element.setAttribute("aria-selected", "true");
    field.setAttribute("aria-activedescendant", element.id);
  } else {
    field.removeAttribute("aria-activedescendant");
  }
}

function onKey(event) {
  if (event.isComposing) {
    return;
  }
  if (["ArrowDown", "ArrowUp"].includes(event.key)) {
    event.preventDefault();
    activate(movedTo(event.key, active, hits.length));
    document.getElementById(`search-hit-${active}`)?.scrollIntoView({ block: "nearest" });
  } else if (event.key === "Enter") {
    event.preventDefault();
    if (isAsking) {
      opensFirst = true;
    } else if (active >= 0) {
      open(hits[active]);
    }
  }
}

function onHitClick(event) {
  const hit = event.target.closest(".search-hit") && hits[placeOf(event.target)];
  if (hit && isPlainClick(event)) {
    event.preventDefault();
    open(hit);
  }
}

function open(hit) {
  rememberHit(hit);
  dialog.close();
  goTo(ASKED.includes(hit.of || hit.kind) ? keptPath(hit.path) : hit.path);
}
