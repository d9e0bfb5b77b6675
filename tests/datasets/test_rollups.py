"""Datasets computed from rollups are, to the bit, those computed from the staging tables.

The plain form of each dataset's SQL is what the benchmark runs on the attached file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import duckdb
import pytest

from benchmarks.baselines import ATTACHED_SQL_DIR
from engine.model.catalogue.datasets import catalogue
from engine.model.catalogue.rollups import AGGREGATE, PER_ROW, rollups
from engine.model.catalogue.staging import staging
from engine.model.clock import Clock
from engine.model.selections.run_macros import quarters_fit
from engine.model.values.payload import Columns
from engine.replica import rollups as replica_rollups
from engine.replica.evaluate import evaluate
from engine.replica.macros import create_clock_macros
from engine.replica.rollups import rebuild_rollups, refresh_rollups
from engine.replica.sync.changes import TableChange
from tests.datasets.given import clock_at, rollups_named
from tests.datasets.histories import History
from tests.lengths import IS_LONG

PLAIN = {
    path.stem: path.read_text(encoding="utf-8")
    for path in ATTACHED_SQL_DIR.glob("*.sql")
    # What it returns about the file has no plain form on the replica.
    if path.stem != "database_health"
}
CLOCKS = {
    "within a quarter of an hour": clock_at("2026-11-23 20:07:31"),
    "at its start": clock_at("2026-11-23 20:15:00"),
    "a half hour off, with a shift of the clock": clock_at("2026-10-20 13:29:59", "Australia/Adelaide"),
    "a quarter off": clock_at("2026-11-23 18:16:00", "Asia/Kathmandu"),
    "a shift of half an hour": clock_at("2026-10-10 02:44:00", "Australia/Lord_Howe"),
    "an hour twice": clock_at("2026-10-30 00:01:00", "Europe/London"),
    "off by minutes and seconds": clock_at("1971-11-23 20:07:31", "Africa/Monrovia"),
}
TABLES = sorted({table for rollup in rollups().values() for table in rollup.tables})
COLUMNS = sorted({read for rollup in rollups().values() for read in rollup.reads})
RELOADED, STEPS = 4, 6
"""Which of the changes reloads a table; what those before have made wrong is then gone."""
SAME_FROM_ANY_KEY = ("outreach_funnel", "unit_economics_30d", "pipeline_funnel", "llm_usage_by_stage")


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    database = duckdb.connect(config={"threads": 2})
    yield database
    database.close()


def differing(connection: duckdb.DuckDBPyConnection, clock: Clock) -> list[str]:
    """Return the datasets whose plain form gives another value at the clock's *now*."""
    create_clock_macros(connection, clock)
    return [
        name
        for name, sql in PLAIN.items()
        if rollups_named(catalogue()[name].sql)
        and evaluate(connection, catalogue()[name], clock)
        != evaluate(connection, replace(catalogue()[name], sql=sql), clock)
    ]


def contents(connection: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[object, ...]]]:
    """Return the rows of every rollup; rows of aggregates with equal keys are summed."""
    found = {}
    for name, rollup in rollups().items():
        sql = f"from {name} order by all"
        if rollup.kind == AGGREGATE:
            sums = {column: f"sum({column}) as {column}" for column in (rollup.count, *rollup.sums)}
            replaced = ", ".join(sums.values())
            sql = (
                f"select * exclude ({', '.join(sums)}), {replaced} from {name}"
                f" group by all having sum({rollup.count}) <> 0 order by all"
            )
        found[name] = connection.execute(sql).fetchall()
    return found


@pytest.mark.parametrize("clock", CLOCKS.values(), ids=CLOCKS)
def test_a_dataset_is_the_same_from_rollups_after_any_changes(
    clock: Clock, connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replica_rollups, "_LEAST_ROWS_TO_COMPACT", 20)
    history = History(connection, clock, seed=100 * list(CLOCKS.values()).index(clock))
    history.begin(1500)
    # One job has not run recently.
    connection.execute("delete from cron_job_logs where job_name = 'three' and started_at > hours_start(168)")
    rebuild_rollups(connection)
    assert differing(connection, clock) == []
    for step in range(STEPS):
        some = [table for index, table in enumerate(staging()) if (index + step) % 3]
        changes = {table: history.change(table, 3 if step % 2 else 400) for table in some}
        if step == RELOADED:
            changes["llm_usage"] = history.reload("llm_usage")
        refresh_rollups(connection, changes)
        # What one change makes wrong is still so after the next, and after the last one all is compared.
        if IS_LONG or step == RELOADED - 1:
            now = clock.now + timedelta(minutes=4 * step, seconds=step)
            assert differing(connection, Clock(now, clock.time_zone)) == []
    assert differing(connection, Clock(clock.now - timedelta(days=9, minutes=5), clock.time_zone)) == []
    assert sizes_known(connection) == sizes_counted(connection)
    kept = contents(connection)
    rebuild_rollups(connection)
    assert kept == contents(connection)


def sizes_known(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    return dict(connection.execute("select name, rows from rollup_sizes").fetchall())


def sizes_counted(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    counted = [name for name, rollup in rollups().items() if rollup.kind in (AGGREGATE, PER_ROW)]
    sql = " union all ".join(f"select '{name}', count(*) from {name}" for name in counted)
    return dict(connection.execute(sql).fetchall())


def test_an_aggregate_does_not_grow_with_the_number_of_changes(connection: duckdb.DuckDBPyConnection) -> None:
    history = History(connection, CLOCKS["at its start"])
    history.begin(3000)
    rebuild_rollups(connection)
    for _ in range(12):
        refresh_rollups(connection, {"sites": history.change("sites", 3000)})
    rows = connection.execute("select count(*), sum(sites) from site_stages").fetchall()[0]
    sites = connection.execute("select count(*) from sites").fetchall()[0][0]
    assert rows[0] < 2100
    assert rows[1] == sites


def test_a_group_that_has_lost_its_last_row_is_seen_no_more(connection: duckdb.DuckDBPyConnection) -> None:
    clock = CLOCKS["within a quarter of an hour"]
    history = History(connection, clock)
    history.begin(60)
    rebuild_rollups(connection)
    for table in staging():
        connection.execute(f"create or replace temp table removed_{table} as from {table}")
        connection.execute(f"create or replace temp table added_{table} as from {table} limit 0")
        connection.execute(f"delete from {table}")
        refresh_rollups(connection, {table: TableChange(removed=60)})
    assert connection.execute("select count(*) from llm_calls").fetchall()[0][0] > 0
    assert differing(connection, clock) == []


@pytest.mark.parametrize("table", TABLES)
def test_a_rollup_exists_while_its_staging_tables_do(
    table: str, connection: duckdb.DuckDBPyConnection
) -> None:
    history = History(connection, CLOCKS["at its start"])
    history.begin(50)
    rebuild_rollups(connection)
    kept = contents(connection)
    connection.execute(f"alter table {table} rename to gone")
    rebuild_rollups(connection)
    there = {name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()}
    assert {name for name in rollups() if name not in there} == {
        name for name, rollup in rollups().items() if table in rollup.tables
    }
    connection.execute(f"alter table gone rename to {table}")
    refresh_rollups(connection, {table: TableChange(reloaded=True)})
    assert contents(connection) == kept


@pytest.fixture(scope="module")
def plain_values() -> Iterator[tuple[duckdb.DuckDBPyConnection, dict[str, Columns]]]:
    """Return a filled replica, and what the plain form of each dataset gives on it."""
    clock = CLOCKS["at its start"]
    database = duckdb.connect(config={"threads": 2})
    History(database, clock).begin(300)
    rebuild_rollups(database)
    create_clock_macros(database, clock)
    yield (
        database,
        {name: evaluate(database, replace(catalogue()[name], sql=sql), clock) for name, sql in PLAIN.items()},
    )
    database.close()


@pytest.mark.parametrize("column", COLUMNS)
def test_a_missing_column_costs_only_the_datasets_that_read_it(
    column: str, plain_values: tuple[duckdb.DuckDBPyConnection, dict[str, Columns]]
) -> None:
    database, expected = plain_values
    table, _, name = column.partition(".")
    # A dataset that reads nothing of this table is computed from the same rows as before: one is enough.
    others = sorted(
        (name for name in PLAIN if column not in catalogue()[name].reads),
        key=lambda name: table not in catalogue()[name].tables,
    )
    near = sum(table in catalogue()[name].tables for name in others)
    assert others
    database.execute("begin")
    try:
        database.execute(f"alter table {table} drop {name}")
        rebuild_rollups(database, [made for made, rollup in rollups().items() if table in rollup.tables])
        for dataset in others[: near + 1]:
            assert evaluate(database, catalogue()[dataset], CLOCKS["at its start"]) == expected[dataset]
    finally:
        database.execute("rollback")


@pytest.mark.parametrize("prefix", ["", "k-"], ids=["numbers as text", "other text"])
def test_keys_that_are_read_as_text_give_the_same_values(
    prefix: str, connection: duckdb.DuckDBPyConnection
) -> None:
    clock = CLOCKS["at its start"]
    History(connection, clock).begin(300)
    rebuild_rollups(connection)
    create_clock_macros(connection, clock)
    # Texts that are not numbers do not say which of two rows of one instant is the later one.
    datasets = [name for name in catalogue() if not prefix or name in SAME_FROM_ANY_KEY]
    expected = {name: evaluate(connection, catalogue()[name], clock) for name in datasets}
    for table in staging().values():
        for column in table.columns:
            # Jobs and their runs are listed in the order of their keys.
            if column.readings[0].cast == "read_id" and column.name not in ("job_id", "run_id"):
                connection.execute(f"alter table {table.name} alter {column.name} type varchar")
                connection.execute(f"update {table.name} set {column.name} = '{prefix}' || {column.name}")
    rebuild_rollups(connection)
    for name in datasets:
        assert evaluate(connection, catalogue()[name], clock) == expected[name], name


@pytest.mark.parametrize("clock", CLOCKS.values(), ids=CLOCKS)
def test_rows_are_read_by_the_quarter_hour_where_no_day_or_hour_begins_within_one(clock: Clock) -> None:
    begins = [*(day.starts_at for day in clock.days(40)), *clock.hours(168)]
    fits = all(begin.minute % 15 == 0 and begin.second == 0 for begin in begins)
    assert quarters_fit(clock) is fits


def test_no_rollup_bears_the_name_of_a_staging_table() -> None:
    assert not set(rollups()) & set(staging())
