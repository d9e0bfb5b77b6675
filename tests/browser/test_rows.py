"""The rows behind a number: opened by a click or a key, sorted, filtered, linked to, and closed again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from tests.browser.conftest import Site

USAGE = "[data-card='llm_usage_by_stage'] td:nth-of-type(3) [data-rows]"
CELLS = "return [...document.querySelectorAll('.rows-drawer .ag-row [col-id=%s]')].map(c => c.innerText)"
READ_ROW = "return !!document.querySelector('.rows-drawer .ag-row%s .ag-cell:not(:has(.rows-skeleton))')"


def wait(browser: Any, what: Callable[[Any], Any]) -> Any:
    return WebDriverWait(browser.driver, 60, poll_frequency=0.1).until(what)


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


def column(browser: Any, name: str) -> list[str]:
    return [text for text in script(browser, CELLS % name) if text]


def test_a_number_opens_its_rows_and_escape_returns_to_it(browser: Any, site: Site) -> None:
    page(browser, site, "/llm")
    loaded = "return performance.getEntriesByType('resource').filter(e => e.name.includes('/drawer-')).length"
    assert script(browser, loaded) == 0
    shown = script(browser, "return document.querySelector(arguments[0]).innerText", USAGE)
    press_on(browser, USAGE)
    assert line(browser).startswith(f"{shown} model calls · 30 days · stage ")
    assert script(browser, loaded) == 1
    assert script(browser, "return document.activeElement.closest('.rows-drawer') !== null")
    ActionChains(browser.driver).send_keys(Keys.ESCAPE).perform()
    wait(browser, lambda _: not is_open(browser))
    assert "rows=" not in browser.driver.current_url
    assert script(browser, "return document.activeElement.matches(arguments[0])", USAGE)
    assert browser.get_logs() == []


def test_rows_are_sorted_filtered_and_scrolled_by_the_server_and_the_address_keeps_it(
    browser: Any, site: Site
) -> None:
    page(browser, site, "/llm")
    press_on(browser, USAGE)
    whole = line(browser)
    browser.driver.find_element(
        "css selector", ".rows-drawer [col-id='prompt_tokens'] .ag-header-cell-label"
    ).click()
    wait(browser, lambda driver: "rows=" in driver.current_url and driver.current_url.count("%3A") == 3)

    def is_sorted(_: Any) -> bool:
        tokens = [float(text.replace(",", "")) for text in column(browser, "prompt_tokens") if text != "–"]
        return len(tokens) > 5 and tokens == sorted(tokens, reverse=True)

    wait(browser, is_sorted)
    script(browser, "document.querySelector('.rows-drawer .ag-grid-viewport').scrollTop = 32 * 150")
    wait(browser, lambda driver: driver.execute_script(READ_ROW % '[row-index="151"]'))
    model = column(browser, "model")[0]
    browser.driver.find_element(
        "css selector", ".rows-drawer [col-id='model'] .ag-header-cell-filter-button"
    ).click()
    field = wait(browser, lambda driver: driver.find_element("css selector", ".ag-filter input[type=text]"))
    field.send_keys(model, Keys.ENTER)
    wait(browser, lambda _: " of " in line(browser))
    filtered = line(browser)
    assert filtered.split(" of ")[1] == whole
    assert set(column(browser, "model")) == {model}
    linked = browser.driver.current_url
    browser.driver.get("about:blank")
    browser.driver.get(linked)
    wait(browser, is_open_with(filtered))
    assert set(column(browser, "model")) == {model}
    browser.driver.find_element("css selector", ".rows-close").click()
    wait(browser, lambda _: not is_open(browser))
    assert browser.get_logs() == []


def test_what_needs_attention_leads_to_the_page_that_opens_its_rows(browser: Any, site: Site) -> None:
    page(browser, site, "/")
    leads = ".attention a[data-path*='rows=']"
    wait(browser, lambda driver: driver.find_elements("css selector", leads))
    press_on(browser, leads)
    wait(browser, lambda _: is_open(browser))
    assert line(browser)
    assert urlsplit(browser.driver.current_url).path != "/"
    browser.driver.back()
    wait(browser, lambda driver: driver.find_elements("css selector", leads))
    assert not is_open(browser)
    assert browser.get_logs() == []


def is_hovered(browser: Any, bar: Any) -> bool:
    """Move the mouse over a bar, and return whether its chart has noticed."""
    ActionChains(browser.driver).move_to_element(bar).move_by_offset(2, 1).perform()
    return bool(script(browser, "return !!document.querySelector('[data-card=sentiments] .hovertext')"))


def is_open_with(text: str) -> Callable[[Any], bool]:
    return lambda driver: driver.execute_script(
        "return document.querySelector('.rows-line')?.innerText === arguments[0]", text
    )


def test_a_bar_and_a_kpi_open_their_rows_and_back_closes_them(browser: Any, site: Site) -> None:
    page(browser, site, "/conversations")
    press_on(browser, "[data-card='conversation_totals'] [data-rows]")
    line(browser)
    browser.driver.back()
    wait(browser, lambda _: not is_open(browser))
    bar = "[data-card='sentiments'] .bars .point path"
    wait(browser, lambda driver: driver.find_elements("css selector", bar))
    script(browser, "document.querySelector(arguments[0]).scrollIntoView({block: 'center'})", bar)
    wait(browser, lambda driver: is_hovered(browser, driver.find_element("css selector", bar)))
    ActionChains(browser.driver).click().perform()
    # Where more can be done with a bar, a menu offers it.
    wait(
        browser, lambda driver: driver.find_elements("css selector", "#point-menu .ask-choice, .rows-drawer")
    )
    script(
        browser,
        "Array.from(document.querySelectorAll('#point-menu .ask-choice'))"
        ".find((choice) => choice.textContent.startsWith('Show rows'))?.click()",
    )
    assert "messages" in line(browser)
    assert browser.get_logs() == []


def test_on_a_phone_the_rows_are_a_sheet(browser: Any, site: Site) -> None:
    width = 390
    browser.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": True},
    )
    page(browser, site, "/llm")
    press_on(browser, ".stat-value [data-rows], .stat-value[data-rows]")
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
