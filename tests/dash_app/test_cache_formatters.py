"""The Cache page: what is wrong with a key, how it is read, and what it is worth."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from dash_app.answers import cache as answer
from dash_app.answers.page_values import PageValues
from dash_app.cards import fill_system_card
from dash_app.figures import hit_rate
from dash_app.formatters import cache_cards
from dash_app.formatters.cache_cards import read_cache
from dash_app.formatters.cache_runs import run_table
from dash_app.formatters.formats import microseconds
from dash_app.formatters.tables import Cell, Table
from dash_app.formatters.tones import BAD, GOOD, WARN
from dash_app.login.contacts import system_value_without_contacts
from dash_app.pages import CHART, PAGES, TABLE, Card
from engine.model.catalogue.datasets import catalogue
from engine.model.values.results import FAILED, UNAVAILABLE
from engine.store import Analytics
from engine.store.reads import Cause
from engine.store.writes import set_entry
from tests.dash_app.given import database, fill_cache, values_of, view
from tests.engine.source_database import NOW, execute, settings_of
from tests.engine.store.given_counts import (
    CACHE,
    MEMORY,
    STALE,
    given_reads,
    given_run,
    given_writes,
    missed,
)

PAGE = next(page for page in PAGES if page.name == "cache")
CARDS = [pytest.param(card, id=card.name) for card in PAGE.cards]
FUNNEL, COSTS = "pipeline/pipeline_funnel", "llm/llm_daily_costs_30d"


@pytest.fixture
def db(tmp_path: Path) -> Path:
    return database(tmp_path)


@pytest.fixture
def busy(db: Path) -> Analytics:
    """Return the figures of a cache that was read, missed, computed and run."""
    given_reads(db, FUNNEL, MEMORY, 6, microseconds=60)
    given_reads(db, FUNNEL, CACHE, 2, hours_ago=3, microseconds=900)
    given_reads(db, COSTS, STALE, 1, hours_ago=3, microseconds=900)
    given_reads(db, COSTS, missed(Cause.NEVER), 1, hours_ago=50)
    given_writes(db, FUNNEL, 6, 6, 300_000)
    given_writes(db, "system/database_health", 1, 1, 2000)
    set_entry(db, FUNNEL, {"a": ["x" * 900]}, 15, NOW)
    given_run(db, "schedule", "success", 900, hours_ago=1)
    given_run(db, "page", "partial", 100, hours_ago=30)
    return read_cache(settings_of(db), NOW)


def given_problem(db: Path, key: str, kind: str, reason: str) -> None:
    row = (key, kind, reason, f"{NOW:%Y-%m-%d %H:%M:%S}")
    execute(db, "insert into dashboard_problems values (?, ?, ?, ?)", row)


def test_all_cards_of_the_page_share_one_read() -> None:
    assert {card.system.read for card in PAGE.cards if card.system} == {read_cache}
    assert [card.kind for card in PAGE.cards] == [CHART, TABLE, TABLE]


@pytest.mark.parametrize("card", CARDS)
def test_every_card_shows_a_busy_cache(card: Card, busy: Analytics) -> None:
    shown = shown_by(card, busy)
    if card.kind == CHART:
        assert shown["data"]
        orjson.dumps(shown)
    elif card.kind == TABLE:
        assert shown.rows
        assert all(len(row) == len(shown.headings) for row in shown.rows)
    assert fill_system_card(card, busy, view().zone, NOW).body_class == "card-body is-ready"


@pytest.mark.parametrize("card", CARDS)
def test_every_card_of_a_new_dashboard_says_that_there_is_nothing_yet(card: Card, db: Path) -> None:
    shown = shown_by(card, read_cache(settings_of(db), NOW))
    if card.kind == CHART:
        assert shown["data"] == []
        assert shown["layout"]["annotations"][0]["text"]
    elif card.name == "runs":
        assert shown.rows == ()
        assert shown.nothing != Table((), ()).nothing
    else:
        assert {row[1].text for row in shown.rows} == {"missing"}


def shown_by(card: Card, figures: Analytics) -> Any:
    assert card.system is not None
    return card.system.show(figures, view("Australia/Adelaide"))


def entries(figures: Analytics) -> dict[str, tuple[Cell, ...]]:
    table = cache_cards.entries_card(str.title).show(figures, view())
    assert isinstance(table, Table)
    return {row[0].text: row for row in table.rows}


def details(row: tuple[Cell, ...]) -> dict[str, dict[str, str]]:
    """Return the lines of a row's details by section."""
    return {section: dict(lines) for section, lines in row[0].details}


def sentence(figures: Analytics) -> str:
    return answer.PAGE.make(PageValues({}, {}, {"entries": figures}), view())


def test_each_key_has_its_state_reads_cost_and_lifetime(busy: Analytics) -> None:
    rows = entries(busy)
    assert [cell.text for cell in rows[FUNNEL]] == [
        *(FUNNEL, "fresh", "5 s ago", "8", "100.0%", "50.0 ms", "15 min", "–")
    ]
    assert [cell.text for cell in rows[COSTS]] == [*(COSTS, "missing", "–", "2", "0.0%", "–", "1 h", "–")]
    assert rows[COSTS][4].tone == BAD
    assert rows["system/database_health"][3].text == "never read"


def test_a_key_that_nothing_is_known_of_stands_there_too(busy: Analytics) -> None:
    assert set(entries(busy)) == {dataset.key for dataset in catalogue().values()}


def test_what_is_wrong_stands_first_then_what_is_read_most(db: Path) -> None:
    fill_cache(db, NOW)
    given_reads(db, COSTS, MEMORY, 9)
    given_problem(db, FUNNEL, FAILED, "boom")
    given_problem(db, "errors/http_errors_30d", UNAVAILABLE, "the source has no table http_errors")
    set_entry(db, "llm/llm_usage_by_stage", {"a": [1]}, 15, NOW - timedelta(hours=1))
    table = cache_cards.entries_card(str).show(read_cache(settings_of(db), NOW), view())
    assert isinstance(table, Table)
    assert [(row[0].text, row[1].text) for row in table.rows][:4] == [
        (FUNNEL, "failed"),
        ("llm/llm_usage_by_stage", "expired"),
        ("errors/http_errors_30d", "unavailable"),
        (COSTS, "fresh"),
    ]


def test_the_details_of_a_key_say_how_its_reads_ended_and_what_it_is_worth(busy: Analytics) -> None:
    funnel, costs = (details(entries(busy)[key]) for key in (FUNNEL, COSTS))
    assert funnel["Reads, 7 days"] == {"fresh, from memory": "6, 75.0%", "fresh, from the table": "2, 25.0%"}
    # 8 reads at 50 ms, less 6 of 60 µs and 2 of 900 µs.
    assert funnel["What it is worth, 7 days"] == {
        "Computed": "6, changed 6",
        "Time spent": "300 ms",
        "Time saved": "398 ms",
    }
    assert funnel["Page"] == {"Belongs to": "Pipeline", "Hit rate of its keys": "100.0% of 8"}
    assert funnel["Size"]["Rows"] == "1"
    assert costs["Causes of misses"] == {"expired": "1", "never computed": "1"}


def test_the_details_of_a_failed_key_have_its_last_error(db: Path) -> None:
    given_problem(db, FUNNEL, FAILED, "no such mailbox jane@example.org")
    figures = read_cache(settings_of(db), NOW)
    assert details(entries(figures)[FUNNEL])["Now"]["Last error"] == "no such mailbox jane@example.org"
    hidden = system_value_without_contacts(figures)
    assert "jane" not in repr(entries(hidden)), "a viewer does not see it"


def test_selected_values_are_one_row_that_is_never_wrong(db: Path) -> None:
    earlier, value = NOW - timedelta(hours=2), values_of("llm_daily_costs_30d")
    for days in (7, 90):
        set_entry(db, f"{COSTS}?range={days}d", value, 60, earlier)
    table = cache_cards.entries_card(str).show(read_cache(settings_of(db), NOW), view())
    assert isinstance(table, Table)
    (row,) = [row for row in table.rows if row[0].after]
    assert [cell.text for cell in row[:2]] == [COSTS, "2 values"]
    assert row[0].after == "with ranges and filters"
    assert row[1].tone == ""


def test_a_suggested_lifetime_differs_from_the_own_one_and_says_why(db: Path) -> None:
    given_writes(db, COSTS, 144, 12, 144, hours_ago=168 - 1)
    given_reads(db, COSTS, MEMORY, 217)
    given_writes(db, FUNNEL, 2, 1, 2)
    given_reads(db, FUNNEL, MEMORY, 1)
    figures = read_cache(settings_of(db), NOW)
    rows = entries(figures)
    assert [(rows[key][-1].text, rows[key][-1].tone) for key in (COSTS, FUNNEL)] == [("8 h", WARN), ("–", "")]
    assert details(rows[COSTS])["TTL"]["Based on"] == (
        "value changed in 12 of 144 computations, about every 14 h; read 31 times a day"
    )
    assert details(rows[FUNNEL])["TTL"]["Based on"].startswith("too few computations to go by")
    assert sentence(figures).endswith("· 0 failed · 1 TTL suggestion")


def test_the_page_says_first_how_many_reads_were_instant_and_what_failed(db: Path, busy: Analytics) -> None:
    assert sentence(busy) == "90.0% of reads in 7 days instant · 0 failed · 0 TTL suggestions"
    given_problem(db, FUNNEL, FAILED, "boom")
    assert "· 1 failed ·" in sentence(read_cache(settings_of(db), NOW))


def test_a_cache_that_nobody_read_says_so(db: Path) -> None:
    figures = read_cache(settings_of(db), NOW)
    assert sentence(figures) == "Nothing read in 7 days · 0 failed · 0 TTL suggestions"


def test_runs_have_their_totals_below(busy: Analytics) -> None:
    table = run_table(busy, view())
    assert [row[3].tone for row in table.rows] == [WARN, GOOD]
    assert table.remark == (
        "1 run in 24 h · 2 runs in 7 days, 1 failed, all or in part"
        " · 1 run by page, mean 0.1 s · 1 run by schedule, mean 0.9 s"
    )


def test_the_misses_of_an_hour_stand_below_a_hit_rate_with_gaps(busy: Analytics) -> None:
    figure = hit_rate.hits_and_misses(busy, view())
    series = {trace["name"]: trace for trace in figure["data"]}
    assert set(series) >= {"hit rate", "missed: expired"}
    assert "missed: never computed" not in series, "that one lies more than 48 hours back"
    assert series["missed: expired"]["y"][-4] == 1
    rates = [trace for trace in figure["data"] if trace["name"] == "hit rate"]
    assert rates[0]["y"][-4:] == [2 / 3, None, None, None]
    assert rates[-1]["y"] == [1], "of the hour that is not over"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (0, "0 µs"),
        (87.4, "87 µs"),
        (1400, "1.4 ms"),
        (123_400, "123 ms"),
        (-2500, "−2.5 ms"),
        (2_300_000, "2.3 s"),
        (-90_000_000, "−1 min 30 s"),
    ],
)
def test_durations_of_any_size_are_short(value: float | None, text: str) -> None:
    assert microseconds(value) == text


def test_a_page_read_late_in_the_hour_still_ends_with_that_hour(db: Path) -> None:
    given_reads(db, FUNNEL, MEMORY, 1)
    figures = read_cache(settings_of(db), NOW + timedelta(minutes=59))
    assert figures.this_hour.reads == 1
