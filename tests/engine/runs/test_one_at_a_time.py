"""Runs of several processes come one at a time, and a request that waited takes a result that covers it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from subprocess import Popen

import pytest

from engine.model.catalogue.datasets import catalogue
from engine.model.clock import wall_clock
from engine.model.errors import ComputeError
from engine.model.values.results import Progress
from engine.runs import Runner, RunRequest, RunSummary, Trigger
from engine.store import read_entries, recent_runs
from engine.store.entries import as_catalogued
from engine.store.runs import latest_run_id
from engine.store.writes import set_entry
from tests.engine.programs import read_line, send_line, start_script
from tests.engine.source_database import execute, query, run_request, settings_of

EXCLUDED = "excluded_sites_count"

PAUSED_RUN = """
import sys
from pathlib import Path
from engine.model.clock import wall_clock
from engine.runs import Runner, RunRequest, Trigger
from engine.model.setting_table.loading import load_settings

def pause(progress):
    if progress.done == 0:
        print(runner.engine_pid, flush=True)
        sys.stdin.readline()

if __name__ == "__main__":
    runner = Runner(load_settings({"DASHBOARD_DB": sys.argv[1]}, Path("/no/such/.env")))
    datasets = tuple(sys.argv[2:]) or None
    runner.run(RunRequest(Trigger.PAGE, wall_clock(), datasets), pause)
    print("ended", flush=True)
    runner.close()
"""


has_asked = threading.Event()


@pytest.fixture(autouse=True)
def asking_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set ``has_asked`` once a run of this process waits; runs stored after that may answer it."""

    def note(db: Path) -> int:
        latest = latest_run_id(db)
        has_asked.set()
        return latest

    monkeypatch.setattr("engine.runs.runner.latest_run_id", note)


class Waiting:
    """A run in a thread that has been requested; ``began`` is set once it computes and no longer waits."""

    def __init__(self, runner: Runner, request: RunRequest) -> None:
        has_asked.clear()
        self.began = threading.Event()
        self.summary: RunSummary | None = None
        self._thread = threading.Thread(target=self._run, args=(runner, request))
        self._thread.start()
        assert has_asked.wait(60)

    def _run(self, runner: Runner, request: RunRequest) -> None:
        self.summary = runner.run(request, self._note)

    def _note(self, _: Progress) -> None:
        self.began.set()

    def is_kept_waiting(self) -> bool:
        return not self.began.wait(0.5) and self._thread.is_alive()

    def result(self) -> RunSummary:
        self._thread.join(60)
        assert self.summary is not None
        return self.summary


@pytest.fixture
def other(source: Path) -> Iterator[Popen[str]]:
    """Another process in the middle of a run of two datasets, which ends when it is sent a line."""
    process = start_script(PAUSED_RUN, source, EXCLUDED, "pipeline_funnel")
    try:
        assert read_line(process).isdigit()
        yield process
    finally:
        process.kill()
        process.communicate()


def test_who_waited_takes_the_result_of_the_run_he_waited_for(
    runner: Runner, source: Path, other: Popen[str]
) -> None:
    waiting = Waiting(runner, RunRequest(Trigger.PAGE, wall_clock(), (EXCLUDED,)))
    assert waiting.is_kept_waiting()
    send_line(other)
    summary = waiting.result()
    assert summary.joined
    assert not waiting.began.is_set()
    (row,) = recent_runs(source, 5)
    assert summary.generation == row.generation


def test_who_wants_more_than_that_run_covers_runs_after_it(
    runner: Runner, source: Path, other: Popen[str]
) -> None:
    waiting = Waiting(runner, RunRequest(Trigger.PAGE, wall_clock(), (EXCLUDED, "daily_throughput")))
    assert waiting.is_kept_waiting()
    send_line(other)
    assert not waiting.result().joined
    assert len(recent_runs(source, 5)) == 2


def test_a_run_at_an_instant_of_its_own_is_never_taken_from_another(
    runner: Runner, source: Path, other: Popen[str]
) -> None:
    now = wall_clock() - timedelta(days=3)
    waiting = Waiting(runner, RunRequest(Trigger.COMMAND, now, (EXCLUDED,), reproduce=True))
    assert waiting.is_kept_waiting()
    send_line(other)
    assert not waiting.result().joined
    assert recent_runs(source, 1)[0].as_of == now


def test_the_lock_of_a_runner_that_was_killed_is_free(
    runner: Runner, source: Path, other: Popen[str]
) -> None:
    waiting = Waiting(runner, RunRequest(Trigger.PAGE, wall_clock(), (EXCLUDED,)))
    assert waiting.is_kept_waiting()
    other.kill()
    assert not waiting.result().joined
    assert len(recent_runs(source, 5)) == 1


def test_two_threads_that_want_the_same_share_one_run(runner: Runner, source: Path) -> None:
    request = RunRequest(Trigger.READ, wall_clock(), (EXCLUDED,))
    first_computes, go_on = threading.Event(), threading.Event()

    def pause(_: Progress) -> None:
        first_computes.set()
        go_on.wait(30)

    first = threading.Thread(target=runner.run, args=(request, pause))
    first.start()
    assert first_computes.wait(30)
    second = Waiting(runner, request)
    assert second.is_kept_waiting()
    go_on.set()
    first.join(30)
    assert second.result().joined
    assert len(recent_runs(source, 5)) == 1


def test_one_who_comes_after_a_run_has_ended_runs_again(runner: Runner, source: Path) -> None:
    request = RunRequest(Trigger.PAGE, wall_clock(), (EXCLUDED,))
    runner.run(request)
    execute(source, "insert into sites (domain, status) values ('a.com', 'excluded')")
    assert not runner.run(request).joined
    assert query(source, "select count(*) from dashboard_runs") == [(2,)]


def test_a_reader_whose_want_was_met_before_he_asked_starts_no_run(runner: Runner, source: Path) -> None:
    runner.run(run_request(EXCLUDED, now=wall_clock()))
    summary = runner.run(RunRequest(Trigger.READ, wall_clock(), (EXCLUDED,)))
    assert summary.joined
    assert len(recent_runs(source, 5)) == 1


def test_a_reader_wants_what_was_stored_in_another_shape_computed(runner: Runner, source: Path) -> None:
    set_entry(source, catalogue()[EXCLUDED].key, {"excluded": [1]}, 15, wall_clock())
    assert not runner.run(RunRequest(Trigger.READ, wall_clock(), (EXCLUDED,))).joined
    assert not due(source, EXCLUDED)


def test_a_reader_finds_what_was_stored_by_hand_if_no_run_has_ever_been(runner: Runner, source: Path) -> None:
    set_entry(source, catalogue()[EXCLUDED].key, {"excluded_sites": [1]}, 15, wall_clock())
    assert runner.run(RunRequest(Trigger.READ, wall_clock(), (EXCLUDED,))).joined
    assert recent_runs(source, 5) == ()


def due(db: Path, name: str) -> bool:
    key = catalogue()[name].key
    return as_catalogued(read_entries(db, [key], wall_clock())[key]).due


def test_a_run_that_waits_for_the_lock_of_another_process_ends_with_its_runner(
    source: Path, other: Popen[str]
) -> None:
    waiting = Runner(settings_of(source))
    failures: list[str] = []

    def wait() -> None:
        try:
            waiting.run(RunRequest(Trigger.SCHEDULE, wall_clock()))
        except ComputeError as error:
            failures.append(str(error))

    thread = threading.Thread(target=wait)
    thread.start()
    thread.join(1)
    assert thread.is_alive()
    waiting.close()
    thread.join(20)
    assert not thread.is_alive()
    assert failures == ["the run: the dashboard is being ended; start it again"]
