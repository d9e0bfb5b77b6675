"""A page with more than it can show at once, in a real browser: rows to turn to, a plot with its room."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from selenium.webdriver.common.keys import Keys
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
    return WebDriverWait(browser.driver, 60, poll_frequency=0.1).until(
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
    # The address says so too, for whom it is sent to.
    browser.driver.refresh()
    wait_for(browser, f"{WHERE} === '51–61 of 61' && {heading} === 'descending'")
    assert browser.get_logs() == []


ACTIVE = "document.activeElement"


def press(browser: Any, *keys: str) -> None:
    for key in keys:
        browser.driver.switch_to.active_element.send_keys(key)


def test_a_long_table_is_read_by_keyboard_its_headings_stay_and_a_text_finds_rows(
    browser: Any, many: Site
) -> None:
    browser.driver.get(f"{many.url}/jobs")
    wait_for(browser, f"{SCHEDULE}?.querySelector('table')?.role === 'grid'")
    # The headings stay below the bar while the rows scroll.
    browser.driver.execute_script(f"{SCHEDULE}.querySelector('tbody tr:nth-child(20)').scrollIntoView()")
    top = f"{SCHEDULE}.querySelector('th').getBoundingClientRect().top"
    bar = "document.getElementById('bar').getBoundingClientRect().bottom"
    wait_for(browser, f"Math.abs({top} - {bar}) <= 1.5")
    # One stop of the Tab key, and arrows within.
    stops = f"Array.from({SCHEDULE}.querySelectorAll('table *')).filter(one => one.tabIndex >= 0).length"
    assert browser.driver.execute_script(f"return {stops}") == 1
    browser.driver.execute_script(f"{SCHEDULE}.querySelector('table [tabindex=\"0\"]').focus()")
    press(browser, Keys.ARROW_RIGHT)
    assert browser.driver.execute_script(f"return {ACTIVE}.className") == "column-help"
    press(browser, Keys.ENTER)
    wait_for(
        browser, "document.querySelector('.column-note:not([hidden])')?.innerText.includes('Name of the job')"
    )
    press(browser, Keys.ESCAPE)
    wait_for(
        browser, f"{ACTIVE}.className === 'column-help' && !!document.querySelector('.column-note').hidden"
    )
    press(browser, Keys.ARROW_DOWN, Keys.ARROW_DOWN)
    assert browser.driver.execute_script(f"return {ACTIVE}.closest('tr').rowIndex") == 2
    press(browser, Keys.END)
    assert browser.driver.execute_script(
        f"return {ACTIVE}.closest('td') === {ACTIVE}.closest('tr').lastElementChild"
    )
    assert browser.driver.execute_script(f"return {stops}") == 1
    # The search finds rows of all pages, and keeps the focus.
    browser.driver.execute_script(f"{SCHEDULE}.querySelector('.table-find input').focus()")
    press(browser, "job 5")
    wait_for(browser, f"{WHERE} === '1–11 of 11 with “job 5”, 61 in all'")
    assert browser.driver.execute_script(f"return [{ACTIVE}.type, {ACTIVE}.value]") == ["search", "job 5"]
    assert browser.get_logs() == []


def test_on_a_phone_a_row_has_two_lines_opens_to_all_columns_and_a_select_sorts(
    browser: Any, many: Site
) -> None:
    browser.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True},
    )
    browser.driver.get(f"{many.url}/jobs")
    wait_for(browser, f"{SCHEDULE}?.querySelectorAll('table[data-lines][role=grid] .row-more').length === 50")
    row = f"{SCHEDULE}.querySelector('tbody tr')"
    cells = f"Array.from({row}.cells).filter(cell => cell.getClientRects().length).length"
    before = browser.driver.execute_script(f"return [{cells}, {row}.offsetHeight, {row}.scrollWidth]")
    assert before[0] == 4, "the name, the main column, and two more"
    assert before[1] <= 80
    assert before[2] <= 390
    browser.driver.execute_script(f"{row}.querySelector('.is-main').click()")
    assert browser.driver.execute_script(f"return {cells} === {row}.cells.length")
    assert browser.driver.execute_script(f"return {row}.querySelector('.row-more').ariaExpanded") == "true"
    order = f"{SCHEDULE}.querySelector('.table-order')"
    assert browser.driver.execute_script(f"return {order}.selectedOptions[0].text") == "Next due ↑"
    browser.driver.execute_script(
        f"const order = {order};"
        " order.value = Array.from(order.options).find(one => one.text === 'Schedule ↓').value;"
        " order.dispatchEvent(new Event('change'))"
    )
    wait_for(browser, f"{NAMES}[0] === 'Job 0' && {order}.selectedOptions[0].text === 'Schedule ↓'")
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
