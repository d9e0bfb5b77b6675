"""What happens between two rounds is what a well-behaved pipeline does."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from benchmarks.changes import GROWING_TABLES, write_changes
from engine.model.clock import to_sqlite
from tests.benchmarks.conftest import NOW
from tests.engine.source_database import query

AT = NOW + timedelta(minutes=10)
STAMP = to_sqlite(AT)
STAMPS = {
    "sites": "updated_at",
    "site_status": "created_at",
    "outreaches": "updated_at",
    "conversations": "received_at",
    "llm_usage": "created_at",
    "http_errors": "occurred_at",
    "cron_job_logs": "started_at",
    "system_metrics": "recorded_at",
}


@pytest.mark.parametrize("table", GROWING_TABLES)
def test_a_table_grows_at_its_end_with_stamps_up_to_the_change(db: Path, table: str) -> None:
    ((rows, highest),) = query(db, f"select count(*), max(id) from {table}")
    write_changes(db, AT, Random(1), new=70, changed=30)
    ((grown, lowest),) = query(db, f"select count(*), min(id) from {table} where id > {highest}")
    assert (grown, lowest) == (70, highest + 1)
    assert query(db, f"select count(*) from {table}") == [(rows + 70,)]
    stamp = f"replace(substr({STAMPS[table]}, 1, 19), 'T', ' ')"
    ((first, last),) = query(db, f"select min({stamp}), max({stamp}) from {table} where id > {highest}")
    assert to_sqlite(AT - timedelta(minutes=5)) < first <= last <= STAMP


@pytest.mark.parametrize("table", ["sites", "outreaches"])
def test_changed_rows_bear_the_instant_of_their_change_in_both_spellings(db: Path, table: str) -> None:
    ((highest,),) = query(db, f"select max(id) from {table}")
    write_changes(db, AT, Random(1), new=0, changed=30)
    newest = "replace(substr(updated_at, 1, 19), 'T', ' ')"
    rows = query(db, f"select updated_at from {table} order by {newest} desc limit 30")
    stamps = [stamp for (stamp,) in rows]
    assert {stamp[:19].replace("T", " ") for stamp in stamps} == {STAMP}
    assert {"T" in stamp for stamp in stamps} == {True, False}
    assert query(db, f"select max(id) from {table}") == [(highest,)]


def test_runs_that_one_change_begins_the_next_ends(db: Path) -> None:
    write_changes(db, AT, Random(1), new=40, changed=40)
    running = "select count(*) from cron_job_logs where finished_at is null and status = 'running'"
    ((begun,),) = query(db, running)
    assert begun >= 40
    write_changes(db, AT + timedelta(minutes=10), Random(2), new=0, changed=begun)
    assert query(db, running) == [(0,)]


def test_unread_messages_are_read(db: Path) -> None:
    unread = "select count(*) from conversations where direction = 'inbound' and read_at is null"
    ((before,),) = query(db, unread)
    assert before > 0
    write_changes(db, AT, Random(1), new=0, changed=before - 1)
    assert query(db, unread) == [(1,)]
