"""A page with more than it can show at once, in a real browser: rows to turn to, a plot with its room."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from selenium.webdriver.support.wait import WebDriverWait

from dash_app.pages import PAGES, TABLE
from tests.browser.conftest import Site, served
from tests.engine.programs import free_port
from tests.engine.source_database import execute_script, make_source

JOBS, STAGES = 60, 40

FILL = f"""
create temp table n as
with recursive numbers(i) as (select 0 union all select i + 1 from numbers where i < 599)
select i from numbers;
insert into llm_usage (stage, provider, model, prompt_tokens, completion_tokens, estimated_cost, created_at)
select 'stage of customer ' || (i % {STAGES}), 'p', 'm', 100, 20, 1 + i % {STAGES},
    datetime('now', '-' || i || ' hours') from n;
insert into cron_jobs (name, task_key, interval_value, interval_unit)
select 'Job ' || i, 'job' || i, 60 - i, 'hours' from n where i < {JOBS};
"""


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Serve a source with sixty jobs and forty stages of language models."""
    db = make_source(tmp_path_factory.mktemp("many") / "sites.db")
    execute_script(db, FILL)
    with served(db, free_port()) as site:
        yield site


def wait_for(browser: Any, script: str) -> Any:
    return WebDriverWait(browser.driver, 30, poll_frequency=0.1).until(
        lambda driver: driver.execute_script(f"return {script}")
    )


CARD = next(card for page in PAGES for card in page.cards
            if card.dataset == "cron_job_summary" and card.kind == TABLE)  # fmt: skip
SCHEDULE = f"document.querySelector('[data-card={CARD.name}]')"
NAMES = (
    f"Array.from({SCHEDULE}?.querySelectorAll('tbody tr') || []).map(row => row.cells[0].innerText.trim())"
)
WHERE = f"({SCHEDULE}?.querySelector('.turn-pages [role=status]') || {{}}).innerText"


def click(browser: Any, selector: str) -> None:
    browser.driver.execute_script(f"{SCHEDULE}.querySelector(arguments[0]).click()", selector)


def test_a_reader_turns_the_rows_of_a_long_table_and_sorts_all_of_them(browser: Any, many: Site) -> None:
    browser.driver.get(f"{many.url}/jobs")
    wait_for(browser, f"{WHERE} === '1–50 of 61'")
    click(browser, ".turn-page[data-turn=next]")
    wait_for(browser, f"{WHERE} === '51–61 of 61'")
    assert len(browser.driver.execute_script(f"return {NAMES}")) == 11
    place = browser.driver.execute_script(
        f"return 1 + Array.from({SCHEDULE}.querySelectorAll('th'))"
        ".findIndex(heading => heading.querySelector('.sort').textContent === 'Schedule')"
    )
    click(browser, f"th:nth-child({place}) .sort")
    wait_for(browser, f"{NAMES}[0] === 'Job 0' && {WHERE} === '1–50 of 61'")
    heading = f"{SCHEDULE}.querySelector('th:nth-child({place})').getAttribute('aria-sort')"
    assert browser.driver.execute_script(f"return {heading}") == "descending"
    click(browser, ".turn-page[data-turn=next]")
    wait_for(browser, f"{WHERE} === '51–61 of 61'")
    # Another page and back: the rows are those the reader had turned to.
    browser.driver.execute_script("document.querySelector('#sidebar a[href=\"/llm\"]').click()")
    wait_for(browser, "!!document.querySelector('[data-page=llm]')")
    browser.driver.execute_script("document.querySelector('#sidebar a[href=\"/jobs\"]').click()")
    wait_for(browser, f"{WHERE} === '51–61 of 61'")
    assert browser.get_logs() == []


def test_with_forty_stages_the_plot_keeps_most_of_its_card(browser: Any, many: Site) -> None:
    browser.driver.get(f"{many.url}/llm")
    chart = "document.querySelector('[data-card=cost_by_stage] .js-plotly-plot')"
    chips = "Array.from(document.querySelectorAll('[data-card=cost_by_stage] .legend-chip'))"
    wait_for(browser, f"{chart} && {chips}.length === 9")
    plot, card = browser.driver.execute_script(
        f"const size = {chart}._fullLayout._size;"
        f" return [size.w * size.h, {chart}.clientWidth * {chart}.clientHeight]"
    )
    assert plot > 0.5 * card
    names = browser.driver.execute_script(f"return {chips}.map(chip => chip.textContent)")
    assert sorted(names) == sorted([f"stage o…mer {n}" for n in range(32, 40)] + ["other (32)"])
    assert browser.get_logs() == []
