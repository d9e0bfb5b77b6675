"""A person asks a page: range and comparison, in place and over Back, in a real browser."""

from __future__ import annotations

from typing import Any

from selenium.webdriver.support.wait import WebDriverWait

from tests.browser.conftest import Site

HEADING = "(document.querySelector('[data-card=daily_costs] h2') || {}).innerText"
SETTLED = "!!document.querySelector('[data-page=llm]') && !document.querySelector('.is-loading')"
CHART = "document.querySelector('[data-card=%s] .js-plotly-plot')"
DAYS = f"({CHART % 'daily_costs'}?.data?.find(trace => trace.type === 'bar') || {{x: []}}).x.length"
BEFORE = f"({CHART % 'daily_costs'}?.data || []).some(trace => trace.name === 'prior 7 d')"


def script(browser: Any, text: str) -> Any:
    return browser.driver.execute_script(f"return {text}")


def wait_for(browser: Any, text: str) -> Any:
    return WebDriverWait(browser.driver, 60, poll_frequency=0.1).until(
        lambda driver: driver.execute_script(f"return {text}")
    )


def opened(browser: Any, site: Site, search: str) -> None:
    browser.driver.get(f"{site.url}/llm{search}")
    wait_for(browser, f"{SETTLED} && {DAYS} > 0")
    browser.driver.execute_script("window.isFirstDocument = true")


def press(browser: Any, selector: str) -> None:
    wait_for(browser, f"!!document.querySelector({selector!r})")
    browser.driver.execute_script("document.querySelector(arguments[0]).click()", selector)


def test_seven_days_take_the_place_of_thirty_and_back_brings_them_again(browser: Any, site: Site) -> None:
    opened(browser, site, "")
    assert script(browser, HEADING) == "LLM cost by day, 30 days"
    browser.driver.find_element("id", "range-button").click()
    browser.driver.find_element("css selector", "#range-menu [data-range='7d']").click()
    wait_for(browser, f"{HEADING} === 'LLM cost by day, 7 days' && {SETTLED} && {DAYS} === 7")
    assert script(browser, "location.search") == "?range=7d"
    assert script(browser, "document.activeElement.id") == "range-button"
    press(browser, "#compare-button")
    wait_for(browser, f"location.search === '?range=7d&compare=1' && {BEFORE}")
    browser.driver.back()
    wait_for(browser, f"location.search === '?range=7d' && !{BEFORE} && {DAYS} === 7")
    browser.driver.back()
    wait_for(browser, f"{HEADING} === 'LLM cost by day, 30 days' && {DAYS} === 30")
    browser.driver.forward()
    wait_for(browser, f"{HEADING} === 'LLM cost by day, 7 days' && {DAYS} === 7")
    assert script(browser, "window.isFirstDocument === true"), "no page was loaded again"
    press(browser, "#sidebar .nav-llm ~ .nav-link, #sidebar .nav-errors")
    wait_for(browser, "location.pathname !== '/llm' && location.search === '?range=7d'")
    assert browser.get_logs() == []


def test_an_address_that_asks_for_what_there_is_not_says_so_above_a_whole_page(
    browser: Any, site: Site
) -> None:
    opened(browser, site, "?range=5y&filter=colour:red")
    line = script(browser, "document.querySelector('.refused').innerText")
    assert "range=5y: no such range" in line and "filter=colour" in line
    assert script(browser, HEADING) == "LLM cost by day, 30 days"
    assert script(browser, "document.getElementById('range-button').innerText.trim()") == "Range"
    assert browser.get_logs() == []
