"""A dataset computed without a table that its source may lack: what counts its rows is null, nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import duckdb
import pytest

from dash_app.cards import CardContent, fill
from dash_app.markup import plain
from dash_app.pages import CHART, PAGES, Card
from dash_app.static_page import static_html
from engine.demo.generate import generate
from engine.model.catalogue.datasets import Dataset, catalogue
from engine.model.values.orders import RunOrder
from engine.model.values.payload import decode
from engine.model.values.results import RunOutcome
from engine.replica.evaluate import evaluate, evaluate_values
from engine.replica.macros import create_clock_macros
from engine.runs.processes.engine_process import EngineProcess
from engine.store import Entry, EntryState
from tests.dash_app.test_cards import UTC_ZONE
from tests.datasets.test_every_dataset import CLOCK, random_replica
from tests.engine.source_database import execute

NOW = datetime(2026, 11, 23, 20, tzinfo=UTC)
OPTIONAL = [(name, table) for name, dataset in catalogue().items() for table in dataset.optional]

ALSO_NULL: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("key_figures_7d", "conversations"): ("cohort_replied",),
}
"""Measures whose rows are of another table than the one that they need too."""
ALSO_DIFFERENT: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("key_figures_7d", "outreaches"): ("has_history",),
    ("key_figures_7d", "conversations"): ("has_history",),
    ("key_figures_7d", "llm_usage"): ("has_history",),
    ("stage_flow", "site_status"): ("median_wait_hours", "oldest_wait_hours", "days_to_clear"),
    ("outreach_funnel", "conversations"): ("outreaches", "step_rate"),
    ("active_errors_count", "cron_job_logs"): ("active_errors", "failed_jobs"),
    ("active_errors_count", "cron_jobs"): ("active_errors",),
    ("active_errors_count", "sites"): ("active_errors",),
    ("active_errors_count", "outreaches"): ("active_errors",),
    ("usual_today", "http_errors"): ("usual_q75", "days"),
    ("usual_today", "cron_job_logs"): ("usual_q75", "days"),
    ("usual_today", "llm_usage"): ("usual_q75", "days"),
}
"""Columns that change although their rows are not those of the missing table."""


@pytest.fixture(scope="module")
def replica() -> Iterator[duckdb.DuckDBPyConnection]:
    with random_replica() as connection:
        create_clock_macros(connection, CLOCK)
        yield connection


@pytest.mark.parametrize(("name", "table"), OPTIONAL)
def test_numbers_of_a_missing_table_are_null_and_all_others_as_with_it(
    replica: duckdb.DuckDBPyConnection, name: str, table: str
) -> None:
    dataset = catalogue()[name]
    whole = _rows(dataset, evaluate(replica, dataset, CLOCK))
    found = _rows(dataset, evaluate_values(replica, dataset, CLOCK, [table]).whole)
    assert found.keys() == whole.keys()
    for key, row in found.items():
        for column, value in row.items():
            counted = dataset.rows[column].of(row) if column in dataset.rows else None
            if (counted and counted.table == table) or row.get("measure") in ALSO_NULL.get((name, table), ()):
                assert value is None or counted is None, (key, column)
            elif column not in ALSO_DIFFERENT.get((name, table), ()):
                assert value == whole[key][column], (key, column)
    # What stood in for the table is gone.
    assert _rows(dataset, evaluate(replica, dataset, CLOCK)) == whole


def _rows(dataset: Dataset, value: Mapping[str, list[Any]]) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Return the rows of a value by what names them."""
    names = [column.name for column in dataset.columns if column.type in ("text", "day", "instant")]
    keys = [name for name in [*names, "window_hours"] if name in value and name not in dataset.rows]
    rows = [dict(zip(value, cells, strict=True)) for cells in zip(*value.values(), strict=True)]
    return {tuple(row[key] for key in keys): row for row in rows}


@pytest.fixture(scope="module")
def halved(tmp_path_factory: pytest.TempPathFactory, engine: EngineProcess) -> RunOutcome:
    """Return a run of all datasets on a source with half of its tables, one of them without a column."""
    db = tmp_path_factory.mktemp("halved") / "sites.db"
    generate(db, scale=0.02, days=42, now=NOW)
    for table in ("site_status", "llm_usage", "http_errors", "cron_jobs"):
        execute(db, f"drop table {table}")
    execute(db, "alter table conversations drop column sentiment")
    return engine.compute(RunOrder(db, NOW, "UTC", tuple(catalogue())), lambda _: None)


def test_a_source_without_some_tables_gives_what_can_be_known(halved: RunOutcome) -> None:
    computed = {dataset.name: decode(dataset.value.blob) for dataset in halved.computed}
    figures = computed["key_figures_7d"]
    known = dict(zip(figures["measure"], figures["current"], strict=True))
    assert known["outreaches_sent"] > 0
    assert known["replies"] is known["positive_replies"] is known["llm_cost_usd"] is None
    flow = computed["stage_flow"]
    assert sum(flow["sites"]) > 0
    assert set(flow["entered_24h"]) == set(flow["median_wait_hours"]) == {None}
    hours = computed["hourly_throughput_48h"]
    assert len(hours["hour"]) == 48
    assert set(hours["sites"]) == {None}
    assert sum(hours["outreaches_sent"]) > 0 < sum(hours["replies"])
    lacks = {dataset.name: dataset.lacks for dataset in halved.computed}
    assert lacks["key_figures_7d"] == (
        "column sentiment of table conversations is missing", "table llm_usage is missing",
    )  # fmt: skip


def test_a_dataset_without_any_of_its_tables_is_unavailable(halved: RunOutcome) -> None:
    reasons = {problem.name: problem.reason for problem in halved.problems}
    assert reasons["activity_now"] == "table site_status is missing"
    assert "llm_daily_costs_30d" in reasons
    assert "key_figures_7d" not in reasons


@pytest.mark.parametrize(
    ("page", "card"),
    [
        (page, card)
        for page in PAGES
        for card in page.cards
        if card.show and catalogue()[str(card.dataset)].optional
    ],
    ids=lambda each: each.name,
)
def test_a_card_shows_a_dash_and_what_it_needs_in_place_of_a_number(
    halved: RunOutcome, page: Any, card: Card
) -> None:
    computed = {dataset.name: decode(dataset.value.blob) for dataset in halved.computed}
    if card.dataset not in computed:
        assert card.dataset == "unit_economics_30d"
        return
    entry = Entry(str(card.key), EntryState.FRESH, computed[card.dataset], as_of=NOW, computed_at=NOW)
    content = fill(card, entry, UTC_ZONE, NOW)
    assert "is-troubled" not in content.body_class
    shown = _text(card, content)
    assert "None" not in shown + content.answer
    # Of the measures on this card, and of the columns that this dataset reads, none is missing.
    has_all = card.name == "failed_runs" or card.dataset == "outreach_funnel"
    assert ("needs table" in shown) is not has_all


def _text(card: Card, content: CardContent) -> str:
    if card.kind == CHART:
        return str([note["text"] for note in content.content["layout"].get("annotations", [])])
    return static_html(plain(content.content), {}) + str(content.note)
