"""The dashboard as a person meets it: pages, buttons, themes and trouble, in a real browser."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from selenium.webdriver.support.wait import WebDriverWait

from dash_app.pages import CHART, PAGES, Page
from engine.model.catalogue.datasets import catalogue
from tests.browser.conftest import Site

READY = "return !!document.querySelector('[data-page=%s]') && !document.querySelector('.is-loading')"

DRAWN = (
    "return Array.from(document.querySelectorAll('.js-plotly-plot'))"
    ".filter(chart => chart.querySelector('.trace')).length"
)

VIOLATIONS = "return JSON.parse(sessionStorage.getItem('violations') || '[]')"
NOTE_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) => {
  const known = JSON.parse(sessionStorage.getItem("violations") || "[]");
  known.push(`${event.effectiveDirective}: ${event.blockedURI} on ${location.pathname}`);
  sessionStorage.setItem("violations", JSON.stringify(known));
});
"""


def note_violations(browser: Any) -> None:
    """Have each document note what breaks its policy, from its first byte on; ``VIOLATIONS`` returns it."""
    browser.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": NOTE_VIOLATIONS})


def wait(browser: Any, what: Callable[[Any], Any], seconds: float = 60) -> Any:
    return WebDriverWait(browser.driver, seconds, poll_frequency=0.1).until(what)


def opened(browser: Any, site: Site, page: Page) -> None:
    browser.driver.get(site.url + page.path)
    settled(browser, page)


def settled(browser: Any, page: Page) -> None:
    wait(browser, lambda driver: driver.execute_script(READY % page.name))


def page_named(name: str) -> Page:
    return next(page for page in PAGES if page.name == name)


def ask(site: Site, sql: str, *parameters: object) -> list[Any]:
    with closing(sqlite3.connect(site.db, timeout=10)) as connection, connection:
        return connection.execute(sql, parameters).fetchall()


def latest_run(site: Site) -> tuple[int, str, str]:
    run: tuple[int, str, str] = ask(
        site, 'select id, "trigger", scope from dashboard_runs order by id desc limit 1'
    )[0]
    return run


def is_at_rest(driver: Any) -> bool:
    """Return whether no button waits for a run."""
    return not driver.find_elements("css selector", ".is-busy")


def text(browser: Any, selector: str) -> str:
    return str(
        browser.driver.execute_script(
            "return (document.querySelector(arguments[0]) || {}).innerText || ''", selector
        )
    )


def drawn(browser: Any, page: Page) -> None:
    """Wait for the page's charts; those about the cache may have nothing to show yet, and say so."""
    charts = sum(card.kind == CHART for card in page.cards)
    script = f"{DRAWN} + document.querySelectorAll('.panel-chart > .is-empty').length"
    wait(browser, lambda driver: driver.execute_script(script if page.name == "cache" else DRAWN) == charts)


def titled(browser: Any, page: Page) -> None:
    wait(browser, lambda driver: driver.title == f"{page.title} · Dashboard")


def test_every_page_opens_with_its_figures_drawn_breaks_no_policy_and_asks_no_other_host(
    browser: Any, site: Site
) -> None:
    note_violations(browser)
    opened(browser, site, PAGES[0])
    for page in PAGES:
        browser.driver.find_element("css selector", f"#sidebar a[href='{page.path}']").click()
        settled(browser, page)
        drawn(browser, page)
        assert not browser.driver.find_elements("css selector", ".is-troubled"), page.name
        titled(browser, page)
        assert text(browser, ".sidebar .nav-link.active .nav-title") == page.title
        assert text(browser, "h1") == page.title
    hosts = browser.driver.execute_script(
        "return performance.getEntriesByType('resource').map(entry => new URL(entry.name).origin)"
    )
    assert set(hosts) == {site.url}
    assert browser.driver.execute_script(VIOLATIONS) == []
    assert browser.get_logs() == []


def test_a_first_visit_to_a_deep_link_is_styled_and_far_smaller_than_its_scripts(
    browser: Any, site: Site
) -> None:
    browser.driver.execute_cdp_cmd("Network.clearBrowserCache", {})
    page = page_named("pipeline")
    opened(browser, site, page)
    drawn(browser, page)
    transferred = browser.driver.execute_script(
        "return performance.getEntriesByType('resource').reduce((sum, entry) => sum + entry.transferSize, 0)"
    )
    assert 400_000 < transferred < 600_000
    link_display = "return getComputedStyle(document.querySelector('.nav-link')).display"
    button_cursor = "return getComputedStyle(document.querySelector('.btn')).cursor"
    assert browser.driver.execute_script(link_display) == "flex", "the dashboard's own style sheet"
    assert browser.driver.execute_script(button_cursor) == "pointer", "Bootstrap's style sheet"
    assert browser.get_logs() == []


def test_a_refresh_computes_the_datasets_of_its_page_alone(browser: Any, site: Site) -> None:
    page = page_named("llm")
    opened(browser, site, page)
    before = latest_run(site)[0]
    browser.driver.find_element("id", "page-refresh").click()
    wait(browser, lambda _: latest_run(site)[0] > before)
    _, trigger, scope = latest_run(site)
    assert (trigger, set(scope.split(","))) == ("page", set(page.datasets))
    wait(browser, is_at_rest)
    assert browser.get_logs() == []


def test_a_full_refresh_computes_everything_and_the_open_page_shows_it(browser: Any, site: Site) -> None:
    page = page_named("system")
    opened(browser, site, page)
    browser.driver.find_element("id", "full-refresh").click()
    wait(browser, lambda _: latest_run(site)[1:] == ("full", "all"))
    wait(browser, lambda driver: "SQLite's last quick check" in text(browser, ".stats"))
    assert f"{len(catalogue())} fresh" in text(browser, "#cache-state").replace("\n", " ")
    assert browser.get_logs() == []


def test_a_theme_is_applied_at_once_and_remembered(browser: Any, site: Site) -> None:
    page = page_named("conversations")
    opened(browser, site, page)

    def theme() -> str:
        return str(browser.driver.execute_script("return document.documentElement.dataset.bsTheme"))

    def colour_of_labels() -> str:
        return str(
            browser.driver.execute_script(
                "return getComputedStyle(document.querySelector('.ytick text')).fill"
            )
        )

    wait(browser, lambda driver: driver.find_elements("css selector", ".ytick text"))
    light = colour_of_labels()
    assert theme() == "light"
    for wanted in ("light", "dark"):
        browser.driver.find_element("id", "theme-toggle").click()
        assert theme() == wanted
    assert colour_of_labels() != light
    opened(browser, site, page)
    assert theme() == "dark"
    browser.driver.find_element("id", "theme-toggle").click()
    assert theme() == "light"
    assert browser.get_logs() == []


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param("delete from dashboard_cache", id="missing"),
        pytest.param("update dashboard_cache set cache_value = x'00ff'", id="damaged"),
    ],
)
def test_a_missing_or_damaged_entry_is_computed_on_reading(browser: Any, site: Site, harm: str) -> None:
    page = page_named("pipeline")
    opened(browser, site, page)
    ask(site, f"{harm} where cache_key = 'pipeline/pipeline_funnel'")
    opened(browser, site, page)
    assert latest_run(site)[1:] == ("read", "pipeline_funnel")
    assert not browser.driver.find_elements("css selector", ".is-troubled")
    assert browser.get_logs() == []


def test_an_open_page_reads_again_by_itself(browser: Any, site: Site) -> None:
    page = page_named("errors")
    opened(browser, site, page)
    ask(site, "delete from dashboard_cache where cache_key = 'errors/error_breakdown'")
    before = latest_run(site)[0]
    wait(browser, lambda _: latest_run(site)[0] > before)
    assert latest_run(site)[1:] == ("read", "error_breakdown")


def test_a_table_sorts_by_its_headings_and_stays_so(browser: Any, site: Site) -> None:
    page = page_named("cron")
    opened(browser, site, page)

    def first_column() -> list[str]:
        cells: list[str] = browser.driver.execute_script(
            "return Array.from(document.querySelector('.sortable').tBodies[0].rows)"
            ".map(row => row.cells[0].innerText)"
        )
        return cells

    heading = browser.driver.find_element("css selector", ".sortable th .sort")
    heading.click()
    heading.click()
    descending = sorted(first_column(), key=str.lower, reverse=True)
    assert first_column() == descending
    browser.driver.find_element("id", "page-refresh").click()
    time.sleep(0.3)
    wait(browser, is_at_rest)
    wait(browser, lambda _: first_column() == descending)
    assert browser.get_logs() == []


def test_on_a_narrow_screen_nothing_is_wider_and_the_navigation_slides_in(browser: Any, site: Site) -> None:
    browser.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": 390, "height": 800, "deviceScaleFactor": 1, "mobile": True},
    )
    for name in ("overview", "cron"):
        opened(browser, site, page_named(name))
        assert browser.driver.execute_script("return document.documentElement.scrollWidth") <= 390
    sidebar = browser.driver.find_element("id", "sidebar")
    assert not sidebar.is_displayed()
    browser.driver.find_element("id", "menu-toggle").click()
    wait(browser, lambda _: sidebar.is_displayed())
    time.sleep(0.3)
    browser.driver.find_element("css selector", "#sidebar a[href='/llm']").click()
    settled(browser, page_named("llm"))
    wait(browser, lambda _: not sidebar.is_displayed())
    browser.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert browser.get_logs() == []


def test_an_unknown_address_says_so_and_shows_the_way(browser: Any, site: Site) -> None:
    browser.driver.get(f"{site.url}/nowhere")
    wait(browser, lambda _: text(browser, "h1") == "Page not found")
    browser.driver.find_element("css selector", "#sidebar a[href='/cache']").click()
    settled(browser, page_named("cache"))
    (line,) = browser.get_logs()
    assert line["message"].startswith(f"{site.url}/nowhere - Failed to load resource"), "the status is 404"


def test_without_the_source_pages_show_the_last_good_values_and_why(browser: Any, site: Site) -> None:
    page = page_named("outreach")
    opened(browser, site, page)
    value = text(browser, ".stat-value")
    away = site.db.with_name("away.db")
    site.db.rename(away)
    try:
        opened(browser, site, page)
        wait(browser, lambda _: "The database cannot be read" in text(browser, "#status-pill"))
        assert text(browser, ".stat-value") == value
        browser.driver.find_element("id", "page-refresh").click()
        wait(browser, lambda _: "Refresh failed" in text(browser, "#status-pill"))
        browser.driver.find_element("id", "status-pill").click()
        assert "no such file" in text(browser, "#status-panel [data-kind=unreadable]")
    finally:
        away.rename(site.db)
    wait(browser, lambda driver: not driver.find_elements("css selector", "[data-kind=unreadable]"))
    refused, *others = browser.get_logs()
    assert "/api/refresh/outreach?wait=1 - Failed to load resource" in refused["message"]
    assert others == []
    assert browser.get_logs() == []
