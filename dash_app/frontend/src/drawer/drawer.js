/* The drawer: the rows behind a number, beside the page or, on a phone, above it. */

import styles from "../../styles/drawer.css";
import { button, element, elementWith } from "../elements.js";
import { BLOCK_ROWS, makeGrid } from "./grid.js";
import { rowsQuery } from "./request.js";
import { closeBySwipe } from "./swipe.js";
import { showText } from "./text.js";
import { cellText, count, differenceOf, errorPath, lineOf, pathOf } from "./words.js";

const RETRY_MS = [2000, 4000, 8000, 15000];
const SHORT_TEXT = 200;
const ALIKE = "All errors of this kind";
const MOST_CSV_ROWS = 100_000;

const sheet = new CSSStyleSheet();
sheet.replaceSync(styles);
document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];

/* Returns a menu that opens below its name, hidden as long as it is empty. */
function menuOf(name) {
  const made = element("details", "rows-menu", element("summary", "rows-button", name));
  made.hidden = true;
  return made;
}

/* Returns an element that is hidden as long as it has nothing to say. */
function hiddenOne(tag, attributes) {
  return elementWith(tag, { ...attributes, hidden: "" });
}

/* One open drawer. `context` has what the page's script knows: `address`, which returns an address of the
   server, `zone`, the time zone of the page, `onView`, which takes the order and filters, and `onClose`. */
class Drawer {
  constructor(number, view, context) {
    this.number = number;
    this.context = context;
    this.view = view;
    this.zone = context.zone;
    this.failures = 0;
    this.answer = null;
    this.grid = null;
    this.build();
    this.load();
  }

  build() {
    this.heading = elementWith("h2", { id: "rows-title", tabindex: "-1" }, this.number.title);
    this.line = elementWith("p", { class: "rows-line", role: "status" });
    this.difference = hiddenOne("p", { class: "rows-difference" });
    this.trouble = hiddenOne("p", { class: "rows-trouble", role: "alert" });
    this.nothing = hiddenOne("p", { class: "rows-nothing" });
    this.columns = menuOf("Columns");
    this.files = menuOf("CSV");
    this.copy = button("rows-button", {}, () => this.copyLink(), "Copy link");
    const cross = elementWith("span", { "aria-hidden": "true" }, "×");
    const named = { title: "Close", "aria-label": "Close" };
    const close = button("rows-button rows-close", named, () => this.context.onClose(), cross);
    this.body = element("div", "rows-grid");
    const head = element(
      "header",
      "rows-head",
      element("div", "rows-what", this.heading, this.line, this.difference),
      element("div", "rows-actions", this.columns, this.files, this.copy, close),
    );
    this.holder = element("div", "rows-holder is-waiting", this.body, this.nothing);
    this.dialog = elementWith(
      "dialog",
      { class: "rows-drawer", id: "rows-drawer", "aria-labelledby": "rows-title" },
      head,
      this.trouble,
      this.holder,
    );
    closeBySwipe(this.dialog, head, () => this.context.onClose());
    this.line.textContent = lineOf(null, this.number.cells);
    this.listen();
    document.body.append(this.dialog);
    this.dialog.showModal();
    this.heading.focus();
  }

  listen() {
    this.dialog.addEventListener("click", (event) => {
      if (event.target === this.dialog) {
        this.context.onClose();
      }
      for (const menu of [this.columns, this.files]) {
        menu.open = menu.open && menu.contains(event.target);
      }
    });
    // What is open above the rows takes Escape first. AG Grid's popups have gone when `cancel` comes.
    this.dialog.addEventListener(
      "keydown",
      (event) => {
        if (event.key === "Escape" && this.closeTopmost()) {
          event.preventDefault();
        }
      },
      { capture: true },
    );
    this.dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.context.onClose();
    });
  }

  closeTopmost() {
    const menu = [this.columns, this.files].find(({ open }) => open);
    if (menu) {
      menu.open = false;
      menu.firstElementChild.focus();
      return true;
    }
    return Boolean(this.dialog.querySelector(".ag-popup-child"));
  }

  async fetch(offset, view) {
    const query = rowsQuery(this.number, view, this.zone, { offset, limit: BLOCK_ROWS });
    const answer = await this.context.json(`/api/rows?${query}`);
    this.failures = 0;
    this.trouble.hidden = true;
    return answer;
  }

  async load() {
    try {
      const answer = await this.fetch(0, this.view);
      if (this.dialog.isConnected) {
        this.show(answer);
      }
    } catch (error) {
      this.failed(error, () => this.load());
    }
  }

  failed(error, retry) {
    if (!this.dialog.isConnected) {
      return;
    }
    this.trouble.textContent = error.message;
    this.trouble.hidden = false;
    if (error.isFinal) {
      this.holder.classList.remove("is-waiting");
      return;
    }
    clearTimeout(this.timer);
    this.timer = setTimeout(retry, RETRY_MS[Math.min(this.failures, RETRY_MS.length - 1)]);
    this.failures += 1;
  }

  show(answer) {
    this.answer = answer;
    this.zone = answer.time_zone || this.zone;
    // The rows go on being those of the instant that they were first counted at.
    this.number = { ...this.number, asOf: answer.as_of };
    this.holder.classList.remove("is-waiting");
    const hidden = this.hiddenColumns();
    this.grid = makeGrid(this.body, {
      first: answer,
      load: (offset, view) => this.fetch(offset, view),
      zone: this.zone,
      view: this.view,
      hidden,
      look: (...cell) => this.look(...cell),
      popups: this.dialog,
      onAnswer: (one) => this.note(one),
      onTrouble: (error) => this.failed(error, () => this.grid.reload()),
      onView: (view) => this.seen(view),
      onOpen: (...cell) => this.openCell(...cell),
    });
    this.offerColumns(answer.columns, hidden);
  }

  note(answer) {
    this.line.textContent = lineOf(answer, this.number.cells);
    this.difference.textContent = differenceOf(answer, this.zone);
    this.difference.hidden = !this.difference.textContent;
    this.nothing.hidden = answer.total > 0;
    this.nothing.textContent = answer.counted > 0 ? "No rows match the filters" : "No rows";
    if (answer.counted > 0 && answer.total === 0) {
      const clear = button("rows-button", {}, () => this.grid.clearFilters(), "Clear filters");
      this.nothing.append(" ", clear);
    }
    this.offerFiles(answer);
  }

  seen(view) {
    this.view = view;
    this.context.onView(view);
  }

  look(text, value, column, row) {
    if (column.link === "error" && row.error) {
      const whole = { class: "rows-long", title: "Show the whole text" };
      const shown = element("bdi", "", value ? elementWith("span", whole, text) : text);
      return element("span", "rows-error", this.errorLink(row.error, "↗"), " ", shown);
    }
    const link = this.linkOf(column, value);
    if (link) {
      return elementWith("a", { href: link }, text);
    }
    const shown = element("bdi", "", text);
    const long = { class: "rows-long", title: "Show the whole text" };
    return column.long && value ? elementWith("span", long, shown) : shown;
  }

  errorLink(kind, text) {
    const href = this.context.address(errorPath(kind)).href;
    return elementWith("a", { href, title: ALIKE, "aria-label": ALIKE }, text);
  }

  linkOf({ link }, value) {
    const path = pathOf(link, value);
    return path && this.context.address(path).href;
  }

  openCell(column, row, value, cell) {
    const link = cell?.querySelector("a");
    if (link && column.link === "error") {
      if (document.activeElement === link) {
        return;
      }
    } else if (link) {
      if (document.activeElement !== link) {
        link.click();
      }
      return;
    }
    if (!column.long || !value) {
      return;
    }
    const isCut = String(value).length >= SHORT_TEXT && row.id !== null;
    const query = new URLSearchParams({ table: this.answer.table, id: row.id, column: column.name });
    showText(this.dialog, cell, {
      label: column.label,
      link: column.link === "error" && row.error ? this.errorLink(row.error, ALIKE) : null,
      text: cellText(value, column, this.zone),
      whole: isCut ? () => this.context.json(`/api/text?${query}`) : null,
    });
  }

  get hiddenKey() {
    return `dashboard-rows-hidden:${this.answer.table}`;
  }

  hiddenColumns() {
    try {
      return new Set(JSON.parse(localStorage.getItem(this.hiddenKey)) || []);
    } catch {
      return new Set();
    }
  }

  offerColumns(columns, hidden) {
    const list = element("fieldset", "rows-menu-list", element("legend", "visually-hidden", "Columns"));
    for (const column of columns) {
      const box = elementWith("input", { type: "checkbox" });
      box.checked = !hidden.has(column.name);
      box.addEventListener("change", () => {
        this.grid.setShown(column.name, box.checked);
        hidden[box.checked ? "delete" : "add"](column.name);
        localStorage.setItem(this.hiddenKey, JSON.stringify([...hidden]));
      });
      list.append(elementWith("label", { title: column.help || "" }, box, ` ${column.label}`));
    }
    this.columns.append(list);
    this.columns.hidden = false;
  }

  offerFiles(answer) {
    const cut = answer.total > MOST_CSV_ROWS ? `, the first ${count(MOST_CSV_ROWS)} rows` : "";
    const links = [
      ["CSV", {}],
      ["CSV for Excel", { bom: 1 }],
    ].map(([name, more]) => {
      const query = rowsQuery(this.number, this.view, this.zone, more);
      const href = this.context.address(`/api/rows.csv?${query}`).href;
      return elementWith("a", { href, download: "" }, name + cut);
    });
    this.files.querySelector(".rows-menu-list")?.remove();
    this.files.append(element("div", "rows-menu-list", ...links));
    this.files.hidden = false;
  }

  async copyLink() {
    try {
      await navigator.clipboard.writeText(location.href);
      this.copy.textContent = "Copied";
    } catch {
      this.copy.textContent = "Copy it from the address bar";
    }
    setTimeout(() => {
      this.copy.textContent = "Copy link";
    }, 2000);
  }

  remove() {
    clearTimeout(this.timer);
    this.grid?.destroy();
    this.dialog.close();
    this.dialog.remove();
  }
}

/* Opens the drawer on the rows behind a number, and returns it. */
export function openDrawer(number, view, context) {
  return new Drawer(number, view, context);
}
