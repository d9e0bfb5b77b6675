"""Making the file: all or nothing, reproducible, never over something else."""

from __future__ import annotations

import hashlib
import math
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from engine.demo import DemoSummary, generate
from engine.model.errors import DashboardError

Query = Callable[..., list[tuple[Any, ...]]]

COLUMNS = {
    "sites": "id domain landing_page_url keyword country_code html_dom status score grade http_status_code"
    " error_message retry_count created_at updated_at",
    "site_status": "id site_id status created_at",
    "outreaches": "id site_id contact_method contact_uri status subject_line proposal_text error_message"
    " created_at updated_at sent_at delivered_at",
    "conversations": "id outreach_id direction channel sentiment message_body received_at read_at",
    "llm_usage": "id site_id stage provider model prompt_tokens completion_tokens estimated_cost request_id"
    " created_at",
    "http_errors": "id site_id status_code url message occurred_at",
    "cron_jobs": "id name task_key description handler_type handler_value interval_value interval_unit"
    " enabled critical last_run_at created_at updated_at",
    "cron_job_logs": "id job_name status started_at finished_at summary error_message items_processed"
    " items_failed",
    "system_metrics": "id cpu_percent memory_percent disk_percent recorded_at",
}
INDEXES = {
    ("sites", "status"),
    ("sites", "updated_at"),
    ("site_status", "created_at"),
    ("outreaches", "status"),
    ("outreaches", "updated_at"),
    ("conversations", "received_at"),
    ("llm_usage", "created_at"),
    ("http_errors", "occurred_at"),
    ("cron_job_logs", "started_at"),
    ("system_metrics", "recorded_at"),
}


def digest(path: Path) -> str:
    """A digest of every row of every table."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    seen = hashlib.sha256()
    for table in COLUMNS:
        for row in connection.execute(f"select * from {table} order by id"):
            seen.update(repr(row).encode())
    connection.close()
    return seen.hexdigest()


def test_the_tables_have_the_pipelines_columns_in_order(query: Query) -> None:
    tables = [
        name
        for (name,) in query("select name from sqlite_master where type = 'table' order by rowid")
        if not name.startswith("sqlite_")
    ]
    found = {
        table: " ".join(name for (name,) in query("select name from pragma_table_info(?)", table))
        for table in tables
    }
    assert found == COLUMNS


def test_the_indexes_are_the_pipelines(query: Query) -> None:
    found = query(
        "select m.tbl_name, i.name from sqlite_master m, pragma_index_info(m.name) i"
        " where m.type = 'index' and m.sql is not null"
    )
    assert set(found) == INDEXES
    assert len(found) == len(INDEXES)


def test_ids_are_never_reused_in_any_table(query: Query) -> None:
    assert {name for (name,) in query("select name from sqlite_sequence")} == set(COLUMNS)


def test_the_file_is_closed_sound_and_in_wal_mode(demo: DemoSummary, query: Query) -> None:
    assert demo.path.read_bytes()[18:20] == b"\x02\x02"
    assert query("pragma quick_check") == [("ok",)]


def test_nothing_is_left_beside_the_file(tmp_path: Path, now: datetime) -> None:
    generate(tmp_path / "sites.db", scale=0.001, days=40, now=now)
    assert [entry.name for entry in tmp_path.iterdir()] == ["sites.db"]


def test_the_summary_counts_what_is_there(demo: DemoSummary, query: Query) -> None:
    assert demo.rows == tuple((table, query(f"select count(*) from {table}")[0][0]) for table in COLUMNS)
    assert demo.rows_total == sum(count for _, count in demo.rows)
    assert demo.size_bytes == demo.path.stat().st_size
    assert demo.now - demo.first_day == timedelta(days=90)


def test_the_same_scale_seed_and_now_give_the_same_rows_and_another_seed_others(
    tmp_path: Path, now: datetime
) -> None:
    paris = timezone(timedelta(hours=1))
    in_paris = now.astimezone(paris).replace(microsecond=999)
    generate(tmp_path / "one.db", scale=0.01, seed=7, days=40, now=now)
    generate(tmp_path / "again.db", scale=0.01, seed=7, days=40, now=in_paris)
    generate(tmp_path / "other.db", scale=0.01, seed=8, days=40, now=now)
    assert digest(tmp_path / "one.db") == digest(tmp_path / "again.db")
    assert digest(tmp_path / "one.db") != digest(tmp_path / "other.db")


def test_rows_follow_the_scale_except_those_of_the_machine(
    tmp_path: Path, demo: DemoSummary, now: datetime
) -> None:
    small = dict(generate(tmp_path / "small.db", scale=0.05, now=now).rows)
    large = dict(demo.rows)
    assert small["sites"] == 1000
    assert large["sites"] == 4000
    assert small["http_errors"] * 4 == large["http_errors"]
    for table in ("site_status", "outreaches", "llm_usage"):
        assert small[table] * 4 == pytest.approx(large[table], rel=0.15)
    assert small["system_metrics"] == large["system_metrics"] == 90 * 24 * 60
    assert small["cron_jobs"] == large["cron_jobs"]
    assert small["cron_job_logs"] == large["cron_job_logs"]


def test_progress_rises_to_the_number_of_rows(tmp_path: Path, now: datetime) -> None:
    calls: list[tuple[int, int]] = []
    summary = generate(
        tmp_path / "sites.db",
        scale=0.02,
        days=40,
        now=now,
        progress=lambda done, total: calls.append((done, total)),
    )
    done = [call[0] for call in calls]
    assert len(calls) > 10
    assert done == sorted(done)
    assert all(so_far <= total for so_far, total in calls)
    assert calls[-1] == (summary.rows_total, summary.rows_total)
    assert calls[0][1] == pytest.approx(summary.rows_total, rel=0.1)


@pytest.mark.parametrize("taken", ["sites.db", "sites.db-wal", "sites.db-journal"])
def test_an_existing_file_is_refused_and_untouched(tmp_path: Path, taken: str, now: datetime) -> None:
    (tmp_path / taken).write_bytes(b"precious")
    with pytest.raises(DashboardError, match=r"exists already"):
        generate(tmp_path / "sites.db", scale=0.001, now=now)
    assert [entry.name for entry in tmp_path.iterdir()] == [taken]
    assert (tmp_path / taken).read_bytes() == b"precious"


def test_a_file_that_appears_meanwhile_is_not_overwritten(tmp_path: Path, now: datetime) -> None:
    path = tmp_path / "sites.db"

    def put_a_file_there(done: int, total: int) -> None:
        path.write_bytes(b"precious")

    with pytest.raises(DashboardError, match=r"exists already"):
        generate(path, scale=0.001, days=40, now=now, progress=put_a_file_there)
    assert [entry.name for entry in tmp_path.iterdir()] == ["sites.db"]
    assert path.read_bytes() == b"precious"


def test_an_interrupted_run_leaves_nothing_behind(tmp_path: Path, now: datetime) -> None:
    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate(tmp_path / "sites.db", scale=0.01, now=now, progress=interrupt)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_named(tmp_path: Path, now: datetime) -> None:
    with pytest.raises(DashboardError, match="nowhere"):
        generate(tmp_path / "nowhere" / "sites.db", scale=0.001, now=now)


@pytest.mark.parametrize("scale", [0, -1, math.nan, math.inf])
def test_a_scale_that_is_no_positive_number_is_refused(tmp_path: Path, scale: float, now: datetime) -> None:
    with pytest.raises(DashboardError, match="scale"):
        generate(tmp_path / "sites.db", scale=scale, now=now)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("now", [datetime(2026, 3, 18), datetime(1970, 2, 1, tzinfo=UTC)])  # noqa: DTZ001
def test_a_now_without_zone_or_out_of_range_is_refused(tmp_path: Path, now: datetime) -> None:
    with pytest.raises(DashboardError, match="now"):
        generate(tmp_path / "sites.db", scale=0.001, now=now)
