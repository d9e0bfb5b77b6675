"""Exactly the rows that a number counts are behind it, in every dataset, range, filter and time zone."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import duckdb
import pytest

from engine.model.clock import Clock
from engine.model.datasets import Dataset, catalogue
from engine.model.payload import Columns
from engine.model.selected import restricted, selected, with_previous
from engine.model.selection import RANGES, Selection
from engine.model.staging import staging
from engine.replica.counted import counted_ids
from engine.replica.macros import create_clock_macros, create_macros
from engine.replica.rollups import rebuild_rollups
from engine.runs.engine_process import EngineProcess
from tests.datasets.given import create_tables
from tests.datasets.test_every_dataset import CLOCK
from tests.rows.comparison import Comparison
from tests.rows.other_numbers import MEASURES, OPENS_NOTHING
from tests.rows.replicas import open_replicas

NUMBERS = ("integer", "number")
DECLARED = {f"{name}.{column}" for name, dataset in catalogue().items() for column in dataset.rows}
FILTERED = {
    "channel": "outreaches",
    "job_name": "cron_job_logs",
    "model": "llm_usage",
    "provider": "llm_usage",
    "stage": "llm_usage",
}
"""The tables that have the words of a filter that is no column of its dataset."""


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


def test_every_number_opens_rows_or_is_named_among_those_that_open_nothing() -> None:
    numbers = {
        f"{name}.{column.name}"
        for name, dataset in catalogue().items()
        for column in dataset.columns
        if column.type in NUMBERS
    }
    silent = sorted(numbers - DECLARED - set(OPENS_NOTHING))
    assert silent == [], "declare [rows.<column>] in the header, or name it in tests/rows/other_numbers.py"
    assert sorted(set(OPENS_NOTHING) & DECLARED) == []
    assert sorted(set(OPENS_NOTHING) - numbers) == []


def test_a_number_that_is_no_count_and_no_sum_has_a_measure_or_the_rows_of_a_count() -> None:
    unmeasured = []
    for name, dataset in catalogue().items():
        counts = {choice.sql for rows in dataset.rows.values() for choice in rows.choices if choice.is_count}
        for column, rows in dataset.rows.items():
            others = {choice.sql for choice in rows.choices if not choice.is_count and not choice.sums}
            measured = {key for key in (f"{name}.{column}",) if key in MEASURES}
            if others - counts and not measured:
                unmeasured.append(f"{name}.{column}")
    assert unmeasured == []
    assert sorted(set(MEASURES) - DECLARED) == []


def test_rows_of_a_dataset_whose_small_groups_are_summed_depend_on_the_group() -> None:
    for name, dataset in catalogue().items():
        if dataset.page_groups is not None:
            for column, rows in dataset.rows.items():
                assert dataset.page_groups.by in rows.cells, f"{name}.{column}"


def test_rows_need_no_column_that_their_dataset_does_not_read_but_keys_and_filters() -> None:
    keys = {f"{table.name}.{table.key}" for table in staging().values()}
    for dataset in catalogue().values():
        tables = {choice.table for rows in dataset.rows.values() for choice in rows.choices}
        assert tables <= set(dataset.tables), dataset.name
        filters = {f"{FILTERED[name]}.{name}" for name in dataset.filters if name in FILTERED}
        with duckdb.connect() as connection:
            create_macros(connection)
            create_clock_macros(connection, CLOCK)
            create_tables(connection, {*dataset.reads, *keys, *filters})
            rebuild_rollups(connection)
            for column, rows in dataset.rows.items():
                for choice in rows.choices:
                    cells = dict.fromkeys(rows.cells) | {name: values[0] for name, values in choice.when}
                    ids = counted_ids(dataset, column, cells)
                    assert ids is not None
                    assert connection.execute(ids.sql).fetchall() == [], f"{dataset.name}.{column}"
