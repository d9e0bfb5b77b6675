"""Many readers of a cold page, in several web processes: one run, and all of them get its result."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.store import recent_runs
from engine.store.sqlite.migration import migrate
from tests.engine.programs import read_line, send_line, start_script
from tests.engine.source_database import make_source

WEB_PROCESS = """
import asyncio, sys, time
from pathlib import Path
from dash_app.pages import PAGES
from dash_app.cache_reader import CacheReader
from dash_app.login.visitors import set_visitor
from engine.model.access import EVERYBODY
from engine.model.clock import wall_clock
from engine.runs import Runner
from engine.runs.turns.queue import RunQueue
from engine.model.setting_table.loading import load_settings

page = next(page for page in PAGES if page.name == "pipeline")

async def read(reader):
    while True:
        data = await reader.read_page(page, wall_clock())
        if all(entry.value is not None for entry in data.view.entries.values()):
            return
        await asyncio.sleep(0.002)

async def read_all(reader):
    await asyncio.gather(*(read(reader) for _ in range(50)))

if __name__ == "__main__":
    settings = load_settings({"DASHBOARD_DB": sys.argv[1]}, Path("/no/such/.env"))
    runner = Runner(settings)
    reader = CacheReader(settings, RunQueue(runner))
    set_visitor(EVERYBODY)
    print("ready", flush=True)
    sys.stdin.readline()
    asyncio.run(read_all(reader))
    print("shown", flush=True)
    sys.stdin.readline()
    while reader.queue.state.trigger is not None:
        time.sleep(0.01)
    reader.queue.close()
    runner.close()
"""


@pytest.mark.parametrize("is_migrated", [True, False])
def test_a_hundred_readers_in_two_processes_start_one_run(tmp_path: Path, is_migrated: bool) -> None:
    db = make_source(tmp_path / "sites.db")
    if is_migrated:
        migrate(db)
    processes = [start_script(WEB_PROCESS, db) for _ in range(2)]
    try:
        assert [read_line(process) for process in processes] == ["ready", "ready"]
        for process in processes:
            send_line(process)
        assert [read_line(process) for process in processes] == ["shown", "shown"]
        for process in processes:
            send_line(process)
        for process in processes:
            process.wait(60)
    finally:
        for process in processes:
            process.kill()
            process.communicate()
    assert [(run.trigger, run.status) for run in recent_runs(db, 9)] == [("read", "success")]
