"""A briefly locked database costs no run; a failure that cannot be stored is known nevertheless."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from dash_app.live.notices import read_notices
from engine.model.clock import wall_clock
from engine.model.errors import DashboardError, ServerAwayError, SourceError
from engine.model.settings import Settings
from engine.model.source_file import retry
from engine.model.source_file.failures import explain_failure
from engine.model.source_file.retry import while_locked
from engine.runs import Runner, Trigger
from engine.store import recent_runs
from engine.store.freshness.run_health import unstored_failure_line
from engine.store.freshness.unstored import UnstoredFailure, UnstoredFailures
from engine.store.sqlite.migration import migrate
from tests.engine.source_database import query, run_request, settings_of

EXCLUDED = "excluded_sites_count"
LOCKED = explain_failure(Path("sites.db"), "database is locked")


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "PAUSE_SECONDS", 0.0)


class Failing:
    """An action that fails some times before it returns its result."""

    def __init__(self, times: int, error: Exception) -> None:
        self.calls = 0
        self._times, self._error = times, error

    def __call__(self) -> str:
        self.calls += 1
        if self.calls <= self._times:
            raise self._error
        return "result"


def test_what_fails_because_of_a_lock_is_tried_again() -> None:
    action = Failing(3, LOCKED)
    assert while_locked(action) == "result"
    assert action.calls == 4


def test_what_fails_for_another_reason_is_not() -> None:
    action = Failing(1, explain_failure(Path("sites.db"), "attempt to write a readonly database"))
    with pytest.raises(SourceError, match="cannot be written to"):
        while_locked(action)
    assert action.calls == 1


def test_nothing_is_tried_again_once_the_time_is_over_or_it_is_given_up() -> None:
    for action, seconds, given_up in ((Failing(9, LOCKED), 0.0, False), (Failing(9, LOCKED), 60.0, True)):
        with pytest.raises(SourceError, match="another program keeps it locked"):
            while_locked(action, seconds, lambda given_up=given_up: given_up)  # type: ignore[misc]
        assert action.calls == 1


class Clock:
    """A clock that an action lets pass."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_a_long_action_whose_connection_is_lost_is_tried_again_but_not_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock, began = Clock(), []
    monkeypatch.setattr(retry, "time", clock)

    def lose() -> None:
        began.append(clock.now)
        clock.now += 100.0
        raise ServerAwayError("the source", "the connection ended", "try again")

    with pytest.raises(ServerAwayError):
        while_locked(lose)
    assert began == [0.0, 100.0 + retry.PAUSE_SECONDS]
    began.clear()
    with pytest.raises(ServerAwayError):
        while_locked(lose, waits_for_server=False)
    assert len(began) == 1


@contextmanager
def locked(db: Path) -> Iterator[threading.Event]:
    """Keep a database locked for writing until the event is set, or the block ends."""
    is_locked, is_over = threading.Event(), threading.Event()

    def keep() -> None:
        connection = sqlite3.connect(db, isolation_level=None)
        connection.execute("begin immediate")
        is_locked.set()
        is_over.wait(60)
        connection.execute("rollback")
        connection.close()

    writer = threading.Thread(target=keep)
    writer.start()
    assert is_locked.wait(60)
    try:
        yield is_over
    finally:
        is_over.set()
        writer.join()


def test_a_run_waits_for_a_writer_that_is_longer_at_work_than_one_attempt(
    runner: Runner, source: Path
) -> None:
    migrate(source)
    with locked(source) as is_over:
        release = threading.Timer(3 * retry.ATTEMPT_SECONDS, is_over.set)
        release.start()
        summary = runner.run(run_request(EXCLUDED))
        release.join()
    assert summary.generation is not None
    assert recent_runs(source, 1)[0].status == "success"


@pytest.fixture
def hurried(source: Path) -> Settings:
    """Settings with which the next run is due at once, so that no run waits for a lock."""
    migrate(source)
    return settings_of(source, DASHBOARD_PRECOMPUTE_INTERVAL="1")


def test_a_failure_that_cannot_be_stored_is_known_until_a_run_has_been(
    hurried: Settings, runner: Runner
) -> None:
    runner.settings = hurried
    with locked(hurried.db), pytest.raises(DashboardError) as failure:
        runner.run(run_request(EXCLUDED, trigger=Trigger.SCHEDULE))
    assert str(failure.value).startswith(f"{hurried.db}: another program keeps it locked")
    assert query(hurried.db, "select count(*) from dashboard_runs") == [(0,)]
    for failures in (runner.unstored_failures, UnstoredFailures()):
        (alert,) = read_notices(hurried, {}, wall_clock(), failures).texts
        # Whoever reads the page learns which file it is, and not where.
        assert alert.endswith("failed: " + str(failure.value).replace(str(hurried.db), hurried.db.name))
        assert str(hurried.db) not in alert
    runner.settings = settings_of(hurried.db)
    runner.run(run_request(EXCLUDED))
    for failures in (runner.unstored_failures, UnstoredFailures()):
        assert failures.latest(hurried, None) is None
        assert read_notices(hurried, {}, wall_clock(), failures).texts == ()


def test_a_failure_is_known_even_if_the_database_cannot_be_read(hurried: Settings) -> None:
    failures = UnstoredFailures()
    failures.keep(hurried, UnstoredFailure(wall_clock(), "the disk is full"))
    hurried.db.unlink()
    (alert,) = read_notices(hurried, {}, wall_clock(), failures).texts
    assert alert.endswith("failed: the disk is full")


def test_a_failure_is_known_from_memory_if_the_state_folder_cannot_be_written_to(hurried: Settings) -> None:
    assert not hurried.state_dir.exists()
    failures, failure = UnstoredFailures(), UnstoredFailure(wall_clock(), "the disk is full")
    failures.keep(hurried, failure)
    assert failures.latest(hurried, None) == failure
    assert failures.latest(hurried, failure.started_at - timedelta(hours=1)) == failure


def test_a_run_of_another_process_that_was_stored_later_ends_it(hurried: Settings) -> None:
    hurried.state_dir.mkdir()
    failures, failure = UnstoredFailures(), UnstoredFailure(wall_clock(), "the disk is full")
    failures.keep(hurried, failure)
    assert failures.latest(hurried, failure.started_at + timedelta(seconds=1)) is None


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"error": "x"}', "\x00"])
def test_a_file_that_no_run_wrote_is_ignored(hurried: Settings, content: str) -> None:
    hurried.state_dir.mkdir()
    (hurried.state_dir / "sites.db.failure.json").write_text(content)
    assert UnstoredFailures().latest(hurried, None) is None


def test_the_line_names_the_time_in_the_zone_of_the_dashboard() -> None:
    failure = UnstoredFailure(run_request().now - timedelta(minutes=27), "the disk is full")
    assert unstored_failure_line(failure, run_request().now, ZoneInfo("UTC")) == (
        "The run of 19:33 failed: the disk is full"
    )
