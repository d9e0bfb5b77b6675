"""The search as a person uses it, and the pages of one site, one job and one error that it leads to."""

from __future__ import annotations

import json
from typing import Any

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from dash_app.things.addresses import error_path, job_path
from tests.browser.conftest import Site
from tests.browser.test_browser import ask, opened, page_named, text, wait

HITS = """
return Array.from(document.querySelectorAll('#search[open] .search-hit'), hit => ({
  text: hit.querySelector('.search-text').textContent, path: hit.dataset.path,
  marked: hit.querySelector('mark')?.textContent ?? '', active: hit.getAttribute('aria-selected') === 'true',
}))
"""
ANSWERED_SITE = """
select sites.id, sites.domain from sites join outreaches on outreaches.site_id = sites.id
where sites.status = 'outreach_sent' and outreaches.sent_at is not null limit 1
"""
FAILED_SITE = "select error_message from sites where status = 'failing' and error_message is not null limit 1"


def press(browser: Any, *keys: str) -> None:
    ActionChains(browser.driver).send_keys(*keys).perform()


def press_ctrl_k(browser: Any) -> None:
    ActionChains(browser.driver).key_down(Keys.CONTROL).send_keys("k").key_up(Keys.CONTROL).perform()
    wait(browser, lambda driver: driver.execute_script("return document.activeElement.id") == "search-field")


def hits(browser: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = browser.driver.execute_script(HITS)
    return found


def hits_with(browser: Any, wanted: str) -> list[dict[str, Any]]:
    """Wait for the hits of what was typed, and return them."""
    wait(browser, lambda _: any(wanted in hit["text"] for hit in hits(browser)))
    return hits(browser)


def tap_hit(browser: Any, path: str) -> None:
    """Press a hit in one step: hits are replaced as more is typed."""
    script = "document.querySelector(`.search-hit[data-path='${arguments[0]}']`).click()"
    browser.driver.execute_script(script, path)


def titled(browser: Any, title: str) -> None:
    wait(browser, lambda driver: driver.title == f"{title} · Dashboard")
    assert text(browser, "#page-title") == title


def answered(browser: Any, selector: str) -> str:
    """Wait for a part of a page that the process of the replica has answered, and return its text."""
    wait(browser, lambda _: text(browser, selector), 40)
    return text(browser, selector)


def test_a_domain_is_found_by_keys_and_leads_to_the_life_of_its_site(browser: Any, site: Site) -> None:
    site_id, domain = ask(site, ANSWERED_SITE)[0]
    opened(browser, site, page_named("llm"))
    press_ctrl_k(browser)
    press(browser, domain[1:])
    wait(browser, lambda _: hits(browser)[:1] and hits(browser)[0]["marked"] == domain[1:])
    first, *_ = hits_with(browser, domain)
    assert (first["active"], first["marked"]) == (True, domain[1:])
    press(browser, Keys.ARROW_UP)
    assert hits(browser)[-1]["active"]
    press(browser, Keys.ARROW_DOWN)
    assert hits(browser)[0]["active"]
    press(browser, Keys.ENTER)
    titled(browser, domain)
    assert browser.driver.current_url == f"{site.url}/site/{site_id}"
    life = answered(browser, ".life")
    assert "Message sent" in life
    assert "found" in answered(browser, "#thing-stays-table")
    # What was opened comes first when nothing is typed; Escape closes, and the page has the focus again.
    press(browser, "/")
    wait(browser, lambda _: hits(browser) and hits(browser)[0]["text"] == domain)
    press(browser, Keys.ESCAPE)
    wait(browser, lambda _: not hits(browser))
    assert browser.get_logs() == []


def test_a_dataset_leads_to_its_card_and_what_nothing_has_says_so(browser: Any, site: Site) -> None:
    opened(browser, site, page_named("overview"))
    browser.driver.find_element("id", "open-search").click()
    press(browser, "nothing has this name")
    wait(browser, lambda _: text(browser, ".search-line") == "Nothing is found")
    browser.driver.execute_script("document.getElementById('search-field').select()")
    press(browser, "cost by model")
    found = hits_with(browser, "LLM cost by model, 30 days")
    hit = next(one for one in found if one["text"] == "LLM cost by model, 30 days")
    tap_hit(browser, hit["path"])
    wait(browser, lambda _: text(browser, ".panel.is-found h2") == hit["text"])
    box = "return document.querySelector('.is-found').getBoundingClientRect().top"
    wait(browser, lambda driver: 0 <= driver.execute_script(box) < 400)
    assert browser.get_logs() == []


def test_a_job_of_the_table_opens_with_its_runs(browser: Any, site: Site) -> None:
    key, name = ask(
        site, "select task_key, name from cron_jobs where task_key <> 'dashboard' order by id limit 1"
    )[0]
    opened(browser, site, page_named("cron"))
    link = f"#cron-table-job_health-content a[data-path='{job_path(key)}']"
    wait(browser, lambda driver: driver.find_elements("css selector", link))
    browser.driver.execute_script("document.querySelector(arguments[0]).click()", link)
    titled(browser, name)
    assert "every" in answered(browser, ".panel-numbers")
    assert "ago" in answered(browser, "#thing-runs-table")
    wait(browser, lambda driver: driver.find_elements("css selector", "#thing-durations-chart .trace"))
    browser.driver.back()
    wait(browser, lambda _: text(browser, "#page-title") == "Jobs")
    assert browser.get_logs() == []


def test_an_error_is_found_by_its_text_and_names_the_sites_it_hit(browser: Any, site: Site) -> None:
    (message,) = ask(site, FAILED_SITE)[0]
    begin = message.split(" ")[0]
    found = browser.driver
    opened(browser, site, page_named("errors"))
    press_ctrl_k(browser)
    press(browser, begin)
    errors = wait(
        browser, lambda _: [hit for hit in hits(browser) if hit["path"].startswith("/error?source=site")]
    )
    found.get(site.url + errors[0]["path"])
    assert answered(browser, "#thing-sites-table a[href^='/site/']")
    assert text(browser, ".raw-text")
    # Another error has the same path, so the query alone says which.
    other = error_path("site", None, "no such error")
    found.execute_script(
        "history.pushState({}, '', arguments[0]); dispatchEvent(new CustomEvent('_dashprivate_pushstate'))",
        other,
    )
    wait(browser, lambda _: "Nothing has this error" in text(browser, ".thing-nothing"))
    assert browser.get_logs() == []


def test_what_does_not_exist_is_not_found_with_a_sentence(browser: Any, site: Site) -> None:
    for path in ("/site/999999999", "/job/~AA", "/site/x"):
        browser.driver.get(site.url + path)
        wait(browser, lambda _: "There is no such" in text(browser, ".thing-nothing"))
    assert browser.get_logs() == []


def test_on_a_phone_the_search_is_a_sheet_and_a_touch_opens_a_hit(browser: Any, site: Site) -> None:
    metrics = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    opened(browser, site, page_named("overview"))
    browser.driver.find_element("id", "open-search").click()
    press(browser, "outreach")
    wait(browser, lambda _: [hit for hit in hits(browser) if hit["path"] == "/outreach"])
    box = browser.driver.execute_script(
        "return JSON.stringify(document.getElementById('search').getBoundingClientRect())"
    )
    assert (json.loads(box)["width"], json.loads(box)["height"]) == (390, 844)
    tap_hit(browser, "/outreach")
    wait(browser, lambda _: text(browser, "#page-title") == "Outreach")
    assert "overflow" not in browser.driver.execute_script(
        "return document.documentElement.scrollWidth > innerWidth ? 'overflow' : ''"
    )
    assert browser.get_logs() == []
