"""Pages keep to the Content-Security-Policy, whatever is done on them, and what breaks it is reported."""

from __future__ import annotations

from typing import Any

from dash_app.pages import NOT_FOUND, PAGES
from tests.browser.conftest import Site
from tests.browser.test_browser import drawn, opened, page_named, settled, wait

NOTE_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) => {
  const known = JSON.parse(sessionStorage.getItem("violations") || "[]");
  known.push(`${event.effectiveDirective}: ${event.blockedURI} on ${location.pathname}`);
  sessionStorage.setItem("violations", JSON.stringify(known));
});
"""
VIOLATIONS = "return JSON.parse(sessionStorage.getItem('violations') || '[]')"
PICTURE = """
const done = arguments[0];
const chart = document.querySelector(".js-plotly-plot");
Plotly.downloadImage(chart, { format: "png", filename: "chart" })
  .then(() => Plotly.toImage(chart, { format: "png" }))
  .then((address) => done(address.slice(0, 22)), (error) => done(String(error)));
"""


def watched(browser: Any) -> None:
    """Have each document note what breaks its policy, from its first byte on."""
    browser.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": NOTE_VIOLATIONS})


def test_no_page_breaks_the_policy_and_charts_themes_and_buttons_work_under_it(
    browser: Any, site: Site
) -> None:
    watched(browser)
    opened(browser, site, PAGES[0])
    for page in (*PAGES, page_named("llm")):
        browser.driver.find_element("css selector", f"#sidebar a[href='{page.path}']").click()
        settled(browser, page)
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
    watched(browser)
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
