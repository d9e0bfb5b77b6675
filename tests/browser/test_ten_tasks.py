"""The ten everyday tasks of an operator, begun on the Overview: three clicks at most, also on a phone.

Typing into the search is no click, and neither is its key. A task ends when what was asked is on the page.
A link to a chart with a range is wanted by who looks at it, so that task begins there.
"""

from __future__ import annotations

import csv
import io
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.common.exceptions import ElementClickInterceptedException, StaleElementReferenceException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from engine.demo.generate import generate
from engine.model.clock import wall_clock
from tests.browser.conftest import Site, served
from tests.browser.test_browser import ask, drawn, opened, page_named, wait
from tests.engine.programs import free_port

MOST_CLICKS = 3
WIDE, PHONE = (1366, 768), (390, 844)
IS_SEARCHING = "return document.activeElement.id === 'search-field'"
TEXTS = "return Array.from(document.querySelectorAll(arguments[0]), (one) => one.textContent)"
COPIED = "window.copied = ''; navigator.clipboard.writeText = async (text) => { window.copied = text; };"


class Person:
    """Clicks as a person does, and counts the clicks."""

    def __init__(self, browser: Any, *, has_keyboard: bool) -> None:
        self.browser, self.driver = browser, browser.driver
        self.has_keyboard = has_keyboard
        self.clicks = 0

    def click(self, selector: str, words: str = "") -> None:
        """Click the first element in sight that matches, and whose text has the words."""

        def clicked(driver: Any) -> bool:
            for element in driver.find_elements("css selector", selector):
                try:
                    if words in element.text:
                        driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
                        time.sleep(0.3)  # as a person, who does not click what still moves
                        if element.is_displayed():
                            element.click()
                            return True
                except (StaleElementReferenceException, ElementClickInterceptedException):
                    return False  # what slides in still covers it
            return False

        wait(self.browser, clicked)
        self.clicks += 1

    def go_to(self, page: str) -> None:
        """Go to a page by the sidebar, which a phone has to open first."""
        if not self.has_keyboard:
            self.click("#menu-toggle")
            wait(self.browser, lambda driver: driver.find_elements("css selector", "body.menu-open"))
        self.click(f"#sidebar .nav-{page}")
        wait(self.browser, lambda driver: driver.find_elements("css selector", f"[data-page={page}]"))

    def search(self, text: str) -> None:
        """Type into the search."""
        if self.has_keyboard:
            ActionChains(self.driver).key_down(Keys.CONTROL).send_keys("k").key_up(Keys.CONTROL).perform()
        else:
            self.click("#open-search")
        wait(
            self.browser, lambda driver: driver.switch_to.active_element.get_attribute("id") == "search-field"
        )
        self.driver.switch_to.active_element.send_keys(text)

    def sees(self, selector: str, pattern: str = "") -> str:
        """Return the text of what matches, once its text has the pattern, whichever kind its spaces are."""

        def seen(driver: Any) -> str | None:
            texts = (
                text.replace("\N{NO-BREAK SPACE}", " ") for text in driver.execute_script(TEXTS, selector)
            )
            return next((text for text in texts if re.search(pattern, text)), None)

        return str(wait(self.browser, seen))


Task = Callable[[Person, Site], None]


def is_it_moving(person: Person, _: Site) -> None:
    person.sees("#status-pill", "Moving|Quiet")


def cost_this_week_against_last_and_the_model_behind_it(person: Person, _: Site) -> None:
    person.search("cost week")
    person.click(".search-hit", "LLM cost, 7 days")
    person.sees("[data-card=cost_totals] .stats", r"since \d+ \w+.*vs week before")
    texts = (
        "return JSON.stringify(document.querySelector('[data-card=cost_by_model] .dash-graph').textContent)"
    )
    wait(person.browser, lambda driver: re.search(r"\$[\d.]+.*[+−]\d+%", driver.execute_script(texts)))


def which_job_fails_why_and_its_last_runs(person: Person, site: Site) -> None:
    person.go_to("cron")
    person.click("[data-card=job_health] tbody tr:first-child td:first-child a")
    person.sees(".thing h2", "Latest error")
    person.sees(".thing table", "failed")


def the_sites_with_this_error(person: Person, _: Site) -> None:
    person.go_to("errors")
    person.click("[data-card=error_groups] tbody a[href*='source=outreach']")
    person.sees(".thing h2", "Sites with it")
    person.sees(".thing table a", r"\.")


def replies_this_month_against_last(person: Person, _: Site) -> None:
    person.search("conversations month")
    person.click(".search-hit", "Conversations, 30 days")
    person.sees("[data-card=conversations_daily] .card-body", "prior 30 d")


def a_table_as_csv(person: Person, _: Site) -> None:
    person.click("[data-card=hourly_throughput] .card-menu")
    person.click("[data-item=csv]")
    folder = Path(person.browser.download_path)
    (file,) = wait(person.browser, lambda _: list(folder.glob("*.csv")))
    rows = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8-sig"))))
    assert len(rows) == 48
    assert "replies" in rows[0]


def a_link_to_this_chart_with_this_range(person: Person, site: Site) -> None:
    person.driver.get(f"{site.url}/llm?range=7d")
    person.driver.execute_script(COPIED)
    person.sees("[data-card=daily_costs] h2", "7 days")
    person.click("[data-card=daily_costs] .card-menu")
    person.click("[data-item=link]")
    link = wait(person.browser, lambda driver: driver.execute_script("return window.copied"))
    assert "range=7d" in link
    assert "daily_costs" in link


def seven_days_in_place_of_thirty(person: Person, _: Site) -> None:
    person.click("#range-button")
    person.click("[data-range='7d']")
    person.sees("[data-card=hourly_throughput] h2", "7 days")


def find_a_domain(person: Person, site: Site) -> None:
    ((domain,),) = ask(site, "select domain from sites order by id desc limit 1")
    person.search(domain[1:])
    person.click(".search-hit", domain)
    person.sees("#bar h1", re.escape(domain))


def what_changed_since_yesterday(person: Person, _: Site) -> None:
    person.click("#range-button")
    person.click("[data-prior='24h']")
    person.sees("[data-card=key_figures] .stats", "vs prior 24 h")
    person.sees("[data-card=hourly_throughput] .card-body", "prior 24 h")


TASKS: tuple[Task, ...] = (
    is_it_moving,
    cost_this_week_against_last_and_the_model_behind_it,
    which_job_fails_why_and_its_last_runs,
    the_sites_with_this_error,
    replies_this_month_against_last,
    a_table_as_csv,
    a_link_to_this_chart_with_this_range,
    seven_days_in_place_of_thirty,
    find_a_domain,
    what_changed_since_yesterday,
)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Serve a demo database that is new, so that the pipeline is seen to move."""
    db = tmp_path_factory.mktemp("fresh") / "sites.db"
    generate(db, scale=0.05, days=65, now=wall_clock())
    with served(db, free_port()) as site:
        yield site


@pytest.fixture
def screen(browser: Any, request: pytest.FixtureRequest) -> Iterator[tuple[int, int]]:
    width, height = request.param
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    yield request.param
    browser.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.mark.parametrize("screen", [WIDE, PHONE], ids=["wide", "phone"], indirect=True)
def test_ten_everyday_tasks_take_three_clicks_at_most(
    browser: Any, fresh: Site, screen: tuple[int, int]
) -> None:
    clicks = {}
    for task in TASKS:
        opened(browser, fresh, page_named("overview"))
        drawn(browser, page_named("overview"))
        person = Person(browser, has_keyboard=screen == WIDE)
        task(person, fresh)
        clicks[task.__name__] = person.clicks
    assert {name: count for name, count in clicks.items() if count > MOST_CLICKS} == {}
    assert browser.get_logs() == []
