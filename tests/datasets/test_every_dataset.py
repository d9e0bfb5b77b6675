"""What holds for every dataset alike."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import duckdb
import pytest

from engine.model.catalogue.datasets import catalogue
from engine.model.catalogue.staging import METADATA_TABLES
from engine.model.values.payload import decode, encode
from engine.replica.evaluate import evaluate
from engine.replica.macros import create_clock_macros, create_macros
from engine.replica.rollups import rebuild_rollups
from tests.datasets.given import (
    METADATA_TYPES,
    NOW,
    clock_at,
    create_tables,
    replica_types,
    rollups_named,
)

EXPECTED_COLUMNS = {
    "pipeline/pipeline_funnel": "stage sites reached step_rate",
    "outreach/outreach_funnel": "stage outreaches step_rate",
    "outreach/response_rates": "channel sent delivered replied response_rate positive positive_rate",
    "llm/llm_usage_by_stage": "stage calls prompt_tokens completion_tokens cost_usd cost_per_call_usd",
    "pipeline/daily_throughput": "stage last_24h previous_24h change",
    "conversations/conversation_stats": "conversations inbound outbound unread positive neutral objection"
    " negative unclassified inbound_24h median_reply_minutes",
    "errors/error_breakdown": "source stage message errors last_seen",
    "pipeline/excluded_sites_count": "excluded_sites",
    "pipeline/sites_by_country": "country sites in_pipeline outreach_sent excluded failing",
    "errors/active_errors_count": "active_errors failing_sites failed_outreaches failed_jobs",
    "cron/cron_job_summary": "name task_key enabled critical interval_minutes last_started_at last_status"
    " last_duration_s runs_24h failures_24h success_rate_7d next_due_at overdue",
    "system/database_health": "size_bytes wal_bytes page_size pages free_pages journal_mode tables rows"
    " last_write_at integrity",
    "pipeline/hourly_status_breakdown_48h": "hour status sites",
    "overview/hourly_throughput_48h": "hour sites outreaches_sent replies",
    "cron/cron_timeline_24h": "job_name name status started_at finished_at duration_s",
    "system/system_metrics_24h": "at cpu_percent memory_percent disk_percent cpu_percent_max",
    "llm/llm_daily_costs_30d": "day calls tokens cost_usd",
    "llm/llm_cost_by_stage_30d": "day stage cost_usd",
    "llm/llm_cost_by_model_30d": "model provider calls tokens cost_usd",
    "errors/http_errors_30d": "day status_code errors",
    "cron/cron_daily_history_7d": "day success failed",
    "outreach/outreach_daily_30d": "day channel sent",
    "conversations/conversations_daily_30d": "day inbound outbound positive",
    "overview/unit_economics_30d": "day cost_usd outreaches_sent replies positive_replies",
    "overview/activity_rolling": "measure window_hours current previous change",
    "overview/usual_today": "measure day so_far usual_q75 days",
    "overview/activity_now": "last_entry_at usual_entries quiet",
    "pipeline/pipeline_losses": "stage ever_reached in_it lost_excluded lost_failing step_rate",
    "pipeline/stage_flow": "stage sites entered_24h entered_previous_24h entered_7d left_7d last_entered_at"
    " median_wait_hours oldest_wait_hours days_to_clear",
    "outreach/delivery_by_channel_30d": "channel sent confirmed bounced failed unconfirmed bounce_rate",
    "outreach/reply_cohorts_8w": "week channel sent replied_7d positive_7d mature reply_rate",
    "conversations/waiting_replies": "waiting waiting_positive oldest_hours oldest_positive_hours"
    " received_30d answered_30d median_answer_minutes",
    "llm/cost_by_outcome_30d": "outcome sites calls cost_usd",
    "errors/error_groups_30d": "source stage message errors_24h errors_7d errors_30d first_seen last_seen"
    " example",
    "cron/job_health": "name task_key enabled failing consecutive_failures last_success_at last_failed_at"
    " last_error abandoned_7d p50_duration_s p95_duration_s running_since stuck items_processed_24h"
    " items_failed_24h",
    "cron/job_hours_24h": "job_name name hour success failed running killed other",
}
DATASETS = sorted(catalogue())
CLOCK = clock_at(NOW, "Australia/Adelaide")


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database that holds the macros and no table."""
    database = duckdb.connect()
    create_macros(database)
    create_clock_macros(database, CLOCK)
    yield database
    database.close()


def test_the_catalogue_has_the_keys_and_columns_of_the_contract() -> None:
    found = {
        dataset.key: " ".join(column.name for column in dataset.columns) for dataset in catalogue().values()
    }
    assert {key: found.get(key) for key in EXPECTED_COLUMNS} == EXPECTED_COLUMNS


def test_the_facts_given_here_are_those_that_the_engine_fills() -> None:
    assert {table: tuple(types) for table, types in METADATA_TYPES.items()} == METADATA_TABLES


@pytest.mark.parametrize("name", DATASETS)
def test_a_dataset_reads_only_what_its_header_declares(
    name: str, connection: duckdb.DuckDBPyConnection
) -> None:
    dataset = catalogue()[name]
    create_tables(connection, dataset.reads)
    rebuild_rollups(connection, rollups_named(dataset.sql))
    value = evaluate(connection, dataset, CLOCK)
    assert list(value) == [column.name for column in dataset.columns]


@pytest.mark.parametrize("name", DATASETS)
def test_a_dataset_reads_all_that_its_header_declares(name: str) -> None:
    dataset = catalogue()[name]
    assert len(set(dataset.reads)) == len(dataset.reads)
    rollups = rollups_named(dataset.sql)
    with random_replica(dataset.reads, rollups=rollups) as database:
        expected = evaluate(database, dataset, CLOCK)
        for read in dataset.reads:
            database.execute("begin")
            drop_column(database, *read.split("."))
            try:
                rebuild_rollups(database, rollups)
                assert evaluate(database, dataset, CLOCK) != expected, f"{read} makes no difference"
            except (duckdb.BinderException, duckdb.CatalogException):
                continue
            finally:
                database.execute("rollback")


def drop_column(database: duckdb.DuckDBPyConnection, table: str, column: str) -> None:
    """Drop a column, and the table with its last one."""
    left = database.execute("select count(*) from duckdb_columns() where table_name = ?", [table]).fetchall()
    last = left == [(1,)]
    database.execute(f"drop table {table}" if last else f'alter table {table} drop column "{column}"')


@pytest.mark.parametrize("name", DATASETS)
def test_every_column_of_a_dataset_explains_itself(name: str) -> None:
    assert [column.name for column in catalogue()[name].columns if not column.help] == []


def random_value(table: str, column: str, type_: str, index: int) -> str:
    """Return SQL for a value of a row ``i``: few distinct ones, many ties, some nulls."""
    h = f"hash(i * 100 + {index})"
    words = {
        "direction": ["inbound", "outbound"],
        "sentiment": ["positive", "neutral", "objection", "negative", "odd"],
        "error_message": ["timeout after 30 s", "timeout after 45 s", "HTTP 502 from https://example.com/a"],
        "interval_unit": ["minutes", "hours", "days"],
    }
    states = ["found", "scored", "outreach_sent", "failing", "excluded", "pending", "sent", "delivered"]
    choices = words.get(column, [*states, "failed", "success", "running", "été"])
    if (table, column) == ("cron_job_logs", "status"):
        choices = ["failed", "success", "running"]
    if column in ("job_name", "task_key"):
        choices = ["a", "b", "c", "d"]
    # Rows change, and runs start, in batches: of many with one stamp the id says which is the newest.
    step_s = {"updated_at": 86400, "started_at": 43200}.get(column, 60)
    value = {
        "varchar": f"([{', '.join(repr(word) for word in choices)}])[1 + ({h} % {len(choices)})::integer]",
        "bigint": f"({h} % 300)::bigint",
        "hugeint": f"({h} % 300)::hugeint",
        "double": f"({h} % 1000003)::double / 7919 * case when {h} % 50 = 0 then 1e9 else 1 end",
        "boolean": f"{h} % 2 = 0",
        "timestamp": f"timestamp '{NOW}' - to_seconds(({h} % 3456000)::bigint // {step_s} * {step_s} - 3600)",
    }[type_]
    return f"case when hash(i * 100 + 50 + {index}) % 23 > 0 then {value} end"


def random_replica(
    columns: Collection[str] | None = None,
    rows: int = 2000,
    order: str = "i",
    threads: int = 1,
    rollups: Collection[str] | None = None,
) -> duckdb.DuckDBPyConnection:
    """Return a replica of random rows, laid down in ``order``; of columns and rollups those, if given."""
    database = duckdb.connect(config={"threads": threads, "preserve_insertion_order": False})
    create_macros(database)
    create_clock_macros(database, CLOCK)
    for table, types in replica_types().items():
        counts = {"source_file": 1, "source_tables": 6, "cron_jobs": 6, "cron_job_logs": 3 * rows}
        staged = table not in METADATA_TYPES
        values = [
            f'i as "{name}"'
            if index == 0 and staged
            else f'{random_value(table, name, type_, index)} as "{name}"'
            for index, (name, type_) in enumerate(types.items())
            if columns is None or f"{table}.{name}" in columns
        ]
        if values:
            rowid = ["i as source_rowid"] if staged else []
            database.execute(
                f"create table {table} as select {', '.join(rowid + values)}"
                f" from range({counts.get(table, rows)}) as t(i) order by {order}"
            )
    rebuild_rollups(database, rollups)
    return database


def stored_bytes(order: str, threads: int) -> dict[str, bytes]:
    """Return each dataset's payload over 20,000 random rows a table, laid down in ``order``."""
    with random_replica(None, 20000, order, threads) as database:
        return {
            dataset.name: encode(evaluate(database, dataset, CLOCK)).blob for dataset in catalogue().values()
        }


def test_a_value_depends_neither_on_the_order_of_the_rows_nor_on_the_threads() -> None:
    expected = stored_bytes("i", 1)
    assert stored_bytes("hash(i)", 4) == expected
    assert stored_bytes("i desc", 2) == expected
    for name, blob in expected.items():
        assert any(any(column) for column in decode(blob).values()), (
            f"{name} shows nothing of the random rows"
        )
