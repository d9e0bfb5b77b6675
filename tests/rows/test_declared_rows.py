"""What the headers of all datasets declare of rows: every number has some, and they fit the dataset."""

from __future__ import annotations

import duckdb

from engine.model.catalogue.datasets import catalogue
from engine.model.catalogue.rows import rows_tables
from engine.model.catalogue.staging import staging
from engine.replica.counted import counted_ids
from engine.replica.macros import create_clock_macros, create_macros
from engine.replica.rollups import rebuild_rollups
from tests.datasets.given import create_tables, rollups_named
from tests.datasets.test_every_dataset import CLOCK
from tests.rows.other_numbers import DECLARED, FILTERED, MEASURES, OPENS_NOTHING

NUMBERS = ("integer", "number")


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
        assert tables <= set(dataset.tables) & set(rows_tables()), dataset.name
        filters = {f"{FILTERED[name]}.{name}" for name in dataset.filters if name in FILTERED}
        with duckdb.connect() as connection:
            create_macros(connection)
            create_clock_macros(connection, CLOCK)
            create_tables(connection, {*dataset.reads, *keys, *filters})
            sqls = [choice.sql for rows in dataset.rows.values() for choice in rows.choices]
            rebuild_rollups(connection, rollups_named(*sqls))
            for column, rows in dataset.rows.items():
                for choice in rows.choices:
                    cells = dict.fromkeys(rows.cells) | {name: values[0] for name, values in choice.when}
                    ids = counted_ids(dataset, column, cells)
                    assert ids is not None
                    assert connection.execute(ids.sql).fetchall() == [], f"{dataset.name}.{column}"
