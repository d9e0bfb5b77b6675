"""The engine process: its death costs one run, and a late message never answers another run."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from engine.model.errors import ComputeError, SourceError
from engine.model.values.results import Progress
from engine.runs import Runner, Trigger
from engine.runs.adhoc import adhoc_values, compute_adhoc
from engine.store import recent_runs
from tests.engine.held_engine import held_run
from tests.engine.source_database import dump, execute, query, run_request, settings_of

EXCLUDED = "excluded_sites_count"


def test_killed_in_mid_run_it_costs_that_run_alone(runner: Runner, source: Path) -> None:
    runner.run(run_request(EXCLUDED))
    execute(source, "insert into sites (domain, status) values ('a.com', 'excluded')")
    before = dump(source)
    with held_run(settings_of(source), run_request(EXCLUDED), before=EXCLUDED) as run:
        os.kill(run.wait_until_held(), signal.SIGKILL)
        with pytest.raises(ComputeError) as failure:
            run.result()
    assert str(failure.value).startswith("the engine process: it ended unexpectedly")
    assert "\n" not in str(failure.value)
    assert dump(source) == before
    failed = recent_runs(source, 1)[0]
    assert (failed.status, failed.generation, failed.error) == ("failed", None, str(failure.value))
    assert runner.run(run_request(EXCLUDED)).entries == 1
    assert dump(source) != before


def test_a_failed_job_run_is_logged_as_failed(source: Path) -> None:
    with held_run(settings_of(source), run_request(trigger=Trigger.SCHEDULE), before=EXCLUDED) as run:
        os.kill(run.wait_until_held(), signal.SIGKILL)
        with pytest.raises(ComputeError):
            run.result()
    ((status, message),) = query(source, "select status, error_message from cron_job_logs")
    assert status == "failed"
    assert "it ended unexpectedly" in message


def test_a_reporter_that_fails_leaves_no_answer_to_the_next_order(runner: Runner, source: Path) -> None:
    def fail(_: Progress) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        runner.run(run_request("pipeline_funnel"), fail)
    summary = runner.run(run_request(EXCLUDED))
    assert [dataset.name for dataset in summary.outcome.computed] == [EXCLUDED]


def test_one_engine_process_serves_run_after_run(runner: Runner) -> None:
    runner.run(run_request(EXCLUDED))
    first = runner.engine_pid
    runner.run(run_request(EXCLUDED))
    assert runner.engine_pid == first is not None


def test_a_source_that_cannot_be_read_is_reported_by_the_engine_process_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"nothing\.db: no such file; name the database"):
        compute_adhoc(settings_of(tmp_path / "nothing.db"), [EXCLUDED], run_request().now, lambda _: None)


def test_what_is_computed_live_is_not_stored(source: Path) -> None:
    execute(source, "insert into sites (domain, status) values ('a.com', 'excluded')")
    before = query(source, "select name from sqlite_master")
    outcome = compute_adhoc(
        settings_of(source), [EXCLUDED, "cron_job_stats"], run_request().now, lambda _: None
    )
    assert adhoc_values(outcome)[EXCLUDED] == {"excluded_sites": [1]}
    assert adhoc_values(outcome)["cron_job_stats"]["task_key"] == []
    assert query(source, "select name from sqlite_master") == before
    assert not (source.parent / ".dashboard").exists()
