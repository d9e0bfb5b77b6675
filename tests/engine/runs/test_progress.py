"""The progress of a run under way, as other processes see it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from engine.model.clock import wall_clock
from engine.model.settings import Settings
from engine.model.values.results import COMPUTING, Progress
from engine.runs import Runner, RunProgress, Trigger, read_progress
from engine.runs.health import progress as progress_module
from engine.runs.health.progress import STALE_AFTER, shared_progress
from tests.engine.programs import read_line, send_line, start_script
from tests.engine.runs.test_one_at_a_time import EXCLUDED, PAUSED_RUN
from tests.engine.source_database import run_request, settings_of


def nothing(_: Progress) -> None:
    return None


def soon(found: Callable[[], RunProgress | None]) -> RunProgress:
    """Return the progress that appears within a while."""
    deadline = time.monotonic() + 60
    while (seen := found()) is None:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return seen


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = settings_of(tmp_path / "sites.db")
    settings.state_dir.mkdir()
    return settings


def test_other_processes_see_what_a_run_does_and_nothing_once_it_has_ended(source: Path) -> None:
    settings = settings_of(source)
    process = start_script(PAUSED_RUN, source, EXCLUDED)
    try:
        assert read_line(process).isdigit()

        def past_its_start() -> RunProgress | None:
            progress = read_progress(settings, wall_clock())
            return progress if progress and progress.total else None

        progress = soon(past_its_start)
        assert progress.trigger == "page"
        assert 0 <= progress.done <= progress.total
        assert abs(progress.started_at - wall_clock()) < timedelta(minutes=1)
        send_line(process)
        assert read_line(process) == "ended"
    finally:
        process.kill()
        process.communicate()
    assert read_progress(settings, wall_clock()) is None
    assert list(settings.state_dir.glob("*progress*")) == []


def test_a_process_that_died_in_a_run_is_soon_no_run_under_way(source: Path, runner: Runner) -> None:
    settings = settings_of(source)
    process = start_script(PAUSED_RUN, source, EXCLUDED)
    try:
        assert read_line(process).isdigit()
        soon(lambda: read_progress(settings, wall_clock()))
    finally:
        process.kill()
        process.communicate()
    assert len(list(settings.state_dir.glob("*progress.json"))) == 1
    assert read_progress(settings, wall_clock() + STALE_AFTER) is None
    runner.run(run_request(EXCLUDED))
    assert list(settings.state_dir.glob("*progress*")) == [], "the next run clears it away"


def test_the_last_progress_is_seen_however_fast_others_came_before_it(settings: Settings) -> None:
    reported: list[Progress] = []
    with shared_progress(settings, Trigger.FULL, wall_clock(), reported.append) as share:
        for done in range(1000):
            share(Progress(done, 1000, f"step {done}"))

        def at_the_last() -> RunProgress | None:
            progress = read_progress(settings, wall_clock())
            return progress if progress and progress.step == "step 999" else None

        assert soon(at_the_last).done == 999
    assert len(reported) == 1000


def test_a_run_that_stays_at_one_step_remains_under_way(settings: Settings) -> None:
    path = settings.state_dir / "sites.db.progress.json"
    with shared_progress(settings, Trigger.FULL, wall_clock(), nothing) as share:
        share(Progress(1, 9, "a long one"))
        soon(lambda: read_progress(settings, wall_clock()))
        first = json.loads(path.read_text())["renewed_at"]
        deadline = time.monotonic() + 60
        while json.loads(path.read_text())["renewed_at"] == first:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_the_pace_is_that_of_the_part_under_way(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr("engine.runs.health.progress.time.monotonic", lambda: clock[0])
    sharing = progress_module._Sharing(settings.state_dir / "x", Trigger.FULL, wall_clock())

    def seconds_after(progress: Progress) -> float:
        sharing.note(progress)
        sharing._write(progress)
        return float(json.loads((settings.state_dir / "x").read_text())["part_seconds"])

    sharing.note(Progress(0, 1000, "reading"))
    clock[0] += 40
    assert seconds_after(Progress(250, 1000, "copying", part_done=5_000, part_total=10_000)) == 40
    assert seconds_after(Progress(0, 1000, "comparing", part_done=0, part_total=10_000)) == 0, (
        "it begins again"
    )
    clock[0] += 5
    assert seconds_after(Progress(500, 1000, "x", part=COMPUTING, part_done=0, part_total=12)) == 0
    clock[0] += 3
    assert seconds_after(Progress(600, 1000, "y", part=COMPUTING, part_done=6, part_total=12)) == 3


def test_a_run_that_is_over_within_a_moment_writes_nothing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress_module, "WRITE_INTERVAL_SECONDS", 3600.0)
    with shared_progress(settings, Trigger.FULL, wall_clock(), nothing) as share:
        share(Progress(1, 9, "a short one"))
        assert list(settings.state_dir.iterdir()) == []


def test_a_folder_that_cannot_be_written_costs_nothing_but_the_sight_of_it(settings: Settings) -> None:
    settings.state_dir.rmdir()
    with shared_progress(settings, Trigger.FULL, wall_clock(), nothing) as share:
        share(Progress(1, 9, "unseen"))
        time.sleep(0.3)
        assert read_progress(settings, wall_clock()) is None


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"trigger": "full"}', '"x"', "\x00"])
def test_a_file_that_no_run_wrote_is_ignored(settings: Settings, content: str) -> None:
    (settings.state_dir / "sites.db.progress.json").write_text(content)
    assert read_progress(settings, wall_clock()) is None


def test_the_progress_of_another_database_is_not_shown(settings: Settings) -> None:
    other = settings_of(settings.db.with_name("other.db"))
    with shared_progress(settings, Trigger.FULL, wall_clock(), nothing) as share:
        share(Progress(1, 9, "copying"))
        soon(lambda: read_progress(settings, wall_clock()))
        assert read_progress(other, wall_clock()) is None
