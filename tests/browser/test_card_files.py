"""What a card's menu gives to take away: its rows, and how its value was computed."""

from __future__ import annotations

import csv
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from engine.model.clock import wall_clock
from engine.store import read_entries
from tests.browser.conftest import Site
from tests.browser.test_browser import drawn, opened, page_named, text, wait

CARD = "[data-card='cost_by_model']"
KEY = "llm/llm_cost_by_model_30d"


@pytest.fixture
def page(browser: Any, site: Site) -> Any:
    """Return a browser on the page of LLM costs, its charts drawn."""
    opened(browser, site, page_named("llm"))
    drawn(browser, page_named("llm"))
    return browser


def choose(browser: Any, item: str, card: str = CARD) -> None:
    button = browser.driver.find_element("css selector", f"{card} .card-menu")
    browser.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", button)
    button.click()
    browser.driver.find_element("css selector", f".menu [data-item='{item}']").click()


def _says(browser: Any, word: str, _: Any) -> bool:
    return text(browser, ".toast-word") == word


def downloaded(browser: Any, ending: str) -> Path:
    folder = Path(browser.download_path)

    def found(_: Any) -> Path | None:
        return next(
            (file for file in folder.iterdir() if file.suffix == ending and file.stat().st_size), None
        )

    file: Path = wait(browser, found)
    return file


def test_the_rows_of_a_card_are_saved_as_a_file(page: Any, site: Site) -> None:
    choose(page, "csv")
    file = downloaded(page, ".csv")
    assert file.name.startswith("llm_cost_by_model_30d_20")
    value = read_entries(site.db, [KEY], wall_clock())[KEY].value
    rows = list(csv.DictReader(file.open(encoding="utf-8", newline="")))
    assert [row["model"] for row in rows] == value["model"]
    assert [float(row["cost_usd"]) for row in rows] == value["cost_usd"]
    assert page.get_logs() == []


def test_a_receipt_says_how_a_value_was_computed_and_its_parts_can_be_copied(page: Any) -> None:
    choose(page, "receipt")
    wait(page, lambda driver: driver.find_elements("css selector", "dialog.receipt[open]"))
    said = text(page, "dialog.receipt")
    for part in (KEY, "Rows read", "llm_usage", "Last verified", "Time zone", "Estimated cost"):
        assert part in said
    command, sql = (block.text for block in page.driver.find_elements("css selector", "dialog.receipt pre"))
    assert command.startswith(f"dashboard cache show {KEY} --now 20")
    assert "create or replace temp macro range_start" in sql
    for label, word in (("Copy SQL", "SQL copied"), ("Copy command", "Command copied")):
        page.driver.find_element("css selector", f"dialog [aria-label='{label}']").click()
        wait(page, partial(_says, page, word))
    page.driver.find_element("css selector", "dialog [aria-label='Close']").click()
    wait(page, lambda driver: not driver.find_elements("css selector", "dialog.receipt[open]"))
    focused = page.driver.execute_script("return document.activeElement.className")
    assert "card-menu" in focused
    assert page.get_logs() == []


def test_every_chart_and_table_shows_its_answer(page: Any, site: Site) -> None:
    for shown in (page_named("llm"), page_named("cron")):
        opened(page, site, shown)
        for card in shown.cards:
            if card.answer is not None:
                assert len(text(page, f"[data-card='{card.name}'] .card-answer")) > 12, card.name
