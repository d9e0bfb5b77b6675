"""Which rows a run compares with the source: slices of three tables in turn, and small tables whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.replica.sync.audit import slices_to_audit
from engine.replica.sync.state import Identity, TableState
from engine.runs.processes.engine_process import EngineProcess
from tests.engine.replica.sync.given import Dashboard, make_db
from tests.engine.source_database import execute, store_token

ROWS, FEW_ROWS = 101, 100
OLD_ROWS = {
    "http_errors": "(status_code, occurred_at) values (404, '2026-11-20')",
    "llm_usage": "(stage, provider, model, created_at) values ('a', 'b', 'c', '2026-11-20')",
    "outreaches": "(site_id, contact_method, updated_at) values (1, 'email', '2026-11-20')",
    "site_status": "(site_id, status, created_at) values (1, 'found', '2026-11-20')",
    "sites": "(domain, updated_at) values ('a.example', '2026-11-20')",
    "system_metrics": "(cpu_percent, recorded_at) values (1.0, '2026-11-20')",
}
"""A row for each table of which a sync does not notice that an old row is edited."""
EDITS = {
    "http_errors": "status_code = 500",
    "llm_usage": "stage = 'd'",
    "outreaches": "status = 'failed'",
    "site_status": "status = 'scored'",
    "sites": "status = 'failing'",
    "system_metrics": "cpu_percent = 2.0",
}


@pytest.fixture
def dashboard(engine: EngineProcess, tmp_path: Path) -> Dashboard:
    """Return a dashboard whose first run has copied six tables that are not small, and one that is."""
    dashboard = Dashboard(engine, make_db(tmp_path))
    for table, values in OLD_ROWS.items():
        execute(dashboard.db, f"insert into {table} {values}", *[()] * ROWS)
    # A sync reads the rows with the newest stamp again, and these shall not be the ones that are edited.
    for table in ("outreaches", "sites"):
        execute(dashboard.db, f"update {table} set updated_at = '2026-11-23 20:00:00' where id = {ROWS}")
    # A sync reads the rows with the newest stamp again, and these shall not be the ones that are edited.
    for table in ("outreaches", "sites"):
        execute(dashboard.db, f"update {table} set updated_at = '2026-11-23 20:00:00' where id = {ROWS}")
    message = "(outreach_id, direction, channel) values (1, 'outbound', 'email')"
    execute(dashboard.db, f"insert into conversations {message}", *[()] * FEW_ROWS)
    assert repaired_by_a_run(dashboard) == set()
    return dashboard


def repaired_by_a_run(dashboard: Dashboard) -> set[str]:
    """Run, and return the tables that its audit repaired."""
    outcome = dashboard.compute()
    store_token(dashboard.db, outcome)
    return {table.table for table in outcome.replica if table.repaired}


def test_a_run_compares_three_tables_and_the_next_run_the_next_three(dashboard: Dashboard) -> None:
    for table, edit in EDITS.items():
        execute(dashboard.db, f"update {table} set {edit} where id = 1")
    first, second = (repaired_by_a_run(dashboard) for _ in range(2))
    assert len(first) == len(second) == 3
    assert first | second == set(EDITS)
    assert repaired_by_a_run(dashboard) == set()


def test_each_run_compares_a_table_of_up_to_a_hundred_rows(dashboard: Dashboard) -> None:
    for channel in ("sms", "form", "x"):
        execute(dashboard.db, "update conversations set channel = ? where id = 50", (channel,))
        assert repaired_by_a_run(dashboard) == {"conversations"}


@pytest.mark.parametrize(("sync_ms", "rows"), [(100.0, 2_000), (200.0, 4_000), (60_000.0, 10_000)])
def test_how_many_rows_are_compared_follows_what_the_sync_took_up_to_a_limit(
    sync_ms: float, rows: int
) -> None:
    # A row takes some 5 µs, so 2,000 rows are a tenth of 100 ms.
    tables = dict.fromkeys(EDITS, 1_000_000)
    states = {name: TableState(name, "", 0) for name in tables}
    identity = Identity("a", "b", "c", syncs=7, seen_token=None, own_token=None, sync_ms=sync_ms)
    slices = slices_to_audit(states, tables, identity)
    assert len(slices) == 3
    assert sum(each.rows for each in slices.values()) == pytest.approx(rows, abs=3)


def test_a_larger_table_has_a_larger_slice_so_that_all_are_verified_in_as_many_runs() -> None:
    tables = {"large": 3_000_000, "middling": 600_000, "small": 300_000}
    states = {name: TableState(name, "", 0) for name in tables}
    identity = Identity("a", "b", "c", syncs=0, seen_token=None, own_token=None, sync_ms=500.0)
    slices = slices_to_audit(states, tables, identity)
    turns = {round(rows / slices[name].rows) for name, rows in tables.items()}
    assert max(turns) - min(turns) <= 1
