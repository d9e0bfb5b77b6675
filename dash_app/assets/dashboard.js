/* What happens in the browser alone: theme, narrow navigation, ages that grow, tables that sort, the bar
   that tells how far a run has come. */
(function () {
  "use strict";
  const root = document.documentElement;
  const systemDark = matchMedia("(prefers-color-scheme: dark)");
  const wishes = ["auto", "light", "dark"];

  function applyTheme(wish) {
    root.setAttribute("data-theme-wish", wish);
    const dark = wish === "dark" || (wish === "auto" && systemDark.matches);
    root.setAttribute("data-bs-theme", dark ? "dark" : "light");
    labelTheme();
  }

  function labelTheme() {
    const button = document.getElementById("theme-toggle");
    if (!button) { return; }
    const wish = root.getAttribute("data-theme-wish") || "auto";
    const name = "Theme: " + wish;
    button.setAttribute("aria-label", name + ". Change");
    const label = button.querySelector(".theme-label");
    if (label && label.textContent !== name) { label.textContent = name; }
  }

  function nextTheme() {
    const wish = wishes[(wishes.indexOf(root.getAttribute("data-theme-wish")) + 1) % wishes.length];
    try { localStorage.setItem("dashboard-theme", wish); } catch (blocked) { /* kept for this visit only */ }
    applyTheme(wish);
  }

  systemDark.addEventListener("change", function () {
    if (root.getAttribute("data-theme-wish") === "auto") { applyTheme("auto"); }
  });

  function setMenu(open) {
    document.body.classList.toggle("menu-open", open);
    const button = document.getElementById("menu-toggle");
    if (button) { button.setAttribute("aria-expanded", String(open)); }
  }

  function ageOf(seconds) {
    if (Math.abs(seconds) < 5) { return "just now"; }
    const size = Math.abs(seconds);
    const units = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
    const unit = units.find(function (pair) { return size >= pair[1]; }) || units[3];
    const text = Math.floor(size / unit[1]) + " " + unit[0];
    return seconds > 0 ? text + " ago" : "in " + text;
  }

  function growAges() {
    document.querySelectorAll("[data-age]").forEach(function (element) {
      const text = ageOf((Date.now() - Date.parse(element.dataset.age)) / 1000);
      if (element.textContent !== text) { element.textContent = text; }
    });
  }

  /* The order a reader chose for a table, by the id of the element that holds it: kept over a new value. */
  const chosen = new Map();

  function sortTable(table, column, descending) {
    const body = table.tBodies[0];
    const keyed = Array.from(body.rows).map(function (row) {
      const text = row.cells[column].dataset.sort;
      const value = Number(text);
      return { row: row, key: text !== "" && !Number.isNaN(value) ? value : text.toLowerCase() };
    });
    keyed.sort(function (a, b) {
      if (a.key === b.key) { return 0; }
      const before = typeof a.key === typeof b.key ? a.key < b.key : typeof a.key === "number";
      return (before ? -1 : 1) * (descending ? -1 : 1);
    });
    keyed.forEach(function (entry) { body.appendChild(entry.row); });
    Array.from(table.tHead.rows[0].cells).forEach(function (cell, index) {
      if (index === column) { cell.setAttribute("aria-sort", descending ? "descending" : "ascending"); }
      else { cell.removeAttribute("aria-sort"); }
    });
    table.dataset.sorted = "yes";
  }

  function holderOf(table) { return table.closest("[id]"); }

  function onSort(button) {
    const heading = button.closest("th");
    const table = button.closest("table");
    const numeric = heading.classList.contains("numeric");
    const now = heading.getAttribute("aria-sort");
    const descending = now ? now === "ascending" : numeric;
    chosen.set(holderOf(table).id, { column: heading.cellIndex, descending: descending });
    sortTable(table, heading.cellIndex, descending);
  }

  /* How far the run under way has come, whoever started it. The server is asked once a second while this
     page waits for values, and on until the run it waited for has ended; else never. */
  let watching = false;
  let wasWaiting = false;
  let nextLook = 0;

  function isWaiting() { return !!document.querySelector("[data-page] .is-loading, .run-button.is-busy"); }

  function isShown() { return !!document.querySelector("#run-progress:not([hidden])"); }

  function watchRuns() {
    const waits = isWaiting();
    const filled = wasWaiting && !waits;
    wasWaiting = waits;
    if (waits && !watching) {
      watching = true;
      nextLook = setTimeout(lookAtRun, 400);
    } else if (filled && nextLook) {
      clearTimeout(nextLook);
      nextLook = setTimeout(lookAtRun, 50);
    }
  }

  async function lookAtRun() {
    nextLook = 0;
    let run = null;
    if (isWaiting() || isShown()) {
      try {
        const answer = await fetch("/state", { cache: "no-store" });
        if (answer.ok) { run = (await answer.json()).run; }
      } catch (away) { /* what cannot be read the page itself tells */ }
    }
    showRun(run);
    watching = !!run || isWaiting();
    if (watching) { nextLook = setTimeout(lookAtRun, 1000); }
  }

  function showRun(run) {
    const box = document.getElementById("run-progress");
    if (!box) { return; }
    if (run) {
      const bar = box.querySelector(".run-bar");
      setText(box.querySelector(".run-title"), run.title);
      setText(box.querySelector(".run-time"), spanOf(run.seconds));
      setText(box.querySelector(".run-step"), run.step);
      if (run.total > 0) { bar.max = run.total; bar.value = run.done; }
      else { bar.removeAttribute("value"); }
    }
    box.hidden = !run;
  }

  function spanOf(seconds) {
    return seconds < 60 ? seconds + " s" : Math.floor(seconds / 60) + " min " + (seconds % 60) + " s";
  }

  function setText(element, text) { if (element.textContent !== text) { element.textContent = text; } }

  function settle() {
    labelTheme();
    watchRuns();
    document.querySelectorAll("table.sortable:not([data-sorted])").forEach(function (table) {
      const order = chosen.get(holderOf(table).id);
      if (order) { sortTable(table, order.column, order.descending); }
    });
    document.querySelectorAll("#sidebar .nav-link").forEach(function (link) {
      if (link.classList.contains("active")) { link.setAttribute("aria-current", "page"); }
      else { link.removeAttribute("aria-current"); }
    });
  }

  document.addEventListener("click", function (event) {
    if (event.target.closest("#theme-toggle")) { nextTheme(); }
    else if (event.target.closest("#menu-toggle")) { setMenu(!document.body.classList.contains("menu-open")); }
    else if (event.target.closest("#scrim, #sidebar .nav-link")) { setMenu(false); }
    else if (event.target.closest("table.sortable .sort")) { onSort(event.target.closest(".sort")); }
  });
  document.addEventListener("keydown", function (event) { if (event.key === "Escape") { setMenu(false); } });

  let waiting = false;
  new MutationObserver(function () {
    if (waiting) { return; }
    waiting = true;
    requestAnimationFrame(function () { waiting = false; settle(); });
  }).observe(document.body || root, { childList: true, subtree: true, attributes: true, attributeFilter: ["class"] });
  setInterval(growAges, 5000);
})();
