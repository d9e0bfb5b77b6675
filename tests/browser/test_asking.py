"""A person asks a page: range, comparison and filters, in place and over Back, in a real browser."""

from __future__ import annotations

from typing import Any

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.support.wait import WebDriverWait

from tests.browser.conftest import Site

HEADING = "(document.querySelector('[data-card=daily_costs] h2') || {}).innerText"
SETTLED = "!!document.querySelector('[data-page=llm]') && !document.querySelector('.is-loading')"
CHART = "document.querySelector('[data-card=%s] .js-plotly-plot')"
DAYS = f"({CHART % 'daily_costs'}?.data?.find(trace => trace.type === 'bar') || {{x: []}}).x.length"
BEFORE = f"({CHART % 'daily_costs'}?.data || []).some(trace => trace.name === 'week before')"
MODELS = f"({CHART % 'cost_by_model'}?.data?.[0]?.y || []).length"
CHIPS = "Array.from(document.querySelectorAll('.ask-chip-text')).map(chip => chip.textContent)"


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


def is_hovered(browser: Any, bar: Any) -> bool:
    """Move the mouse over a bar, and return whether its chart has noticed."""
    ActionChains(browser.driver).move_to_element(bar).move_by_offset(2, 1).perform()
    return bool(script(browser, "document.querySelector('[data-card=cost_by_model] .hovertext')"))


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


def test_a_click_on_a_bar_filters_the_page_and_its_chip_ends_that(browser: Any, site: Site) -> None:
    opened(browser, site, "?range=7d&compare=1")
    assert script(browser, HEADING) == "LLM cost by day, 7 days", "a link opened fresh shows its range"
    wait_for(browser, f"{BEFORE} && {MODELS} > 1")
    chart = browser.driver.find_element("css selector", "[data-card=cost_by_model] .js-plotly-plot")
    browser.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", chart)
    bar = wait_for(browser, "document.querySelector('[data-card=cost_by_model] .points path')")
    WebDriverWait(browser.driver, 60, poll_frequency=0.2).until(lambda _: is_hovered(browser, bar))
    ActionChains(browser.driver).click().perform()
    # Where more can be done with a bar, a menu offers it.
    wait_for(browser, "document.querySelector('#point-menu .ask-choice, .ask-chip')")
    browser.driver.execute_script(
        "Array.from(document.querySelectorAll('#point-menu .ask-choice'))"
        ".find((choice) => choice.textContent.startsWith('Filter by'))?.click()"
    )
    (label,) = wait_for(browser, CHIPS)
    wait_for(browser, f"{SETTLED} && {MODELS} === 1")
    assert label == f"model: {script(browser, CHART % 'cost_by_model' + '.data[0].y[0]')}"
    assert script(browser, "location.search").startswith("?range=7d&filter=model:")
    assert "not filtered" in script(
        browser, "document.querySelector('[data-card=llm_activity] h2').innerText"
    )
    press(browser, ".ask-remove")
    wait_for(browser, f"location.search === '?range=7d&compare=1' && {MODELS} > 1")
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
