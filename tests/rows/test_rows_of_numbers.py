"""Exactly the rows that a number counts are behind it, in every dataset, range, filter and time zone."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import duckdb
import pytest

from engine.model.catalogue.datasets import Dataset, catalogue
from engine.model.clock import Clock
from engine.model.selections.selected import restricted, selected, with_previous
from engine.model.selections.selection import RANGES, Selection
from engine.model.values.payload import Columns
from engine.runs.processes.engine_process import EngineProcess
from tests.rows.comparison import Comparison
from tests.rows.other_numbers import DECLARED, FILTERED
from tests.rows.replicas import open_replicas


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    """Return what a comparison of all datasets on all replicas has found."""
    found = Comparison(Random("rows"))
    engine = EngineProcess()
    try:
        for name, (connection, clock) in open_replicas(tmp_path_factory.mktemp("rows"), engine):
            before = len(found.differences)
            for dataset in catalogue().values():
                if dataset.rows:
                    value = found.compare(connection, dataset, clock, 3)
                    for each in _selections(connection, dataset, value, clock, found.rng):
                        found.compare(connection, each, clock, 1)
            found.differences[before:] = [f"{name}: {each}" for each in found.differences[before:]]
    finally:
        engine.close()
    return found


def _selections(
    connection: duckdb.DuckDBPyConnection, dataset: Dataset, value: Columns, clock: Clock, rng: Random
) -> tuple[Dataset, ...]:
    """Return a range with its period before, and a filter of one column, if the dataset takes them."""
    today = clock.local_day(clock.now)
    first = today - timedelta(days=rng.randrange(1, 40))
    days = f"{first}..{min(today, first + timedelta(days=rng.randrange(20)))}"
    wanted = [Selection(rng.choice((*RANGES, days, days)), compare=True)]
    if dataset.filters:
        column = rng.choice(dataset.filters)
        words = value.get(column) or _words(connection, column)
        wanted.append(Selection(filters=((column, rng.choice(words)),)))
    taken = [restricted(dataset, each) for each in wanted]
    return with_previous(selected(dataset, each) for each in taken if each.text)


def _words(connection: duckdb.DuckDBPyConnection, column: str) -> list[str | None]:
    """Return the words of a column of a table; null alone if it has none."""
    found = connection.execute(f"select distinct {column} from {FILTERED[column]} order by 1").fetchall()
    return [word for (word,) in found] or [None]


def test_the_rows_behind_a_number_are_those_that_it_counts(comparison: Comparison) -> None:
    assert comparison.differences == []


def test_every_column_that_declares_rows_has_some_on_a_replica(comparison: Comparison) -> None:
    assert sorted(DECLARED - comparison.with_rows) == []


def test_sums_of_a_column_have_the_rows_of_all_its_numbers(comparison: Comparison) -> None:
    assert comparison.totals >= {
        "llm_daily_costs_30d.cost_usd",
        "unit_economics_30d.replies",
        "response_rates.sent",
    }
