"""Every dataset of rows that lie on the edges of its clauses equals an independent computation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from random import Random
from zoneinfo import ZoneInfo

import duckdb
import pytest

from engine.model.catalogue.datasets import catalogue
from engine.model.clock import Clock as ProductClock
from engine.replica.evaluate import evaluate
from engine.replica.macros import create_clock_macros, create_macros
from tests.exactness.dense import Dense
from tests.exactness.filled import fill_replica
from tests.hostile import HOSTILE_MOMENTS
from tests.oracle import DATASETS, Columns, differences
from tests.oracle.clock import Clock
from tests.oracle.source import Source

NAMES = (
    "activity_rolling",
    "activity_now",
    "usual_today",
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


def _computed(
    connection: duckdb.DuckDBPyConnection, source: Source, clock: Clock, names: Iterable[str] = NAMES
) -> dict[str, Columns]:
    product_clock = ProductClock(clock.now, clock.zone.key)
    create_clock_macros(connection, product_clock)
    fill_replica(connection, source)
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
