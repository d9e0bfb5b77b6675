"""How the Cache page tells how well the cache does its work."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from dash_app.cards import fill_system_card
from dash_app.figures import cache
from dash_app.formatters import analytics
from dash_app.formatters.analytics import read_cache
from dash_app.formatters.formats import microseconds
from dash_app.formatters.kpis import BAD, GOOD, WARN, Kpi
from dash_app.formatters.tables import Table
from dash_app.pages import CHART, NUMBERS, PAGES, TABLE, Card
from engine.store import Analytics
from engine.store.reads import Cause, Outcome
from engine.store.writes import set_entry
from tests.dash_app.given import database, view
from tests.engine.source_database import NOW, settings_of
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


def texts(table: Table) -> list[list[str]]:
    return [[cell.text for cell in row] for row in table.rows]


def stat(stats: tuple[Kpi, ...], label: str) -> Kpi:
    return next(stat for stat in stats if label in stat.label)


def test_all_cards_of_the_page_share_one_read() -> None:
    assert {card.system.read for card in PAGE.cards if card.system} == {read_cache}
    assert {card.kind for card in PAGE.cards} == {CHART, NUMBERS, TABLE}


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
    elif card.kind == TABLE:
        assert shown.rows == ()
        assert shown.nothing != Table((), ()).nothing
    else:
        assert all(number.label and number.hint for number in shown)


def shown_by(card: Card, figures: Analytics) -> Any:
    assert card.system is not None
    return card.system.show(figures, view("Australia/Adelaide"))


def test_the_hit_rate_is_told_for_an_hour_a_day_and_a_week(busy: Analytics) -> None:
    stats = analytics.hit_numbers(busy, view())
    assert [(s.value, s.hint, s.tone) for s in stats[:3]] == [
        ("100.0%", "of 6 reads", GOOD),
        ("88.9%", "of 9 reads", WARN),
        ("80.0%", "of 10 reads", WARN),
    ]
    assert stat(stats, "served at once").value == "90.0%"
    assert stat(stats, "median").value == "64 µs"
    nothing = stat(stats, "served nothing")
    assert (nothing.value, nothing.hint, nothing.tone) == ("1", "in 7 days; 1 more were expired", WARN)


def test_a_poor_hit_rate_is_bad(db: Path) -> None:
    given_reads(db, FUNNEL, STALE, 3)
    given_reads(db, FUNNEL, MEMORY, 1)
    assert analytics.hit_numbers(read_cache(settings_of(db), NOW), view())[0].tone == BAD


def test_outcomes_that_occurred_are_told_and_all_reads_last(busy: Analytics) -> None:
    rows = texts(analytics.outcome_table(busy, view()))
    assert [row[:3] for row in rows] == [
        ["memory", "6", "60.0%"],
        ["cache", "2", "20.0%"],
        ["stale", "1", "10.0%"],
        ["miss", "1", "10.0%"],
        ["all", "10", "100.0%"],
    ]
    assert rows[0][-1] == "60 µs"


def test_causes_of_misses_are_told_with_their_share(busy: Analytics) -> None:
    assert sorted(texts(analytics.cause_table(busy, view()))) == [
        ["expired", "1", "50.0%", "10.0%"],
        ["never computed", "1", "50.0%", "10.0%"],
    ]


def test_a_cache_that_never_missed_says_so(db: Path) -> None:
    given_reads(db, FUNNEL, MEMORY, 1)
    figures = read_cache(settings_of(db), NOW)
    assert "every read" in analytics.cause_table(figures, view()).nothing
    figure = cache.misses_by_local_hour(figures, view())
    assert "every read" in figure["layout"]["annotations"][0]["text"]


def test_each_page_tells_how_its_reads_ended(busy: Analytics) -> None:
    table = analytics.page_table(busy, {"pipeline": "Pipeline", "llm": "LLM"}.__getitem__)
    assert texts(table) == [
        ["Pipeline", "8", "8", "100.0%", "100.0%", "0", "0"],
        ["LLM", "2", "0", "0.0%", "50.0%", "1", "1"],
    ]


def test_each_entry_tells_what_it_costs_and_saves(busy: Analytics) -> None:
    rows = {row[0]: row[1:] for row in texts(analytics.key_table(busy, view()))}
    assert list(rows) == [COSTS, FUNNEL, "system/database_health"]
    # 8 reads at 50 ms, less 6 of 60 µs and 2 of 900 µs.
    assert rows[FUNNEL][:6] == ["8", "100.0%", "6", "6", "300 ms", "398 ms"]
    assert rows[FUNNEL][-1].endswith("×")
    assert rows["system/database_health"][:2] == ["never read", "–"]
    assert rows[COSTS] == ["2", "0.0%", "0", "0", "0 µs", "–", "–", "–", "–"]


def test_each_entry_tells_the_lifetime_that_fits_it_and_why(db: Path) -> None:
    given_writes(db, COSTS, 144, 12, 144, hours_ago=168 - 1)
    given_reads(db, COSTS, MEMORY, 217)
    given_writes(db, FUNNEL, 2, 1, 2)
    given_reads(db, FUNNEL, MEMORY, 1)
    table = analytics.lifetime_table(read_cache(settings_of(db), NOW), view())
    assert texts(table) == [
        [
            COSTS,
            "1 h",
            "8 h",
            "value changed in 12 of 144 computations, about every 14 h; read 31 times a day",
        ],
        [
            FUNNEL,
            "15 min",
            "–",
            "too few computations to go by: value changed in 1 of 2 computations, about every 1 min;"
            " read once a day",
        ],
    ]
    assert [row[2].tone for row in table.rows] == [WARN, ""]


def test_runs_are_told_by_number_failures_and_what_started_them(busy: Analytics) -> None:
    stats = analytics.run_numbers(busy, view())
    assert [(s.value, s.label, s.hint, s.tone) for s in stats] == [
        ("1", "run in 24 h", "all went well", ""),
        ("2", "runs in 7 days", "1 failed, all or in part", WARN),
        ("0.1 s", "mean by page", "1 run in 7 days", ""),
        ("0.9 s", "mean by schedule", "1 run in 7 days", ""),
    ]


def test_the_reads_of_an_hour_stand_on_each_other_and_the_hit_rate_has_gaps(busy: Analytics) -> None:
    figure = cache.reads_by_hour(busy, view())
    series = {trace["name"]: trace for trace in figure["data"]}
    assert {"memory", "cache", "stale", "hit rate"} <= set(series)
    assert Outcome.MISS.value not in series, "the miss lies more than 48 hours back"
    assert (series["memory"]["y"][-1], series["memory"]["x"][-1]) == (6, "2026-11-23 20:30:00")
    rates = [trace for trace in figure["data"] if trace["name"] == "hit rate"]
    assert rates[0]["y"][-4:] == [2 / 3, None, None, None]
    assert rates[-1]["y"] == [1], "of the hour that is not over"
    assert figure["layout"]["barmode"] == "stack"


def test_misses_stand_at_the_hour_of_the_local_day(busy: Analytics) -> None:
    figure = cache.misses_by_local_hour(busy, view("Australia/Adelaide"))
    expired = next(trace for trace in figure["data"] if trace["name"] == "expired")
    # 17:00 in UTC is 03:30 in Adelaide.
    assert {x: y for x, y in zip(expired["x"], expired["y"], strict=True) if y} == {"03:00–04:00": 1}
    assert len(expired["x"]) == 24


def test_the_costliest_entry_is_drawn_first_with_what_it_saved(busy: Analytics) -> None:
    spent, saved = cache.spent_and_saved(busy, view())["data"]
    assert spent["y"] == ["pipeline_funnel", "database_health"]
    assert spent["x"] == [0.3, 0.002]
    assert saved["x"] == [pytest.approx(0.39784), 0]


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
    assert analytics.hit_numbers(figures, view())[0].value == "100.0%"
