"""Every page, wide and narrow: nothing moves while it is read, and nothing runs into anything.

All pages are visited once at each width, by one browser; the tests look at what was measured there. Between
the two, numbers have the least room beside each other: a wide page is made as narrow for a moment.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from dash_app.pages import CHART, PAGES, Page
from engine.demo.generate import generate
from engine.model.catalogue.datasets import catalogue
from engine.model.clock import wall_clock
from engine.store.writes import set_entry
from tests.browser.conftest import Site, served, started_chromium
from tests.browser.test_browser import ask, page_named, text, wait
from tests.engine.programs import free_port
from tests.engine.source_database import execute

WIDE, BETWEEN, NARROW = 1440, 1100, 390
MOST_SHIFT = 0.1

WATCH_SHIFTS = """
window.shifts = [];
new PerformanceObserver(list => {
  for (const entry of list.getEntries()) {
    if (!entry.hadRecentInput) {
      const nodes = (entry.sources || []).map(source => source.node).filter(Boolean);
      const moved = nodes.map(node => node.id || node.className || node.nodeName);
      window.shifts.push([entry.value, moved.join(", ")]);
    }
  }
}).observe({ type: "layout-shift", buffered: true });
"""
# A chart in view is drawn in its width, or says why there is nothing to draw.
DRAWN = """
const seen = document.querySelectorAll("[data-page=%s] .panel-chart > .card-body:not(.is-loading)");
const isDone = body => {
  const plot = body.querySelector(".js-plotly-plot:has(.trace)");
  const width = plot?.querySelector(".main-svg").getBoundingClientRect().width;
  return body.getBoundingClientRect().top > innerHeight || body.matches(".has-no-value")
    || Math.abs(plot?.clientWidth - width) <= 1;
};
return seen.length === %d && !document.querySelector(".is-loading, .is-waiting")
  && Array.from(seen).every(isDone);
"""
TAKE_SHIFTS = "const taken = window.shifts; window.shifts = []; return taken"
COLLISIONS = """
const overlap = (a, b) =>
  Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 &&
  Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
const inkOf = element => {
  const range = document.createRange();
  range.selectNodeContents(element);
  return range.getBoundingClientRect();
};
const found = [];
const compare = (texts, what) => {
  const boxes = texts.map(text => [text, inkOf(text)]);
  boxes.forEach(([a, box], at) => {
    for (const [b, other] of boxes.slice(at + 1)) {
      if (overlap(box, other)) found.push(`${what}: ${a.textContent} and ${b.textContent}`);
    }
  });
};
compare(Array.from(document.querySelectorAll(".stat-value")), "numbers");
for (const value of document.querySelectorAll(".stat-value")) {
  if (inkOf(value).right > value.parentElement.getBoundingClientRect().right + 1) {
    found.push(`too wide: ${value.textContent}`);
  }
}
for (const chart of document.querySelectorAll("[data-card] .js-plotly-plot")) {
  const ticks = new Map();
  for (const tick of chart.querySelectorAll("g[class$='tick'] > text")) {
    const axis = tick.parentNode.getAttribute("class");
    if (getComputedStyle(tick).visibility === "visible") ticks.set(axis, [...(ticks.get(axis) || []), tick]);
  }
  const card = chart.closest("[data-card]").dataset.card;
  for (const texts of ticks.values()) compare(texts, `ticks of ${card}`);
  compare(Array.from(chart.querySelectorAll("text[class*='title']")), `titles of ${card}`);
}
if (document.documentElement.scrollWidth > innerWidth) found.push("the page scrolls sideways");
return found;
"""


@dataclass(frozen=True)
class Visits:
    """What was measured: the shifts of each step, each with what moved, and what collides on each page."""

    shifts: dict[str, list[Any]]
    collisions: dict[str, list[str]]


@pytest.fixture(scope="module")
def halved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Serve a source with about half of its tables."""
    db = tmp_path_factory.mktemp("halved") / "sites.db"
    generate(db, scale=0.02, days=42, now=wall_clock())
    for table in ("site_status", "llm_usage", "http_errors", "cron_jobs"):
        execute(db, f"drop table {table}")
    with served(db, free_port()) as site:
        yield site


@pytest.fixture(scope="module")
def visits(site: Site, halved: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visits]:
    with started_chromium(tmp_path_factory.mktemp("steady")) as browser:
        browser.driver.implicitly_wait(0)
        browser.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": WATCH_SHIFTS})
        measured = Visits({}, {})
        for width in (WIDE, NARROW):
            _visit_all(browser, site, width, measured)
            _visit_halved(browser, halved, width, measured)
        yield measured


def _resize(browser: Any, width: int) -> None:
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def _visit_all(browser: Any, site: Site, width: int, measured: Visits) -> None:
    def note(step: str) -> None:
        measured.shifts[f"{width}: {step}"] = browser.driver.execute_script(TAKE_SHIFTS)

    for page in PAGES:
        _resize(browser, width)
        browser.driver.get(site.url + page.path)
        _at_rest(browser, page)
        note(f"{page.name} opened")
        for other in (width, BETWEEN) if width == WIDE else (width,):
            _resize(browser, other)
            _at_rest(browser, page)
            measured.collisions[f"{other}: {page.name}"] = browser.driver.execute_script(COLLISIONS)
    _resize(browser, width)
    # Its notes have most to say: values left out, the age, and that a run is under way.
    errors = page_named("errors")
    for name in errors.datasets:
        ask(
            site,
            "update dashboard_cache set expires_at = datetime('now', '-1 second') where cache_key = ?",
            catalogue()[name].key,
        )
    browser.driver.get(site.url + errors.path)
    _at_rest(browser, errors)
    note("errors opened when its values have expired")
    overview = page_named("overview")
    link = browser.driver.find_element("css selector", f"#sidebar a[href='{overview.path}']")
    browser.driver.execute_script("arguments[0].click()", link)
    _at_rest(browser, overview)
    note("overview reached by a link")
    key = _new_version(browser, site)
    note("a new version")
    # What is deleted is computed again for the open page.
    ask(site, "delete from dashboard_cache where cache_key = ?", key)
    wait(browser, lambda _: ask(site, "select 1 from dashboard_cache where cache_key = ?", key))


def _visit_halved(browser: Any, halved: Site, width: int, measured: Visits) -> None:
    """Open pages of a source with half of its tables, at first without values, and again with them."""
    for page in (page_named("overview"), page_named("llm")):
        ask(halved, "delete from dashboard_problems")
        ask(halved, "delete from dashboard_cache")
        for step in ("first values", "opened"):
            browser.driver.get(halved.url + page.path)
            _at_rest(browser, page)
            shifts = browser.driver.execute_script(TAKE_SHIFTS)
            measured.shifts[f"{width}: {page.name} with half the tables, {step}"] = shifts
        measured.collisions[f"{width}: {page.name} with half the tables"] = browser.driver.execute_script(
            COLLISIONS
        )


def _new_version(browser: Any, site: Site) -> str:
    """Store a value with longer numbers, and wait until the page shows it; return its key."""
    dataset = catalogue()["key_figures_7d"]
    value = browser.driver.execute_async_script(
        "fetch(arguments[0]).then(answer => answer.json()).then(json => arguments[1](json.value))",
        f"/api/dataset/{dataset.key}",
    )
    longer = {
        name: [
            cell * 1_000 if isinstance(cell, int | float) and not isinstance(cell, bool) else cell
            for cell in cells
        ]
        for name, cells in value.items()
    }
    shown = text(browser, "[data-card=key_figures] .stat-value")
    set_entry(site.db, dataset.key, longer, 15, wall_clock())
    wait(browser, lambda _: text(browser, "[data-card=key_figures] .stat-value") != shown)
    _at_rest(browser, page_named("overview"))
    return dataset.key


def _at_rest(browser: Any, page: Page) -> None:
    charts = sum(card.kind == CHART for card in page.cards)
    wait(browser, lambda driver: driver.execute_script(DRAWN % (page.name, charts)))
    # Two frames after the last change everything has its place.
    browser.driver.execute_async_script(
        "requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(arguments[0], 150)))"
    )


def test_nothing_moves_when_a_page_opens_or_has_other_values(visits: Visits) -> None:
    assert len(visits.shifts) == 2 * (len(PAGES) + 7)
    moved = {
        step: shifts
        for step, shifts in visits.shifts.items()
        if sum(value for value, _ in shifts) >= MOST_SHIFT
    }
    assert moved == {}


def test_numbers_and_ticks_never_run_into_each_other_and_no_page_scrolls_sideways(visits: Visits) -> None:
    assert {page: found for page, found in visits.collisions.items() if found} == {}
