/* What happens in the browser alone: theme, narrow navigation, ages that grow, tables that sort; and what
   the server tells of by itself: a new version of the page's values, the run under way, what is amiss. */
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

  /* A span of time in its two largest units, as the server writes it. */
  function durationOf(seconds) {
    const parts = [];
    let left = Math.max(0, Math.floor(seconds));
    for (const unit of [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]]) {
      const count = Math.floor(left / unit[1]);
      left -= count * unit[1];
      if (count || parts.length) { parts.push(count ? count + " " + unit[0] : ""); }
      if (parts.length === 2) { break; }
    }
    return parts.filter(Boolean).join(" ") || "0 s";
  }

  /* The server's clock as last heard, and this page's own timer then: the browser's clock may be wrong, or be
     set while the page is open. */
  let serverClock = null;

  function hearClock(state) {
    if (state.now_ms) { serverClock = { now: state.now_ms, at: performance.now() }; }
  }

  function growAges() {
    if (!serverClock) { return; }
    const now = serverClock.now + performance.now() - serverClock.at;
    document.querySelectorAll("[data-age]").forEach(function (element) {
      const seconds = (now - Date.parse(element.dataset.age)) / 1000;
      setText(element, element.dataset.ageForm === "span" ? durationOf(seconds) : ageOf(seconds));
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

  /* The rows of long tables that a reader has turned to, by page and card. The server sorts such a table,
     for the browser holds a part of it. */
  const windows = {};
  let windowsOf = null;

  function turnTo(element, change) {
    const page = element.closest("[data-page]").dataset.page;
    const card = element.closest("[data-card]").dataset.card;
    const known = windows[page] || {};
    windows[page] = Object.assign({}, known, { [card]: Object.assign({}, known[card], change) });
    signal(element.closest("[data-page]"));
  }

  /* Makes a page read itself: it says which cards are in view, and the rows of long tables turned to. */
  function signal(element) {
    const page = element.dataset.page;
    window.dash_clientside.set_props(page + "-signal", {
      data: { in_view: cardsInView(element), windows: windows[page] || {}, at: Date.now() }
    });
  }

  /* A page that is laid out again shows the rows it showed before. */
  function restoreWindows() {
    const element = document.querySelector("[data-page]");
    if (!element || element === windowsOf || !window.dash_clientside) { return; }
    windowsOf = element;
    if (windows[element.dataset.page]) { signal(element); }
  }

  function onSort(button) {
    const heading = button.closest("th");
    const table = button.closest("table");
    const numeric = heading.classList.contains("numeric");
    const now = heading.getAttribute("aria-sort");
    const descending = now ? now === "ascending" : numeric;
    if (table.classList.contains("is-part")) {
      turnTo(table, { first: 0, column: heading.cellIndex, descending: descending });
      return;
    }
    chosen.set(holderOf(table).id, { column: heading.cellIndex, descending: descending });
    sortTable(table, heading.cellIndex, descending);
  }

  /* The time a reader has zoomed a chart to. Dash writes it into the chart's figure, which the next value
     replaces as a whole: it is put into that one before it is drawn. */
  const zooms = new WeakMap();

  function keepZooms() {
    const plotly = window.Plotly;
    if (!plotly || plotly.keepsZooms) { return; }
    const react = plotly.react;
    plotly.keepsZooms = true;
    plotly.react = function (chart, figure, layout, config) {
      const zoom = zooms.get(chart);
      if (!zoom) { zooms.set(chart, {}); }
      Object.keys(zoom || {}).forEach(function (name) {
        const axis = ((figure || {}).layout || {})[name];
        if (axis && (axis.autorange || !axis.range)) {
          figure.layout[name] = Object.assign({}, axis, { autorange: false, range: zoom[name] });
        }
      });
      const drawn = react.call(plotly, chart, figure, layout, config);
      if (!zoom && chart.on) { chart.on("plotly_relayout", function (change) { noteZoom(chart, change); }); }
      // Drawing takes away what is shown under the mouse, which stays where it is.
      return Promise.resolve(drawn).then(function (done) {
        const again = (chart._fullLayout || {})._rehover;
        if (zoom && again) { again(); }
        return done;
      });
    };
  }

  function noteZoom(chart, change) {
    const zoom = zooms.get(chart);
    Object.keys(change).forEach(function (key) {
      const axis = /^(xaxis\d*)\.(range|autorange)/.exec(key);
      if (!axis) { return; }
      if (axis[2] === "autorange") { delete zoom[axis[1]]; }
      else { zoom[axis[1]] = chart.layout[axis[1]].range.slice(); }
    });
  }

  /* What the server tells every open page: the version of what it shows, the run under way, what is amiss.
     It comes over a socket; where none is to be had the page asks for it, each second while it waits for
     values and at long intervals otherwise. */
  const live = {
    told: null, socket: null, open: false, heard: 0, away: false, failures: 0, asked: -Infinity, asking: false
  };
  const LONGEST_PAUSE = 10000;

  function connect() {
    const address = new URL("/live", location.href);
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    let socket;
    try { socket = new WebSocket(address); } catch (denied) { retryLater(); return; }
    live.socket = socket;
    live.heard = performance.now();
    /* Heard from at once, or it is not a connection that tells anything. */
    socket.onmessage = function (message) {
      Object.assign(live, { open: true, away: false, failures: 0, heard: performance.now() });
      showConnection();
      const state = JSON.parse(message.data);
      hearClock(state);
      take(state);
    };
    socket.onclose = function () { live.socket = null; live.open = false; retryLater(); };
  }

  /* The server speaks twice a minute at least: a connection that has died in silence is given up. */
  function giveUpSilence() {
    if (live.socket && performance.now() - live.heard > (live.open ? 75000 : 10000)) { live.socket.close(); }
  }

  function retryLater() {
    live.failures += 1;
    showConnection();
    if (live.failures >= 3 && live.told && live.told.run) {
      live.told.run = null;
      showRun(null);
    }
    const pause = Math.min(LONGEST_PAUSE, 500 * Math.pow(1.6, live.failures));
    setTimeout(connect, pause * (0.75 + Math.random() / 2));
  }

  function refreshMilliseconds() {
    const shell = document.querySelector("[data-refresh-seconds]");
    return 1000 * Number(shell ? shell.dataset.refreshSeconds : 300);
  }

  function isWaiting() { return !!document.querySelector("[data-page] .is-loading, .run-button.is-busy"); }

  async function askWithoutSocket() {
    if (live.open || live.asking || !live.failures) { return; }
    const pause = isWaiting() || (live.told && live.told.run) ? 1000 : refreshMilliseconds();
    if (performance.now() - live.asked < pause) { return; }
    live.asked = performance.now();
    live.asking = true;
    try {
      const answer = await fetch("/state", { cache: "no-store" });
      if (answer.ok) {
        const state = await answer.json();
        live.away = false;
        hearClock(state);
        take(state);
      }
    } catch (away) { live.away = true; }
    live.asking = false;
    showConnection();
  }

  /* The first attempts may fail while a page is left, or a server starts: only then is it worth a word. */
  function showConnection() {
    const seconds = Math.round(refreshMilliseconds() / 1000);
    setText(document.getElementById("connection"), live.open || live.failures < 3 ? ""
      : live.away ? "Disconnected, reconnecting"
        : "No live connection, polling every " + spanOf(seconds));
  }

  function take(state) {
    live.told = state;
    showRun(state.run);
    showAlerts(state.alerts);
    growAges();
    tellPage();
  }

  /* A page shows the version that it was read at; where another is told of, it is to read itself anew. What
     is asked for and does not come, as when the server goes away, is asked for again, but not for ever. */
  let asked = { element: null, version: null, shown: null, at: 0, times: 0 };
  const PATIENCE = 5000;

  function tellPage() {
    const element = document.querySelector("[data-page]");
    const cards = element && element.querySelector("[data-version]");
    if (!cards || !live.told || !window.dash_clientside) { return; }
    const page = element.dataset.page;
    const version = live.told.version;
    const shown = cards.dataset.version;
    setText(document.getElementById("source-news"), live.told.news[page] || "");
    if (asked.element !== element) {
      /* A page that has just been laid out reads itself. */
      asked = { element: element, version: version, shown: "", at: performance.now(), times: 0 };
    }
    if (shown === version) { return; }
    if (asked.version === version) {
      const isPending = shown === asked.shown && performance.now() - asked.at < PATIENCE;
      const isAnswered = shown !== asked.shown && asked.times > 0;
      if (isPending || isAnswered || asked.times >= 5) { return; }
    }
    asked = {
      element: element, version: version, shown: shown, at: performance.now(),
      times: asked.version === version ? asked.times + 1 : 1
    };
    signal(element);
  }

  function cardsInView(page) {
    return Array.from(page.querySelectorAll("[data-card]")).filter(function (card) {
      const box = card.getBoundingClientRect();
      return box.bottom > 0 && box.top < window.innerHeight;
    }).map(function (card) { return card.dataset.card; });
  }

  function showAlerts(lines) {
    const place = document.getElementById("alerts");
    const told = JSON.stringify(lines);
    if (!place || place.dataset.lines === told) { return; }
    place.dataset.lines = told;
    place.replaceChildren.apply(place, lines.map(function (line) {
      const box = document.createElement("div");
      const icon = document.createElement("span");
      const text = document.createElement("span");
      box.className = "alert alert-warning one-line";
      icon.className = "icon icon-exclamation-triangle";
      icon.setAttribute("aria-hidden", "true");
      text.textContent = line;
      box.append(icon, text);
      return box;
    }));
  }

  /* A run that is over within a moment is not worth a box that comes and goes. */
  let runShownFrom = 0;

  function showRun(run) {
    const box = document.getElementById("run-progress");
    if (!box) { return; }
    if (!run) { runShownFrom = 0; }
    else if (!runShownFrom) {
      runShownFrom = performance.now() + 400;
      setTimeout(function () { showRun(live.told && live.told.run); }, 420);
    }
    if (run) {
      const bar = box.querySelector(".run-bar");
      setText(box.querySelector(".run-title"), run.title);
      setText(box.querySelector(".run-time"), spanOf(run.seconds));
      setText(box.querySelector(".run-step"), run.step);
      if (run.total > 0) { bar.max = run.total; bar.value = run.done; }
      else { bar.removeAttribute("value"); }
    }
    box.hidden = !run || performance.now() < runShownFrom;
  }

  function spanOf(seconds) {
    return seconds < 60 ? seconds + " s" : Math.floor(seconds / 60) + " min " + (seconds % 60) + " s";
  }

  function setText(element, text) {
    if (element && element.textContent !== text) { element.textContent = text; }
  }

  function settle() {
    labelTheme();
    keepZooms();
    growAges();
    if (live.told) { take(live.told); }
    restoreWindows();
    document.querySelectorAll("table.sortable:not(.is-part):not([data-sorted])").forEach(function (table) {
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
    else if (event.target.closest(".turn-page")) {
      const button = event.target.closest(".turn-page");
      turnTo(button, { first: Number(button.dataset.first) });
    }
  });
  document.addEventListener("keydown", function (event) { if (event.key === "Escape") { setMenu(false); } });

  let waiting = false;
  new MutationObserver(function () {
    if (waiting) { return; }
    waiting = true;
    requestAnimationFrame(function () { waiting = false; settle(); });
  }).observe(document.body || root, { childList: true, subtree: true, attributes: true, attributeFilter: ["class", "data-version"] });
  setInterval(growAges, 5000);

  /* A drag over a chart zooms with a mouse; with a finger it is to scroll the page, as anywhere. */
  document.addEventListener("touchstart", function (event) {
    if (event.target.closest && event.target.closest(".nsewdrag")) { event.stopPropagation(); }
  }, { capture: true, passive: true });

  connect();
  setInterval(askWithoutSocket, 500);
  setInterval(giveUpSilence, 5000);
  setInterval(tellPage, 1000);
})();
