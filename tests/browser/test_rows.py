"""The rows behind a number: opened by a key, beside the page or on a phone, and closed again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from tests.browser.conftest import Site

USAGE = "[data-card='llm_usage_by_stage'] td:nth-of-type(3) [data-rows]"
READ_ROW = "return !!document.querySelector('.rows-drawer .ag-row%s .ag-cell:not(:has(.rows-skeleton))')"


def wait(browser: Any, what: Callable[[Any], Any]) -> Any:
    return WebDriverWait(browser.driver, 30, poll_frequency=0.1).until(what)


def script(browser: Any, text: str, *arguments: Any) -> Any:
    return browser.driver.execute_script(text, *arguments)


def page(browser: Any, site: Site, path: str) -> None:
    browser.driver.get(site.url + path)
    ready = "return !!document.querySelector('[data-rows]') && !document.querySelector('.is-loading')"
    wait(browser, lambda driver: driver.execute_script(ready))


def line(browser: Any) -> str:
    """Return what the drawer says of its rows, once it has some."""
    wait(browser, lambda driver: driver.execute_script(READ_ROW % ""))
    return str(script(browser, "return document.querySelector('.rows-line').innerText"))


def is_open(browser: Any) -> bool:
    return bool(script(browser, "return !!document.querySelector('.rows-drawer')"))


def press_on(browser: Any, selector: str, key: str = Keys.ENTER) -> None:
    script(browser, "document.querySelector(arguments[0]).focus()", selector)
    ActionChains(browser.driver).send_keys(key).perform()


def test_a_number_opens_its_rows_and_escape_returns_to_it(browser: Any, site: Site) -> None:
    page(browser, site, "/llm")
    loaded = "return performance.getEntriesByType('resource').filter(e => e.name.includes('/drawer-')).length"
    assert script(browser, loaded) == 0
    shown = script(browser, "return document.querySelector(arguments[0]).innerText", USAGE)
    press_on(browser, USAGE)
    assert line(browser).startswith(f"{shown} model calls · stage ")
    assert script(browser, loaded) == 1
    assert script(browser, "return document.activeElement.closest('.rows-drawer') !== null")
    ActionChains(browser.driver).send_keys(Keys.ESCAPE).perform()
    wait(browser, lambda _: not is_open(browser))
    assert "rows=" not in browser.driver.current_url
    assert script(browser, "return document.activeElement.matches(arguments[0])", USAGE)
    assert browser.get_logs() == []


def test_on_a_phone_the_rows_are_a_sheet(browser: Any, site: Site) -> None:
    width = 390
    browser.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": True},
    )
    page(browser, site, "/jobs")
    press_on(browser, "[data-card='job_schedule'] td:nth-of-type(6) [data-rows]")
    line(browser)
    left, top, right = script(
        browser,
        "const box = document.querySelector('.rows-drawer').getBoundingClientRect();"
        "return [box.left, box.top, box.right]",
    )
    assert (left, right) == (0, width)
    assert top > 40
    assert script(browser, "return document.documentElement.scrollWidth") == width
    ActionChains(browser.driver).send_keys(Keys.ESCAPE).perform()
    wait(browser, lambda _: not is_open(browser))
    assert browser.get_logs() == []
