"""Pages keep to the Content-Security-Policy whatever is done on them, and what breaks it is reported."""

from __future__ import annotations

from typing import Any

from dash_app.pages import NOT_FOUND, PAGES
from tests.browser.conftest import Site
from tests.browser.test_browser import (
    VIOLATIONS,
    drawn,
    note_violations,
    opened,
    page_named,
    settled,
    wait,
)

PICTURE = """
const done = arguments[0];
const chart = document.querySelector(".js-plotly-plot");
Plotly.downloadImage(chart, { format: "png", filename: "chart" })
  .then(() => Plotly.toImage(chart, { format: "png" }))
  .then((address) => done(address.slice(0, 22)), (error) => done(String(error)));
"""


def test_charts_themes_and_buttons_work_under_the_policy_and_break_nothing_of_it(
    browser: Any, site: Site
) -> None:
    note_violations(browser)
    page = page_named("llm")
    opened(browser, site, page)
    drawn(browser, page)
    for _ in range(3):
        browser.driver.find_element("id", "theme-toggle").click()
    assert browser.driver.execute_async_script(PICTURE) == "data:image/png;base64,"
    browser.driver.find_element("id", "page-refresh").click()
    settled(browser, page)
    # The socket is open: the pill says nothing else.
    browser.driver.find_element("id", "status-pill").click()
    facts = "return document.querySelector('.status-facts')?.textContent ?? ''"
    wait(browser, lambda driver: "live" in driver.execute_script(facts))
    browser.driver.get(f"{site.url}/nowhere")
    settled(browser, NOT_FOUND)
    assert browser.driver.execute_script(VIOLATIONS) == []


def test_what_a_page_does_not_bring_is_not_run(browser: Any, site: Site) -> None:
    note_violations(browser)
    opened(browser, site, PAGES[0])
    browser.driver.execute_script(
        "const script = document.createElement('script');"
        "script.textContent = 'window.intruder = true'; document.head.append(script);"
        "document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.intruder = true\">');"
        "new Image().src = 'https://evil.example/x'; fetch('https://evil.example/').catch(() => {});"
    )
    expected = {"script-src-elem: inline", "script-src-attr: inline", "img-src: https", "connect-src: https"}
    wait(browser, lambda driver: len(driver.execute_script(VIOLATIONS)) >= len(expected))
    found = browser.driver.execute_script(VIOLATIONS)
    assert {line.partition("://")[0].partition(" on ")[0] for line in found} == expected
    assert browser.driver.execute_script("return window.intruder") is None
    browser.get_logs()
