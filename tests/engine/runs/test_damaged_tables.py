"""If somebody drops, empties or garbles the dashboard's own tables, the next run repairs them.

All cases share one source and one server's objects, so each begins with what the case before left.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.model.catalogue.datasets import catalogue
from engine.model.clock import wall_clock
from engine.model.values.fingerprint import fingerprints
from engine.runs import Runner, RunRequest, Trigger
from engine.runs.schedule import next_due
from engine.store import EntryState, SnapshotReader
from engine.store.runs import recent_runs
from engine.store.sqlite.migration import DASHBOARD_TABLES, TRIGGERS, is_complete
from tests.engine.source_database import execute, execute_script, make_source, query, settings_of

KEY, NAME = "pipeline/excluded_sites_count", "excluded_sites_count"
KEYS = tuple(dataset.key for dataset in catalogue().values())
GENERATION = "update dashboard_state set value = {} where name = 'generation'"
NEXT_TABLES = (*DASHBOARD_TABLES[1:], DASHBOARD_TABLES[0])
DAMAGE = {
    **{
        f"{emptied} is emptied and {dropped} dropped": f"delete from {emptied}; drop table {dropped}"
        for dropped, emptied in zip(DASHBOARD_TABLES, NEXT_TABLES, strict=True)
    },
    "the triggers are dropped": "; ".join(f"drop trigger {trigger}" for trigger in TRIGGERS),
    "the generation is deleted": "delete from dashboard_state where name = 'generation'",
    "the generation is lowered": GENERATION.format("1"),
    "the generation is negative": GENERATION.format("'-7'"),
    "the generation is a word": GENERATION.format("'many'"),
    "the generation is a blob": GENERATION.format("x'ff00'"),
    "the nonce is deleted": "delete from dashboard_state where name = 'generation_mark'",
    "the generations of runs are words": "update dashboard_runs set generation = 'many'",
    "all of the state is garbage": "update dashboard_state set value = x'ff00'",
    "the runs and entries are garbage": (
        "update dashboard_runs set started_at = 'soon', finished_at = x'ff';"
        " update dashboard_cache set created_at = 'soon', expires_at = x'ff'"
    ),
    "the origins and marks are garbage": (
        "update dashboard_origins set fingerprint = 7, seen_at = 'soon';"
        " update dashboard_source_marks set last_id = 'x', seen_at = 'soon'"
    ),
    "the problems and the replica's rows are garbage": (
        "insert into dashboard_problems select cache_key, x'ff', 7, 'soon' from dashboard_cache;"
        " update dashboard_replica set proved_at = 'soon', rows = 'many'"
    ),
}


@dataclass
class Server:
    """The parts of a running server that use the tables: its runner, and its entries in memory."""

    db: Path
    runner: Runner
    snapshots: SnapshotReader

    def run(self, *datasets: str) -> None:
        """Make the scheduled run; it must compute, and not take the result of an old run."""
        request = RunRequest(Trigger.SCHEDULE, wall_clock(), datasets or None)
        assert not self.runner.run(request).joined

    def states(self, *keys: str) -> set[EntryState]:
        entries = self.snapshots.read(wall_clock()).entries
        return {entries[key].state for key in keys or KEYS}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    db = make_source(tmp_path_factory.mktemp("damaged") / "sites.db")
    runner = Runner(settings_of(db))
    server = Server(db, runner, SnapshotReader(db, KEYS, 3600, expected=fingerprints("UTC")))
    server.run()
    assert server.states() == {EntryState.FRESH}
    yield server
    server.snapshots.close()
    runner.close()


@pytest.mark.parametrize("damage", DAMAGE)
def test_the_next_scheduled_run_puts_it_right(server: Server, damage: str) -> None:
    execute_script(server.db, DAMAGE[damage])
    # What pages read meanwhile comes back, whatever its state.
    server.states()
    server.run(NAME)
    assert server.states(KEY) == {EntryState.FRESH}
    assert is_complete(server.db)
    # It is noted, and has a generation of its own that pages hear of.
    latest = recent_runs(server.db, 1)[0]
    assert (latest.trigger, latest.status) == (Trigger.SCHEDULE, "success")
    ((generation,),) = query(server.db, "select value from dashboard_state where name = 'generation'")
    assert str(latest.generation) == generation


@pytest.mark.parametrize("damage", ["drop table", "delete from"])
def test_a_run_of_all_puts_every_table_right_at_once(server: Server, damage: str) -> None:
    for table in DASHBOARD_TABLES:
        execute(server.db, f"{damage} {table}")
    # A server that is started now has a run at once, one that runs has it when it is due.
    now = wall_clock()
    assert next_due(server.runner.settings, now) == now
    server.run()
    assert server.states() == {EntryState.FRESH}
    now = wall_clock()
    assert next_due(server.runner.settings, now) > now


def test_a_run_after_a_lowered_generation_is_seen_though_the_number_has_been_there(server: Server) -> None:
    """The trigger that would renew the nonce is missing, and the number is the same as before."""
    server.run(NAME)
    before = server.snapshots.read(wall_clock()).version
    assert before is not None
    execute(server.db, "drop trigger dashboard_generation_marked")
    execute(server.db, GENERATION.format(before.generation - 1))
    execute(server.db, "update dashboard_runs set generation = null")
    server.run(NAME)
    after = server.snapshots.read(wall_clock()).version
    assert after is not None
    assert after.contents != before.contents
