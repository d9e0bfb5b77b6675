"""The details of a key on the Cache page: opened by Enter or by a click, left by Escape, up to date."""

from __future__ import annotations

from typing import Any

from tests.browser.conftest import Site
from tests.browser.test_browser import opened, page_named, text, wait
from tests.engine.programs import dashboard

ENTER, ESCAPE = "\ue007", "\ue00c"
FOCUS = "return document.activeElement.textContent"


def test_a_row_opens_its_details_by_enter_and_by_a_click_and_they_follow_a_refresh(
    browser: Any, site: Site
) -> None:
    # Other tests of this site take entries away.
    dashboard("precompute", "--db", site.db, cwd=site.db.parent)
    opened(browser, site, page_named("cache"))
    assert "TTL suggestion" in text(browser, ".page-answer")
    name = browser.driver.find_element("css selector", ".row-details")
    key = name.text
    browser.driver.execute_script("arguments[0].focus()", name)
    name.send_keys(ENTER)
    wait(browser, lambda _: text(browser, ".details-panel h2") == key)
    assert "Stored" in text(browser, ".details-panel")
    browser.driver.switch_to.active_element.send_keys(ESCAPE)
    wait(browser, lambda _: text(browser, ".details-panel") == "")
    assert browser.driver.execute_script(FOCUS) == key, "the focus is back where it was"
    browser.driver.find_element("css selector", "tr:has(.row-details) td:nth-child(3)").click()
    wait(browser, lambda _: text(browser, ".details-panel h2") == key)
    before = text(browser, ".details-panel")
    # A click of a script moves no focus, so the details stay open.
    browser.driver.execute_script("document.getElementById('full-refresh').click()")
    wait(browser, lambda _: text(browser, ".details-panel") not in ("", before))
    assert text(browser, ".details-panel h2") == key, "they follow their row"
    browser.driver.switch_to.active_element.send_keys(ESCAPE)
    wait(browser, lambda _: text(browser, ".details-panel") == "")
    assert browser.driver.execute_script(FOCUS) == key
    assert browser.get_logs() == []
