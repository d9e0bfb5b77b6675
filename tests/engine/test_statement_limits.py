"""No view and no trigger of the pipeline holds a process of the dashboard, or the write lock, for ever."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from engine.model.errors import SourceError
from engine.runs.records.job_log import keep_job_interval, known_task_keys, log_job_run, read_job_log
from engine.store.runs import RunRecord
from engine.store.sqlite import time_limit as limits
from engine.store.sqlite.database import write_transaction
from engine.store.sqlite.migration import is_complete, migrate
from tests.engine.source_database import NOW, execute_script, make_source, query

ENDLESS = "with recursive numbers (n) as (select 1 union all select n + 1 from numbers) select"
VIEWS = f"""
alter table cron_jobs rename to real_jobs;
create view cron_jobs as {ENDLESS} real_jobs.* from numbers cross join real_jobs where n < 0;
alter table cron_job_logs rename to real_logs;
create view cron_job_logs as {ENDLESS} real_logs.* from numbers cross join real_logs where n < 0;
"""
TRIGGER = f"""
create trigger endless after insert on cron_job_logs begin
    delete from sites where id in ({ENDLESS} n from numbers where n < 0);
end;
"""
RECORD = RunRecord("schedule", "all", "UTC", NOW, NOW, NOW, 5, 1, 0, 1, "success", None)


@pytest.fixture(autouse=True)
def short_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LIMIT_SECONDS", 0.5)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return make_source(tmp_path / "sites.db")


@pytest.mark.parametrize(
    "read", [known_task_keys, lambda db: read_job_log(db, "a", 5)], ids=["task keys", "job log"]
)
def test_an_endless_view_is_given_up(read: Callable[[Path], object], source: Path) -> None:
    execute_script(source, VIEWS)
    with pytest.raises(SourceError, match="interrupted"):
        read(source)


def test_an_endless_view_of_jobs_costs_the_jobs_row_and_neither_start_nor_tables(
    source: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    execute_script(source, VIEWS)
    migrate(source)
    keep_job_interval(source, 600)
    assert is_complete(source)
    assert "the job is not registered in cron_jobs" in caplog.text
    assert "the job's interval is not stored in cron_jobs" in caplog.text


def test_an_endless_trigger_lets_go_of_the_write_lock(source: Path) -> None:
    migrate(source)
    execute_script(source, TRIGGER)
    with pytest.raises(SourceError), write_transaction(source) as connection:
        log_job_run(connection, RECORD)
    with closing(sqlite3.connect(source, timeout=0)) as pipeline:
        pipeline.execute("insert into sites (domain, status) values ('a.com', 'found')")
        pipeline.commit()
    assert query(source, "select count(*) from cron_job_logs") == [(0,)]
