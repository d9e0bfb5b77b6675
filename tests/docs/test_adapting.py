"""The examples of ``docs/adapting.md`` fill the datasets that the page says they fill."""

from __future__ import annotations

import json
import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.model.catalogue.datasets import catalogue
from tests.docs.pages import ROOT, code_blocks, section
from tests.engine.programs import dashboard
from tests.engine.source_database import execute, execute_script

NOW = datetime(2026, 11, 23, 20, tzinfo=UTC)
AS_OF = "2026-11-23T20:00:00Z"
ALWAYS = {"database_health"}
"""What needs no table of the pipeline's."""


def _fitted(tmp_path: Path, heading: str) -> tuple[Path, set[str]]:
    """Return a database with an example's tables and views, and the datasets that it is said to fill."""
    text = section("docs/adapting.md", f"### {heading}")
    tables, views = code_blocks(text, "sql")
    db = tmp_path / "sites.db"
    execute_script(db, "pragma journal_mode = wal;" + tables)
    execute_script(db, views)
    said = re.search(r"^(?:It fills|They fill) (.*?)\.$", text, re.S | re.M)
    assert said is not None
    return db, set(re.findall(r"`(\w+)`", said[1]))


def _computed(db: Path) -> set[str]:
    """Return the datasets that a run computes; all others are unavailable for want of a table."""
    result = dashboard("precompute", "--db", db, "--now", AS_OF, cwd=db.parent)
    assert result.returncode == 0, result.stderr
    details = json.loads(result.stdout)["details"]
    computed = set(details["metrics_cached"]) | set(details["charts_cached"])
    assert computed | set(details["unavailable"]) == set(catalogue())
    assert all(" is missing" in reason for reason in details["unavailable"].values())
    return computed


def _value(db: Path, key: str) -> dict[str, list[Any]]:
    result = dashboard("cache", "show", key, "--db", db, cwd=db.parent)
    value: dict[str, list[Any]] = json.loads(result.stdout)
    return value


def test_a_log_of_llm_calls_fills_the_llm_page(tmp_path: Path) -> None:
    db, said = _fitted(tmp_path, "A log of LLM calls")
    at = int((NOW - timedelta(hours=3)).timestamp() * 1000)
    execute(
        db, "insert into completions values (?, ?, 'Chat', 'acme', ?, 100, 20, 1500)",
        (1, at, "small"), (2, at, "large"), (3, at, "large"),
    )  # fmt: skip
    assert _computed(db) == said | ALWAYS
    models = _value(db, "llm/llm_cost_by_model_30d")
    assert models["model"] == ["large", "small"]
    assert models["tokens"] == [240, 120]
    assert models["cost_usd"] == pytest.approx([0.003, 0.0015])


def test_a_staging_file_reads_the_same_log_without_a_view(tmp_path: Path) -> None:
    # What a checkout is to a user: the engine with its SQL, of which one file is another.
    checkout = tmp_path / "checkout"
    shutil.copytree(ROOT / "engine", checkout / "engine", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "sql", checkout / "sql")
    staging = section("docs/adapting.md", "## Staging files")
    (own,) = (block for block in code_blocks(staging, "sql") if "source.completions" in block)
    (checkout / "sql" / "staging" / "llm_usage.sql").write_text(own)

    tables, _ = code_blocks(section("docs/adapting.md", "### A log of LLM calls"), "sql")
    db = tmp_path / "sites.db"
    execute_script(db, "pragma journal_mode = wal;" + tables)
    at = int((NOW - timedelta(hours=3)).timestamp() * 1000)
    execute(db, "insert into completions values (1, ?, 'Chat', null, 'small', 100, 20, 1500)", (at,))
    result = dashboard(
        "precompute", "--db", db, "--now", AS_OF, cwd=checkout, env={"PYTHONPATH": str(checkout)}
    )
    assert result.returncode == 0, result.stderr
    models = _value(db, "llm/llm_cost_by_model_30d")
    assert (models["model"], models["provider"], models["cost_usd"]) == (["small"], ["unknown"], [0.0015])


def test_a_job_runners_tables_fill_the_jobs_page(tmp_path: Path) -> None:
    db, said = _fitted(tmp_path, "A job runner's tables")
    execute(db, "insert into tasks values (1, 'backup', 'Backup', 3600, 1, '2026-01-01')")
    start = NOW.timestamp()
    execute(
        db, "insert into executions values (?, 1, ?, ?, ?, ?)",
        (1, "SUCCEEDED", start - 7200, start - 7140, None),
        (2, "CRASHED", start - 3600, start - 3590, "disk full"),
        (3, "QUEUED", start - 10, None, None),
    )  # fmt: skip
    assert _computed(db) == said | ALWAYS
    jobs = _value(db, "cron/job_health")
    assert (jobs["name"], jobs["failing"], jobs["last_error"]) == (["Backup"], [True], ["disk full"])
    assert jobs["p50_duration_s"] == [60]
    schedule = _value(db, "cron/cron_job_summary")
    assert (schedule["interval_minutes"], schedule["overdue"]) == ([60], [False])


def test_an_uptime_monitors_tables_fill_the_jobs_page_and_the_errors(tmp_path: Path) -> None:
    db, said = _fitted(tmp_path, "An uptime monitor's")
    execute(db, "insert into monitors values (1, 'Shop', 'https://shop.example', 60, 0)")
    execute(
        db, "insert into heartbeats values (?, 1, ?, ?, ?, ?, ?)",
        (1, 1, 200, 2500, None, "2026-11-23 19:58:00"),
        (2, 0, 503, 40, "bad gateway", "2026-11-23 19:59:00"),
        (3, 0, None, None, "timeout", "2026-11-23 19:59:30"),
    )  # fmt: skip
    assert _computed(db) == said | ALWAYS
    jobs = _value(db, "cron/job_health")
    assert (jobs["task_key"], jobs["consecutive_failures"]) == (["https://shop.example"], [2])
    assert jobs["p50_duration_s"] == [2]
    errors = _value(db, "errors/http_errors_30d")
    assert (errors["status_code"], errors["errors"]) == (["503", "none"], [1, 1])
