"""Time limits: a hung engine process costs one run, a slow dataset only its value, a quick check nothing."""

from __future__ import annotations

import os
import signal
import sqlite3
from contextlib import closing
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from engine.model.catalogue.datasets import catalogue
from engine.model.clock import wall_clock
from engine.model.errors import ComputeError
from engine.runs import Runner, Trigger
from engine.runs.processes import quick_check as quick_checks
from engine.runs.processes.quick_check import quick_check
from engine.runs.processes.watchdog import Watchdog
from engine.store import read_entries, recent_runs
from engine.store.quick_check import last_check_at
from engine.store.sqlite.database import open_database
from engine.store.sqlite.migration import migrate
from tests.engine.held_engine import held_run, slow_engine
from tests.engine.source_database import execute, query, run_request, settings_of

EXCLUDED, FUNNEL, HEALTH = "excluded_sites_count", "pipeline_funnel", "database_health"


# Longer than any step takes beside a busy core.
LIMIT = "5"


def test_a_run_without_progress_is_ended_as_failed_and_the_next_has_another_process(
    source: Path,
) -> None:
    settings = settings_of(source, DASHBOARD_RUN_TIMEOUT=LIMIT)
    with held_run(settings, run_request(EXCLUDED, FUNNEL), before=FUNNEL) as run:
        pid = run.wait_until_held()
        os.kill(pid, signal.SIGSTOP)
        with pytest.raises(ComputeError) as failure:
            run.result()
        assert not Path(f"/proc/{pid}").exists()
        assert run.runner.run(run_request(EXCLUDED)).entries == 1
        assert run.runner.engine_pid not in (None, pid)
    assert str(failure.value) == (
        f"the engine process: it made no progress for {LIMIT} s ({FUNNEL}) and was ended;"
        f" check the disk of {source}; if that is only slow, raise DASHBOARD_RUN_TIMEOUT"
    )
    next_run, failed = recent_runs(source, 2)
    assert (failed.status, failed.error) == ("failed", str(failure.value))
    assert next_run.status == "success"


class KilledOrNot:
    """Stands in for a process: records only whether it was killed."""

    def __init__(self) -> None:
        self.kills = 0

    def kill(self) -> None:
        self.kills += 1


def test_a_process_that_reports_is_never_killed_however_long_it_takes() -> None:
    process = KilledOrNot()
    watchdog = Watchdog(process, limit_seconds=120, first_limit_seconds=120)  # type: ignore[arg-type]
    for _ in range(1000):
        watchdog.pass_seconds(119)
        assert watchdog.receive(lambda: "copying") == "copying"
    assert process.kills == 0
    watchdog.pass_seconds(119)
    assert process.kills == 0
    watchdog.pass_seconds(1)
    assert process.kills == 1
    assert watchdog.has_killed


def test_a_process_that_starts_has_more_time_until_its_first_message() -> None:
    process = KilledOrNot()
    watchdog = Watchdog(process, limit_seconds=1, first_limit_seconds=60)  # type: ignore[arg-type]
    watchdog.pass_seconds(59)
    assert process.kills == 0
    watchdog.receive(lambda: "starting")
    watchdog.pass_seconds(1)
    assert process.kills == 1


def test_a_dataset_without_end_fails_alone_and_says_why(source: Path) -> None:
    runner = Runner(settings_of(source, DASHBOARD_QUERY_TIMEOUT="2"), slow_engine(FUNNEL))
    try:
        summary = runner.run(run_request(EXCLUDED, FUNNEL, HEALTH))
        assert [dataset.name for dataset in summary.outcome.computed] == [EXCLUDED, HEALTH]
        (problem,) = summary.outcome.problems
        assert problem.reason == (
            f"{catalogue()[FUNNEL].path}: it took longer than 2 s and was stopped;"
            " make its SQL faster, or raise DASHBOARD_QUERY_TIMEOUT"
        )
        assert recent_runs(source, 1)[0].status == "partial"
    finally:
        runner.close()


def test_a_slow_dataset_never_costs_the_run_whatever_the_settings() -> None:
    limits = settings_of(Path("sites.db"), DASHBOARD_RUN_TIMEOUT="8").run_limits
    assert (limits.without_progress_seconds, limits.dataset_seconds) == (8, 6)
    limits = settings_of(Path("sites.db")).run_limits
    assert (limits.without_progress_seconds, limits.dataset_seconds) == (120, 30)


def _send_nothing(pipe: Connection, **_: object) -> None:
    """Stand in for a quick check of a file that is too large."""
    pipe.recv()


@pytest.fixture
def endless_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quick_checks, "send_integrity", _send_nothing)


@pytest.mark.usefixtures("endless_check")
def test_a_quick_check_that_takes_too_long_is_ended_and_found_nothing(source: Path) -> None:
    assert quick_check(source, wall_clock(), limit_seconds=0.2) is None


@pytest.mark.usefixtures("endless_check")
def test_no_run_waits_for_the_quick_check_and_its_end_fails_none(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate(source)
    execute(source, "delete from dashboard_state where name like 'integrity%'")
    runner = Runner(settings_of(source))
    try:
        runner.run(run_request(trigger=Trigger.FULL))
        assert recent_runs(source, 1)[0].status == "success"
        assert runner.run(run_request(EXCLUDED)).entries == 1
    finally:
        runner.close()
    with open_database(source) as connection:
        assert last_check_at(connection) is None


def test_a_check_that_was_ended_is_not_tried_again_with_every_run(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate(source)
    execute(source, "delete from dashboard_state where name like 'integrity%'")
    begun: list[Path] = []

    def ended(db: Path, *_: object) -> None:
        begun.append(db)

    monkeypatch.setattr(quick_checks, "quick_check", ended)
    runner = Runner(settings_of(source))
    try:
        for _ in range(2):
            runner.run(run_request(trigger=Trigger.SCHEDULE))
            runner.finish_integrity_check()
    finally:
        runner.close()
    assert begun == [source]
    assert query(source, "select value from dashboard_state where name = 'integrity'") == []


def test_damage_is_found_by_the_quick_check_and_shown(source: Path, runner: Runner) -> None:
    runner.run(run_request(trigger=Trigger.FULL))
    runner.finish_integrity_check()
    assert shown_integrity(source) == "ok"
    with closing(sqlite3.connect(source)) as connection:
        connection.executescript(
            "create table own (a integer); insert into own values (null); pragma writable_schema = on;"
            " update sqlite_master set sql = 'create table own (a integer not null)' where name = 'own';"
        )
    runner.run(run_request(trigger=Trigger.FULL))
    runner.finish_integrity_check()
    assert shown_integrity(source) == "NULL value in own.a"


def shown_integrity(db: Path) -> Any:
    key = catalogue()[HEALTH].key
    value = read_entries(db, [key], wall_clock())[key].value
    assert isinstance(value, dict)
    return value["integrity"][0]
