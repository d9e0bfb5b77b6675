"""What a visit asks the server for, counted and not timed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from selenium.webdriver.support.wait import WebDriverWait

from tests.browser.conftest import Site
from tests.browser.test_browser import ask
from tests.engine.programs import dashboard

MOST_BYTES, MOST_REQUESTS = 650_000, 15
READ = "_dash-update-component"

ASKED = """
return performance.getEntriesByType("resource").concat(performance.getEntriesByType("navigation")).map(
  (one) => [one.name, one.transferSize, one.encodedBodySize])
"""
DRAWN = """
const charts = [...document.querySelectorAll("[data-kind=chart] .dash-graph")];
return charts.length > 0 && charts.every((chart) => chart.matches(".js-plotly-plot"));
"""


@pytest.fixture
def computed(site: Site) -> Iterator[Site]:
    """Compute all values, which stay fresh for the test: no page reads itself again."""
    dashboard("precompute", "--db", site.db, cwd=site.db.parent)
    ask(site, "update dashboard_cache set expires_at = '2100-01-01 00:00:00'")
    yield site
    dashboard("precompute", "--db", site.db, cwd=site.db.parent)


def asked(browser: Any) -> list[tuple[str, int]]:
    """Return what the page has loaded over the network: addresses and bytes."""
    return [
        (name, sent) for name, sent, _ in browser.driver.execute_script(ASKED)
        if sent > 0 and name.startswith("http")
    ]  # fmt: skip


def await_drawn(browser: Any) -> None:
    WebDriverWait(browser.driver, 60).until(lambda driver: driver.execute_script(DRAWN))


def test_a_document_brings_its_page_along_and_the_next_one_takes_one_request(
    browser: Any, computed: Site
) -> None:
    site = computed
    browser.driver.get(f"{site.url}/")
    await_drawn(browser)
    first = asked(browser)
    assert len(first) <= MOST_REQUESTS, first
    assert sum(sent for _, sent in first) < MOST_BYTES, first
    dash = [name for name, _ in first if "/_dash-" in name and "-suites/" not in name]
    assert dash == [], "the document has the layout, the callbacks and the page's values"
    assert browser.driver.title == "Overview · Dashboard"
    browser.driver.execute_script("performance.clearResourceTimings()")
    browser.driver.find_element("css selector", "#sidebar .nav-pipeline").click()
    WebDriverWait(browser.driver, 60).until(
        lambda driver: driver.find_elements("css selector", "[data-page=pipeline]")
    )
    await_drawn(browser)
    posts = [name for name, _ in asked(browser) if READ in name]
    assert len(posts) == 1, "a page comes with its values"
    assert browser.driver.title == "Pipeline · Dashboard"
    current = browser.driver.find_elements("css selector", "#sidebar [aria-current=page]")
    assert [link.get_attribute("data-nav") for link in current] == ["/pipeline"]
    browser.driver.get(f"{site.url}/")
    await_drawn(browser)
    with_body = [name for name, sent in asked(browser) if sent > 1000]
    assert with_body == [f"{site.url}/"], "scripts and styles are kept"
    log = [line for line in browser.driver.get_log("browser") if line["level"] == "SEVERE"]
    assert log == []


def figures_of(browser: Any) -> list[str]:
    return [found.text for found in browser.driver.find_elements("css selector", ".key-figures .stat-value")]


def test_a_page_is_there_before_any_script_has_run(browser: Any, computed: Site) -> None:
    driver = browser.driver
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    type(driver).get(driver, f"{computed.url}/")
    assert driver.find_element("id", "page-title").text == "Overview"
    shown, places = figures_of(browser), places_of(browser)
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    driver.refresh()
    assert all(shown)
    assert figures_of(browser) == shown
    assert places_of(browser) == places, "what Dash makes stands where the page of the document stood"
    ids = driver.execute_script("return [...document.querySelectorAll('[id]')].map((one) => one.id)")
    assert len(ids) == len(set(ids))


def places_of(browser: Any) -> list[tuple[str, Any]]:
    """Return the cards in view and where they stand."""
    cards = browser.driver.find_elements("css selector", "[data-card]")
    found = [(card.get_attribute("data-card"), card.rect) for card in cards if card.is_displayed()]
    return [(name, rect["y"]) for name, rect in found if rect["y"] < 800]
