"""What a run does while it holds the write lock of the source, for which the pipeline waits.

How long that takes depends on the machine. What is done does not: one transaction, a few thousand steps of
SQLite and of Python, and no wait for a disk or for another process.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from types import FrameType
from typing import Any, ClassVar

import pytest

from engine.model.clock import hour_of, to_sqlite, wall_clock
from engine.model.trigger import Trigger
from engine.model.values.fingerprint import fingerprints
from engine.runs import Runner
from engine.store.runs import RUNS_KEPT_DAYS
from engine.store.selections import MOST_STORED
from engine.store.sqlite import connections
from engine.store.sqlite.connections import CountedConnection
from engine.store.sqlite.database import write_transaction
from engine.store.writes import WRITES_KEPT_DAYS
from tests.engine.source_database import execute, make_source, query, run_request

COSTS = "llm/llm_daily_costs_30d"
OPERATIONS_A_STEP = 10
WAITING_OR_LONG = {"sleep", "wait", "acquire", "recv", "poll", "select", "fsync", "fdatasync", "compress"}


@dataclass
class Held:
    """What was done between taking the lock and the end of the commit.

    ``operations`` are those of SQLite's virtual machine, ``calls`` those of Python's and C's functions.
    """

    operations: int = 0
    calls: int = 0
    names: set[str] = field(default_factory=set)
    settings: dict[str, Any] = field(default_factory=dict)


class Watched(CountedConnection):
    """A connection that notes what is done while it has the write lock."""

    held: ClassVar[list[Held]] = []
    _now: Held | None = None

    def execute(self, sql: str, *parameters: Any) -> Any:
        found = super().execute(sql, *parameters)
        if sql == "begin immediate":
            self._begin()
        return found

    def commit(self) -> None:
        super().commit()
        self._end()

    def rollback(self) -> None:
        super().rollback()
        self._end()

    def set_progress_handler(self, *arguments: Any) -> None:
        # The time limit on the pipeline's own tables would take the place of the count.
        if self._now is None:
            super().set_progress_handler(*arguments)

    def _begin(self) -> None:
        now = Held()
        for name in ("synchronous", "wal_autocheckpoint", "cache_spill", "secure_delete"):
            now.settings[name] = super().execute(f"pragma {name}").fetchone()[0]

        def step() -> None:
            now.operations += OPERATIONS_A_STEP

        def call(frame: FrameType, event: str, argument: Any) -> None:
            if frame.f_code.co_filename != __file__:
                now.calls += event in ("call", "c_call")
                now.names.add(argument.__name__ if event == "c_call" else frame.f_code.co_name)

        super().set_progress_handler(step, OPERATIONS_A_STEP)
        self._now = now
        sys.setprofile(call)

    def _end(self) -> None:
        if self._now is not None:
            sys.setprofile(None)
            self.held.append(self._now)
            self._now = None
            super().set_progress_handler(None, 0)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> list[Held]:
    """Return what is done with the lock from now on, one each time it is taken."""
    monkeypatch.setattr(Watched, "held", [])
    monkeypatch.setattr(connections, "CountedConnection", Watched)
    return Watched.held


def held_by_a_run(runner: Runner, held: list[Held]) -> Held:
    """Run all datasets, and return what was done with the lock, which a run takes once."""
    held.clear()
    runner.run(run_request(trigger=Trigger.SCHEDULE, now=wall_clock()))
    (once,) = held
    return once


@pytest.fixture
def warm(held: list[Held], runner: Runner) -> Runner:
    """Return a runner whose first run has made tables and values, and whose quick check has ended."""
    runner.run(run_request(trigger=Trigger.SCHEDULE, now=wall_clock()))
    runner.finish_integrity_check()
    return runner


def fill_history(db: Path) -> None:
    """Add all that is kept: runs of 90 days, counts of 30, and as many selected values as there may be."""
    now = wall_clock()
    rows: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for number in range(RUNS_KEPT_DAYS * 144):
        at = to_sqlite(now - timedelta(minutes=10 * number))
        rows["dashboard_runs"].append((None, "schedule", "all", at, at, at, 500, 39, 900, "success", None, 1))
    for (key,) in query(db, "select cache_key from dashboard_cache"):
        for hours in range(1, WRITES_KEPT_DAYS * 24):
            rows["dashboard_cache_writes"].append((key, hour_of(now - timedelta(hours=hours)), 6, 3, 9000))
    print_of = fingerprints("UTC")[COSTS]
    for number in range(MOST_STORED):
        key = f"{COSTS}?range={date(2024, 1, 1) + timedelta(number % 500)}..2026-01-0{number // 500 + 1}"
        at = to_sqlite(now - timedelta(seconds=number))
        rows["dashboard_cache"].append((key, bytes(300), at, at, to_sqlite(now), 900, 30, 1.0))
        rows["dashboard_origins"].append((key, at, print_of.digest, "UTC", print_of.program, number, at))
        rows["dashboard_selections"].append((key, at))
        rows["dashboard_source_marks"].append((at, "sites", 1, at))
        rows["dashboard_run_tables"].append((number, "sites", 1, at, 0.5))
    for table, those in rows.items():
        places = ", ".join("?" * len(those[0]))
        execute(db, f"insert or ignore into {table} values ({places})", *those)


def test_a_run_takes_the_lock_once_for_work_that_is_ready(warm: Runner, held: list[Held]) -> None:
    once = held_by_a_run(warm, held)
    # This takes some 2 ms on two shared cores.
    assert once.operations < 25_000
    assert once.calls < 1_200
    assert not once.names & WAITING_OR_LONG


def test_no_commit_waits_for_the_disk_or_copies_the_log(
    warm: Runner, held: list[Held], tmp_path: Path
) -> None:
    held_by_a_run(warm, held)
    # A file that no runner keeps open.
    with write_transaction(make_source(tmp_path / "another.db")):
        pass
    assert len(held) == 2
    normal, never, off = 1, 0, 0
    for each in held:
        assert each.settings == {
            "synchronous": normal, "wal_autocheckpoint": never, "cache_spill": off, "secure_delete": off,
        }  # fmt: skip


def test_the_lock_is_held_no_longer_after_months_and_with_many_ranges_asked_for(
    warm: Runner, source: Path, held: list[Held]
) -> None:
    before = held_by_a_run(warm, held)
    fill_history(source)
    after = held_by_a_run(warm, held)
    assert query(source, "select count(*) from dashboard_selections") == [(MOST_STORED,)]
    assert after.operations < 1.5 * before.operations
    assert after.calls < 1.5 * before.calls
