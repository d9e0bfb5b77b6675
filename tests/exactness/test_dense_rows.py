"""Every dataset of rows that lie on the edges of its clauses equals an independent computation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest

from engine.model.clock import Clock as ProductClock
from engine.model.datasets import catalogue
from engine.model.staging import StagedTable, staging
from engine.model.text.quoting import quote_literal
from engine.replica.evaluate import evaluate
from engine.replica.macros import create_clock_macros, create_macros
from engine.replica.rollups import rebuild_rollups
from tests.exactness.dense import Dense
from tests.hostile import HOSTILE_MOMENTS
from tests.oracle import DATASETS, Columns, differences
from tests.oracle.clock import Clock
from tests.oracle.reading import Stored
from tests.oracle.source import Source

NAMES = (
    "activity_rolling",
    "activity_now",
    "pipeline_losses",
    "stage_flow",
    "delivery_by_channel_30d",
    "reply_cohorts_8w",
    "waiting_replies",
    "cost_by_outcome_30d",
    "error_breakdown",
    "error_groups_30d",
    "active_errors_count",
    "job_health",
    "job_hours_24h",
)
ROUNDS, ROUNDS_OF_ONE = 2, 20


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB with the macros and no table."""
    database = duckdb.connect(config={"threads": 2})
    create_macros(database)
    yield database
    database.close()


def _cell(row: Any, source_column: str, reader: str) -> Any:
    value: Any = getattr(row, source_column, None)
    if isinstance(value, Stored):
        return value.kind != "null" if reader == "is_present" else None
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value


def _fill(connection: duckdb.DuckDBPyConnection, staged: StagedTable, rows: list[Any]) -> None:
    """Make the replica's table of a source table from rows that are already read."""
    types = ", ".join(f"{column.name} {column.type}" for column in staged.columns)
    connection.execute(f"create or replace table {staged.name} (source_rowid bigint, {types})")
    lines = [
        ", ".join(
            [str(number)]
            + [
                _literal(_cell(row, reading.source_column, reading.cast))
                for reading in (column.readings[0] for column in staged.columns)
            ]
        )
        for number, row in enumerate(rows)
    ]
    if lines:
        connection.execute(f"insert into {staged.name} values ({'), ('.join(lines)})")


def _literal(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, str) and "\0" in value:
        return " || chr(0) || ".join(map(_literal, value.split("\0")))
    return str(value) if isinstance(value, int | float) else quote_literal(str(value))


def _computed(
    connection: duckdb.DuckDBPyConnection, source: Source, clock: Clock, names: Iterable[str] = NAMES
) -> dict[str, Columns]:
    product_clock = ProductClock(clock.now, clock.zone.key)
    create_clock_macros(connection, product_clock)
    for staged in staging().values():
        if staged.source_table in source.tables:
            _fill(connection, staged, source.tables[staged.source_table])
    if len(source.tables) == len(staging()):
        rebuild_rollups(connection)
    return {name: evaluate(connection, catalogue()[name], product_clock) for name in names}


@pytest.mark.parametrize("moment", range(len(HOSTILE_MOMENTS)))
def test_rows_on_the_edges_are_computed_to_the_letter(
    connection: duckdb.DuckDBPyConnection, moment: int
) -> None:
    now, zone = HOSTILE_MOMENTS[moment]
    clock = Clock(now, ZoneInfo(zone))
    for number in range(ROUNDS):
        source = Dense(Random(f"{moment}/{number}"), clock, variety=number % 2).source()
        expected = {name: DATASETS[name][0](source, clock) for name in NAMES}
        assert differences(expected, _computed(connection, source, clock)) == [], number


@pytest.mark.parametrize("moment", [0, 4])
@pytest.mark.parametrize(
    ("name", "tables"), [("activity_now", ("site_status",)), ("job_health", ("cron_jobs", "cron_job_logs"))]
)
def test_a_dataset_of_many_clauses_is_computed_to_the_letter(
    connection: duckdb.DuckDBPyConnection, moment: int, name: str, tables: tuple[str, ...]
) -> None:
    now, zone = HOSTILE_MOMENTS[moment]
    clock = Clock(now, ZoneInfo(zone))
    for number in range(ROUNDS_OF_ONE):
        source = Dense(Random(f"{name}/{moment}/{number}"), clock, variety=0).source(tables)
        expected = {name: DATASETS[name][0](source, clock)}
        assert differences(expected, _computed(connection, source, clock, [name])) == [], number
