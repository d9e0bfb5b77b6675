"""A source that is truncated under a runner, and a limit of memory, cost runs and no value."""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.model.catalogue.datasets import catalogue
from engine.model.clock import wall_clock
from engine.model.errors import DashboardError
from engine.runs import Runner, Trigger
from engine.store import read_entries
from tests.engine.source_database import execute, make_source, query, run_request, settings_of
from tests.faults.processes import soon

EXCLUDED = "excluded_sites_count"
KEY = catalogue()[EXCLUDED].key


@pytest.fixture
def source(tmp_path: Path) -> Path:
    db = make_source(tmp_path / "sites.db")
    rows = [(f"{number}.com", "excluded", "x" * 500) for number in range(3000)]
    execute(db, "insert into sites (domain, status, error_message) values (?, ?, ?)", *rows)
    return db


@pytest.fixture
def runner(source: Path) -> Iterator[Runner]:
    made = Runner(settings_of(source))
    yield made
    made.close()


def test_a_truncated_source_is_named_and_not_written_to_and_a_sound_one_goes_on(
    source: Path, runner: Runner
) -> None:
    runner.run(run_request(EXCLUDED))
    query(source, "pragma wal_checkpoint(truncate)")
    sound = source.read_bytes()
    with source.open("r+b") as file:
        file.truncate(len(sound) // 2)
    cut = source.read_bytes()
    with pytest.raises(DashboardError, match="it is damaged") as failure:
        runner.run(run_request(trigger=Trigger.FULL))
    assert "\n" not in str(failure.value)
    assert source.read_bytes() == cut
    new = source.with_name("new.db")
    new.write_bytes(sound)
    new.replace(source)
    assert runner.run(run_request(EXCLUDED)).entries == 1
    assert query(source, "pragma integrity_check") == [("ok",)]


def test_a_limit_of_memory_costs_the_run_and_the_next_one_has_it_all(source: Path, runner: Runner) -> None:
    runner.run(run_request(EXCLUDED))
    before = read_entries(source, [KEY], wall_clock())[KEY].value
    child = runner.engine_pid
    assert child is not None
    # Less than the process has by now: it gets nothing more.
    resource.prlimit(child, resource.RLIMIT_AS, (1 << 20, 1 << 20))
    with pytest.raises(DashboardError):
        runner.run(run_request(trigger=Trigger.FULL))
    assert read_entries(source, [KEY], wall_clock())[KEY].value == before
    assert query(source, "select status from dashboard_runs order by id desc limit 1") == [("failed",)]
    # A limited process may live on, until somebody ends it; its replacement is not limited.
    if (limited := runner.engine_pid) is not None:
        os.kill(limited, signal.SIGKILL)
        soon(lambda: runner.engine_pid is None)
    assert runner.run(run_request(EXCLUDED)).entries == 1
