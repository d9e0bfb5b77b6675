"""``dashboard cron`` shows the pipeline's jobs, whatever their tables hold."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.model.clock import wall_clock
from tests.engine.programs import Command, dashboard, one_line_of_failure
from tests.engine.source_database import execute, query

RUNS = (
    "insert into cron_job_logs (job_name, status, started_at, finished_at, error_message)"
    " values (?, ?, ?, ?, ?)"
)


@pytest.fixture
def jobs(source: Path) -> Path:
    """Two registered jobs, one of which has run three times, and an odd run of a third."""
    execute(
        source,
        "insert into cron_jobs (name, task_key, interval_value, interval_unit, enabled)"
        " values (?, ?, ?, ?, ?)",
        ("Score sites", "score", 2, "hours", 1),
        ("Clean up", "clean", 1, "days", 0),
    )
    execute(
        source,
        RUNS,
        ("score", "success", "2026-11-20 10:00:00", "2026-11-20 10:00:10", None),
        ("score", "failed", "2026-11-20 12:00:00", "2026-11-20 12:00:30", "line one\nline [red]two :x:"),
        ("score", "success", "2026-11-20 14:00:00", "2026-11-20 14:00:20", None),
        ("odd", b"\xff\x00", 1.5, float("inf"), b"\x01"),
    )
    return source


def test_list_shows_every_job_with_interval_last_run_and_whether_it_is_overdue(jobs: Path) -> None:
    result = dashboard("cron", "list", "--db", jobs, cwd=jobs.parent)
    assert (result.returncode, result.stderr) == (0, "")
    (line,) = [line for line in result.stdout.splitlines() if "Score sites" in line]
    for shown in ("score", "2 h", "2026-11-20T14:00:00Z", "success", "2026-11-20T16:00:00Z", "yes"):
        assert shown in line
    (line,) = [line for line in result.stdout.splitlines() if "Clean up" in line]
    assert "1 d" in line


def test_list_gives_json(computing: Command, jobs: Path) -> None:
    rows = json.loads(computing("cron", "list", "--json", "--db", jobs).stdout)
    assert [(row["task_key"], row["overdue"], row["interval_minutes"]) for row in rows] == [
        ("clean", False, 1440),
        ("score", True, 120),
    ]


def test_stats_show_success_rate_and_duration_by_job(computing: Command, jobs: Path) -> None:
    rows = json.loads(computing("cron", "stats", "--json", "--db", jobs).stdout)
    score = next(row for row in rows if row["task_key"] == "score")
    assert (score["runs"], score["success"], score["failed"]) == (3, 2, 1)
    assert score["success_rate"] == pytest.approx(2 / 3)
    assert (score["mean_duration_s"], score["max_duration_s"]) == (20, 30)
    assert {row["task_key"] for row in rows} == {"clean", "score", "odd"}
    table = computing("cron", "stats", "--db", jobs).stdout
    assert "66.7%" in table
    assert "20.0 s" in table


def test_the_state_of_a_job_has_the_words_of_its_page(computing: Command, jobs: Path) -> None:
    execute(jobs, "insert into cron_job_logs (job_name, status, started_at) values ('score', 'running', ?)",
            (f"{wall_clock():%Y-%m-%d %H:%M:%S}",))  # fmt: skip
    for command in ("list", "stats"):
        rows = json.loads(computing("cron", command, "--json", "--db", jobs).stdout)
        states = {row["task_key"]: row["state"] for row in rows}
        assert (states["score"], states["clean"]) == ("running", "disabled")


def test_logs_show_the_newest_run_first_each_on_one_line_as_it_stands(command: Command, jobs: Path) -> None:
    result = command("cron", "logs", "score", "--db", jobs)
    assert (result.returncode, result.stderr) == (0, "")
    lines = [line for line in result.stdout.splitlines() if "2026-11-20" in line]
    assert ["14:00:00" in lines[0], "12:00:00" in lines[1], "10:00:00" in lines[2]] == [True] * 3
    assert "line one line [red]two :x:" in lines[1]


def test_logs_keep_to_their_limit(command: Command, jobs: Path) -> None:
    rows = json.loads(command("cron", "logs", "score", "--limit", "1", "--json", "--db", jobs).stdout)
    assert [row["started_at"] for row in rows] == ["2026-11-20 14:00:00"]


def test_logs_show_values_of_any_kind(command: Command, jobs: Path) -> None:
    assert command("cron", "logs", "odd", "--db", jobs).returncode == 0
    (row,) = json.loads(command("cron", "logs", "odd", "--json", "--db", jobs).stdout)
    assert (row["status"], row["error"], row["finished_at"]) == ("x'ff00'", "x'01'", "inf")


def test_a_job_that_never_ran_has_an_empty_log(command: Command, jobs: Path) -> None:
    result = command("cron", "logs", "clean", "--json", "--db", jobs)
    assert (result.returncode, json.loads(result.stdout)) == (0, [])


def test_an_unknown_job_is_reported_with_the_nearest_name(command: Command, jobs: Path) -> None:
    result = command("cron", "logs", "scor", "--db", jobs)
    assert one_line_of_failure(result) == "scor: no such job; did you mean 'score'?"


@pytest.mark.parametrize("arguments", [["list"], ["stats"], ["logs", "score"]], ids=" ".join)
def test_a_missing_table_is_reported_in_one_line(
    computing: Command, source: Path, arguments: list[str]
) -> None:
    execute(source, "drop table cron_jobs")
    execute(source, "drop table cron_job_logs")
    line = one_line_of_failure(computing("cron", *arguments, "--db", source))
    assert "cron_job" in line


def test_looking_at_jobs_writes_nothing(computing: Command, jobs: Path) -> None:
    before = query(jobs, "select name, sql from sqlite_master")
    computing("cron", "list", "--db", jobs)
    assert query(jobs, "select name, sql from sqlite_master") == before
