"""A source that an earlier version of the dashboard has worked on is taken over without a manual step."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.model.catalogue.datasets import catalogue
from tests.engine.programs import Command
from tests.engine.source_database import execute, execute_script, query

LEFT_BY_0_1_0 = Path(__file__).parent / "version_0_1_0.sql"


@pytest.fixture
def upgraded(source: Path) -> Path:
    """Return a source with a few rows and the tables of version 0.1.0."""
    execute(source, "insert into sites (domain, status) values ('a.com', 'found')")
    execute_script(source, LEFT_BY_0_1_0.read_text(encoding="utf-8"))
    return source


def test_the_first_run_computes_every_dataset_and_keeps_the_runs_that_were_there(
    computing: Command, upgraded: Path
) -> None:
    result = computing("precompute", "--db", upgraded)
    assert (result.returncode, result.stderr) == (0, "")
    assert "failed" not in json.loads(result.stdout)["details"]
    keys = {key for (key,) in query(upgraded, "select cache_key from dashboard_cache")}
    assert keys >= {dataset.key for dataset in catalogue().values()}
    assert query(upgraded, "select status from dashboard_runs order by id") == [("success",), ("success",)]


@pytest.mark.parametrize(
    "words", [("cache", "stats"), ("cache", "show", "errors/active_errors_count"), ("check",)], ids=" ".join
)
def test_commands_answer_before_the_first_run(
    computing: Command, upgraded: Path, words: tuple[str, ...]
) -> None:
    result = computing(*words, "--db", upgraded)
    assert (result.returncode, result.stderr) == (0, "")


def test_an_entry_of_the_earlier_version_counts_as_expired(command: Command, upgraded: Path) -> None:
    execute(upgraded, "update dashboard_cache set expires_at = '2099-01-01 00:00:00'")
    printed = command("cache", "stats", "--json", "--db", upgraded).stdout
    states = {one["key"]: one["state"] for one in json.loads(printed)["entries"]}
    left = ["cron/cron_job_summary", "errors/active_errors_count", "llm/llm_usage_by_stage"]
    assert [states[key] for key in left] == ["expired"] * 3
