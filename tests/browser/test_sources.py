"""Several sources in Chromium: the page of all, the way into one, and the switcher by keys."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from selenium.webdriver.common.keys import Keys

from engine.demo.generate import generate
from engine.model.clock import wall_clock
from tests.browser.test_browser import wait
from tests.browser.test_frame import IS_NO_WIDER, press, widths
from tests.deployment.serving import running_command
from tests.engine.programs import free_port
from tests.engine.source_database import execute

MENU = "return [...document.querySelectorAll('.source-menu:not([hidden]) a')].map(link => link.textContent)"
CELLS = """
const rows = Array.from(document.querySelectorAll("table.sources tbody tr"));
const row = rows.find((row) => row.querySelector("th").textContent === arguments[0]);
return Array.from(row.querySelectorAll("td"), (cell) => cell.textContent);
"""
WIDTHS_OF_BUTTONS = """
const form = document.createElement("form");
form.className = "log-out";
form.innerHTML = '<button class="btn btn-sm quiet-button">Log out</button>';
const bar = document.querySelector(".sources-bar");
bar.append(form);
const excess = (one) => one.scrollWidth - one.clientWidth;
const found = [...bar.querySelectorAll("button")].map((one) => [excess(one), one.offsetWidth]);
form.remove();
return found;
"""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve two sources; one has no calls of models."""
    folder = tmp_path_factory.mktemp("several")
    north, south, port = folder / "north.db", folder / "south.db", free_port()
    generate(north, scale=0.01, days=40, now=wall_clock())
    shutil.copy(north, south)
    execute(south, "delete from llm_usage")
    sources = f"north={north},south={south}"
    with running_command(folder, [], port, DASHBOARD_SOURCES=sources):
        yield f"http://127.0.0.1:{port}"


def cells(browser: Any, source: str) -> list[str]:
    # In one script, because the page replaces its rows.
    found: list[str] = browser.driver.execute_script(CELLS, source)
    return found


def test_all_sources_shows_each_and_comes_up_to_date_by_itself(browser: Any, url: str) -> None:
    # Not by Dash, whose pages alone the browser waits for.
    browser.driver.execute_script("location.href = arguments[0]", f"{url}/")
    wait(browser, lambda driver: driver.title == "All sources · Dashboard")
    wait(
        browser, lambda _: cells(browser, "south")[3] == "$0.00" and "ago" in cells(browser, "north")[7], 120
    )
    wait(browser, lambda _: "ago" in cells(browser, "north")[7])
    for width in (1440, 1100, 390):
        widths(browser, width)
        assert browser.driver.execute_script(IS_NO_WIDER), width
        # Those of who is logged in too: each is as wide as its words.
        for excess, across in browser.driver.execute_script(WIDTHS_OF_BUTTONS):
            assert excess <= 0 and across < 150, width
    browser.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert browser.get_logs() == []


def test_the_switcher_leads_by_keys_to_the_same_page_of_another_source(browser: Any, url: str) -> None:
    browser.driver.get(f"{url}/north/llm?range=7d")
    wait(browser, lambda driver: driver.title == "LLM cost · north · Dashboard")
    wait(browser, lambda driver: driver.find_elements("css selector", "#source-button[aria-keyshortcuts=s]"))
    browser.driver.find_element("css selector", "body").send_keys("s")
    wait(browser, lambda driver: driver.execute_script(MENU) == ["north", "south", "All sources"])
    press(browser, Keys.ESCAPE)
    assert browser.driver.switch_to.active_element.get_attribute("id") == "source-button"
    press(browser, Keys.ENTER)
    wait(browser, lambda driver: driver.execute_script(MENU))
    press(browser, Keys.ARROW_DOWN, Keys.ENTER)
    wait(browser, lambda driver: driver.title == "LLM cost · south · Dashboard")
    assert browser.driver.current_url == f"{url}/south/llm?range=7d"
    for width in (1440, 390):
        widths(browser, width)
        bar = browser.driver.execute_script("return document.getElementById('bar').offsetHeight")
        assert bar <= (45 if width >= 860 else 90), width
    browser.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert browser.get_logs() == []
