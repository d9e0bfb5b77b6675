"""Messages are read again until they have been read and classified, runs of jobs until they have ended.

No test here leaves it to the audit: what that repairs is a failure.
"""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest

from engine.model.catalogue.staging import readings_of, staging
from engine.replica.source import Source
from engine.replica.sync.changes import Changes
from engine.replica.sync.fetch import create_table_sql
from engine.replica.sync.open_rows import MOST_OPEN_ROWS, NEWEST_OPEN_ROWS, open_rows
from engine.replica.sync.snapshot import SyncSnapshot
from engine.replica.sync.survey import Affinity, SourceColumn, SourceTable
from engine.runs.processes.engine_process import EngineProcess
from tests.engine.replica.sync.given import Dashboard, make_db
from tests.engine.source_database import NOW, execute

MESSAGES = 400


@pytest.fixture
def dashboard(engine: EngineProcess, tmp_path: Path) -> Dashboard:
    """Return a dashboard on a source with unread and unclassified messages, and jobs that run."""
    dashboard = Dashboard(engine, make_db(tmp_path))
    add_messages(dashboard, MESSAGES)
    execute(
        dashboard.db,
        "insert into cron_job_logs (job_name, status, started_at) values ('score', 'running', '2026-11-20')",
        *[()] * MESSAGES,
    )
    assert dashboard.missed() == []
    return dashboard


def add_messages(dashboard: Dashboard, messages: int) -> None:
    execute(
        dashboard.db,
        "insert into conversations (outreach_id, direction, channel) with recursive numbers (n) as"
        " (select 1 union all select n + 1 from numbers where n < ?)"
        " select n, 'inbound', 'email' from numbers",
        (messages,),
    )


@pytest.mark.parametrize(
    "changes",
    [
        ("sentiment = 'positive'", "read_at = '2026-11-23 20:00:00'"),
        ("read_at = '2026-11-23 20:00:00'", "sentiment = 'positive'"),
        ("sentiment = 'neutral'", "sentiment = 'negative'", "sentiment = null", "sentiment = ' Positive'"),
        ("sentiment = 'it''s odd'", "sentiment = 'a' || char(0)", "sentiment = 'État'", "sentiment = 'x'"),
        ("read_at = 'soon'", "read_at = null", "read_at = '2026-11-23'", "read_at = null"),
    ],
    ids=" then ".join,
)
def test_what_happens_to_an_open_message_is_in_the_next_run(
    dashboard: Dashboard, changes: tuple[str, ...]
) -> None:
    for change in changes:
        execute(dashboard.db, f"update conversations set {change} where id > 200")
        assert dashboard.missed() == []


def test_messages_without_a_column_for_sentiments_are_followed_until_they_are_read(
    dashboard: Dashboard,
) -> None:
    execute(dashboard.db, "alter table conversations drop column sentiment")
    assert dashboard.missed() == []
    execute(dashboard.db, "update conversations set read_at = '2026-11-23' where id > 200")
    assert dashboard.missed() == []


@pytest.mark.parametrize("last", ["status = 'success'", "finished_at = '2026-11-23 20:00:00'"])
def test_a_run_of_a_job_is_followed_until_it_has_ended(dashboard: Dashboard, last: str) -> None:
    changes = {"status = 'success'", "finished_at = '2026-11-23 20:00:00'", "error_message = 'x'"}
    for change in (*sorted(changes - {last}), last):
        execute(dashboard.db, f"update cron_job_logs set {change} where id > 200")
        assert dashboard.missed() == []


def test_of_more_open_messages_than_a_sync_looks_at_the_older_ones_have_their_turn(tmp_path: Path) -> None:
    staged = staging()["conversations"]
    columns = {
        reading.source_column: SourceColumn(reading.source_column, Affinity.TEXT, is_rowid=False)
        for reading in readings_of(staged.columns)
    }
    table = SourceTable("conversations", columns, "id", "", 0, True, None, False, False)
    in_turn = MOST_OPEN_ROWS - NEWEST_OPEN_ROWS
    older = range(1, 3 * in_turn)
    with duckdb.connect() as connection:
        connection.execute(create_table_sql(staged, table))
        connection.execute(
            "insert into conversations by name select i as source_rowid, 'inbound' as direction,"
            " false as is_read, 0 as unreadable"
            f" from range(1, {older.stop + NEWEST_OPEN_ROWS}) as t(i)"
        )
        snapshot = SyncSnapshot(Source(connection, tmp_path), Changes(connection), NOW, None)
        looked_at: list[int] = []
        below = None
        for _ in range(3):
            (condition,), below = open_rows(snapshot, staged, table, below)
            ids = [int(number) for number in re.findall(r"\d+", condition.partition(")")[0])]
            assert len(ids) <= MOST_OPEN_ROWS
            assert ids[-NEWEST_OPEN_ROWS:] == list(range(older.stop, older.stop + NEWEST_OPEN_ROWS))
            looked_at += ids[:-NEWEST_OPEN_ROWS]
    assert below is None
    assert sorted(looked_at) == list(older)
