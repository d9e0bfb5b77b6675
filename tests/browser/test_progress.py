"""What every open page shows of a run under way, whoever started that run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from engine.model.catalogue.datasets import catalogue
from engine.model.clock import wall_clock
from engine.model.setting_table.loading import load_settings
from engine.model.values.results import COMPUTING, Progress
from engine.runs import Trigger
from engine.runs.health.progress import shared_progress
from engine.runs.turns.lock import holding, make_run_lock
from tests.browser.conftest import Site
from tests.browser.test_browser import ask, is_at_rest, opened, page_named, settled, text, wait

POLLS = (
    "return performance.getEntriesByType('resource').filter(entry => entry.name.endsWith('/state')).length"
)
BAR = "const bar = document.querySelector('#run-progress progress'); return [bar.value, bar.max]"
MOVED = """
const cards = Array.from(document.querySelectorAll('.card'));
const tops = () => cards.map(card => card.getBoundingClientRect().top);
const panel = document.getElementById('status-panel');
const beside = tops();
panel.hidden = true;
const without = tops();
panel.hidden = false;
return JSON.stringify(beside) !== JSON.stringify(without);
"""


class OtherRun:
    """A run of another process, here the test's: it holds the lock and tells how far it is until it ends."""

    def __init__(self, site: Site) -> None:
        settings = load_settings({"DASHBOARD_DB": str(site.db)}, Path("/no/such/.env"))
        self._stack = ExitStack()
        self._stack.enter_context(holding(make_run_lock(settings)))
        report = shared_progress(settings, Trigger.SCHEDULE, wall_clock(), lambda progress: None)
        self._share = self._stack.enter_context(report)

    def is_at(self, done: int, total: int, step: str) -> None:
        self._share(Progress(done, total, step))

    def computes(self, at: int, of: int, step: str) -> None:
        self._share(Progress(500 + at, 1000, step, part=COMPUTING, part_done=at - 1, part_total=of))

    def end(self) -> None:
        self._stack.close()


@pytest.fixture
def other_run(site: Site) -> Iterator[OtherRun]:
    run = OtherRun(site)
    yield run
    run.end()


def shown(browser: Any) -> bool:
    """Return whether the pill shows a run, as it does in a line at its edge whatever else it says."""
    return bool(browser.driver.find_elements("css selector", "#status-pill .pill-run.is-shown"))


def open_panel(browser: Any) -> None:
    wait(browser, lambda _: shown(browser))
    browser.driver.find_element("id", "status-pill").click()


def test_a_page_that_waits_for_values_shows_how_far_the_run_is_and_then_what_it_made(
    browser: Any, site: Site, other_run: OtherRun
) -> None:
    page = page_named("pipeline")
    ask(site, "delete from dashboard_cache where cache_key like 'pipeline/%'")
    other_run.is_at(3, 31, "copying llm_usage: 1.2 of 5.4 million rows")
    browser.driver.get(site.url + page.path)
    open_panel(browser)
    wait(browser, lambda _: "1.2 of 5.4 million rows" in text(browser, "#run-progress"))
    assert "Scheduled run" in text(browser, "#run-progress")
    assert browser.driver.execute_script(BAR) == [3, 31]
    assert browser.driver.find_elements("css selector", ".is-loading")
    assert not browser.driver.execute_script(MOVED), "the cards make way for it"
    card = "[data-card=stage_flow] .panel-note"
    wait(browser, lambda _: "Copying llm_usage: 1.2 of 5.4 million rows" in text(browser, card))
    assert not browser.driver.find_elements("class name", "first-run"), "others have values"
    other_run.computes(3, 12, "llm_cost_by_model_30d")
    wait(browser, lambda _: browser.driver.execute_script(BAR) == [503, 1000])
    assert "model" in text(browser, ".run-step").lower()
    wait(browser, lambda _: text(browser, card) == "Computing 3 of 12")
    other_run.end()
    settled(browser, page)
    wait(browser, lambda _: not shown(browser))
    assert not browser.driver.find_elements("css selector", ".is-troubled")
    assert browser.driver.execute_script(POLLS) == 0, "the socket tells all"
    assert browser.get_logs() == []


def wait_for_text(browser: Any, selector: str, wanted: str) -> None:
    wait(browser, lambda _: wanted in text(browser, selector))


def test_a_page_that_waits_for_nothing_shows_the_run_too_dataset_by_dataset(
    browser: Any, site: Site, other_run: OtherRun
) -> None:
    opened(browser, site, page_named("cache"))
    other_run.is_at(0, 1000, "starting")
    open_panel(browser)
    for done, name in ((500, "pipeline_funnel"), (750, "response_rates")):
        other_run.is_at(done, 1000, name)
        title = catalogue()[name].title
        wait_for_text(browser, ".run-step", title)
        assert browser.driver.execute_script(BAR) == [done, 1000]
    assert shown(browser)
    other_run.end()
    wait(browser, lambda _: not shown(browser))
    assert browser.get_logs() == []


def test_a_button_that_waits_for_the_run_of_another_shows_it(
    browser: Any, site: Site, other_run: OtherRun
) -> None:
    page = page_named("cache")
    opened(browser, site, page)
    other_run.is_at(0, 0, "starting")
    browser.driver.find_element("id", "full-refresh").click()
    open_panel(browser)
    wait(browser, lambda _: "Starting" in text(browser, "#run-progress"))
    indeterminate = "return !document.querySelector('#run-progress progress').hasAttribute('value')"
    assert browser.driver.execute_script(indeterminate)
    other_run.end()
    wait(browser, is_at_rest)
    wait(browser, lambda _: not shown(browser))
    assert browser.get_logs() == []


def test_a_first_run_says_what_happens_and_how_far_it_is_and_moves_nothing(
    browser: Any, site: Site, other_run: OtherRun
) -> None:
    page = page_named("llm")
    ask(site, "delete from dashboard_cache")
    ask(site, "delete from dashboard_state where name like 'generation%'")
    other_run.is_at(100, 1000, "copying llm_usage: 1.2 of 5.4 million rows")
    browser.driver.get(site.url + page.path)
    wait(browser, lambda _: "reading the source" in text(browser, ".first-run h2"))
    assert text(browser, ".first-run-line") == "Copying llm_usage: 1.2 of 5.4 million rows"
    assert "so far" in text(browser, ".first-run-time")
    tops = "return Array.from(document.querySelectorAll('.card'), card => card.getBoundingClientRect().top)"
    beside = browser.driver.execute_script(tops)
    other_run.computes(2, 9, "llm_cost_by_model_30d")
    wait(browser, lambda _: text(browser, ".first-run-line") == "Computing 2 of 9")
    browser.driver.execute_script("document.querySelector('.first-run').hidden = true")
    assert browser.driver.execute_script(tops) == beside
    other_run.end()
    settled(browser, page)
    wait(browser, lambda driver: not driver.find_elements("class name", "first-run"))
    assert browser.get_logs() == []
