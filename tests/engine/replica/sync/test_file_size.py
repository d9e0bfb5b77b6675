"""The replica's file stays about as large as what it holds, and nothing keeps a deleted file open."""

from __future__ import annotations

import os
import random
from datetime import timedelta
from pathlib import Path

import pytest

from engine.runs.processes.engine_process import EngineProcess
from tests.engine.replica.sync.given import Dashboard, make_db
from tests.engine.source_database import execute
from tests.histories.image import differences

PROC = Path("/proc/self/fd")
RUNS = 5
NUMBERS = "with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < 30000)"


@pytest.fixture
def dashboard(engine: EngineProcess, tmp_path: Path) -> Dashboard:
    """Return a dashboard on a source with 30,000 rows in each of three tables."""
    db = make_db(tmp_path)
    for into in (
        "sites (domain, status, error_message, created_at, updated_at) {} select 'a.example', 'scored',"
        " 'timeout after ' || abs(random()) % 9999,"
        " datetime('2026-11-01', abs(random()) % 1600000 || ' seconds'),"
        " datetime('2026-11-01', abs(random()) % 1600000 || ' seconds')",
        "outreaches (site_id, contact_method, status, created_at, updated_at, sent_at) {} select"
        " abs(random()) % 30000, 'email', 'sent',"
        " datetime('2026-11-01', abs(random()) % 1600000 || ' seconds'),"
        " datetime('2026-11-01', abs(random()) % 1600000 || ' seconds'),"
        " datetime('2026-11-01', abs(random()) % 1600000 || ' seconds')",
        "llm_usage (site_id, stage, provider, model, prompt_tokens, estimated_cost, created_at) {} select"
        " abs(random()) % 30000, 'scoring', 'openai', 'gpt-4o', abs(random()) % 9999,"
        " abs(random()) % 99999 / 1e6, datetime('2026-11-01', abs(random()) % 1600000 || ' seconds')",
    ):
        execute(db, f"insert into {into.format(NUMBERS)} from numbers")
    return Dashboard(engine, db)


def test_many_runs_leave_the_file_under_one_and_a_half_times_its_first_size(dashboard: Dashboard) -> None:
    dashboard.run()
    first = dashboard.replica.stat().st_size
    left_by_a_kill = dashboard.replica.with_name(dashboard.replica.name + ".compact")
    left_by_a_kill.write_bytes(b"half a copy")
    rng = random.Random(1)
    sizes = []
    for _ in range(RUNS):
        stamp = f"{dashboard.at + timedelta(minutes=5):%Y-%m-%d %H:%M:%S}"
        ids = [(stamp, rng.randrange(1, 30_001)) for _ in range(20)]
        execute(dashboard.db, "update sites set status = 'enriched', updated_at = ? where id = ?", *ids)
        execute(dashboard.db, "update outreaches set status = 'delivered', updated_at = ? where id = ?", *ids)
        execute(
            dashboard.db,
            "insert into llm_usage (stage, provider, model, created_at, site_id)"
            " values ('scoring', 'openai', 'gpt-4o', ?, ?)",
            *ids,
        )
        dashboard.run()
        sizes.append(dashboard.replica.stat().st_size)
        assert not dashboard.compared_all()
    assert max(sizes) < 1.5 * first, (first, sizes)
    assert differences(dashboard.db, dashboard.replica) == []
    assert not left_by_a_kill.exists()


@pytest.mark.skipif(not PROC.is_dir(), reason="it reads /proc; run the tests on Linux")
def test_a_replica_that_is_made_again_leaves_no_handle_on_a_deleted_file(
    engine: EngineProcess, tmp_path: Path
) -> None:
    dashboard = Dashboard(engine, make_db(tmp_path))
    dashboard.run()
    for spoil in (lambda path: path.unlink(), lambda path: path.write_bytes(b"x" * 9000)):
        spoil(dashboard.replica)
        dashboard.run()
    assert engine.pid is not None
    for process in (engine.pid, os.getpid()):
        folder = Path(f"/proc/{process}/fd")
        held = [str(link.readlink()) for link in folder.iterdir() if link.is_symlink()]
        assert not [path for path in held if str(tmp_path) in path]
        assert not [path for path in held if path.endswith("duckdb (deleted)")]
