"""``dashboard attention``: what it prints, and its exit status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.model.catalogue.datasets import catalogue
from engine.model.clock import to_iso, wall_clock
from engine.store.sqlite.migration import migrate
from engine.store.writes import set_entry
from tests.engine.attention.given import DELIVERY, HEALTH, SCHEDULE, WELL, columns_of
from tests.engine.programs import Command
from tests.engine.source_database import execute, make_source, query

BOUNCING = DELIVERY | {"bounced": 10, "bounce_rate": 0.1}
FAILING = HEALTH | {"failing": True, "consecutive_failures": 2, "last_error": "no \x1b[31mlogin"}


@pytest.fixture
def db(tmp_path: Path) -> Path:
    """A source whose stored values say that all is well."""
    db = tmp_path / "sites.db"
    execute(db, "create table sites (id integer primary key, status text)")
    migrate(db)
    fill(db)
    return db


def fill(db: Path, minutes: int = 60, **rows: dict[str, object]) -> None:
    now = wall_clock()
    recent = {"cron_job_summary": SCHEDULE | {"last_started_at": to_iso(now)}}
    for name, row in (WELL | recent | rows).items():
        set_entry(db, catalogue()[name].key, columns_of(row), minutes, now)


def test_all_clear_exits_with_0(db: Path, command: Command) -> None:
    before = query(db, "select * from dashboard_cache")
    result = command("attention", "--db", db)
    assert (result.returncode, result.stdout, result.stderr) == (0, "All clear\n", "")
    assert query(db, "select * from dashboard_cache") == before


def test_a_warning_exits_with_0_and_what_is_critical_with_1(db: Path, command: Command) -> None:
    fill(db, delivery_by_channel_30d=BOUNCING)
    result = command("attention", "--db", db)
    assert result.returncode == 0
    assert result.stdout.startswith("WARNING  Bounce rate of email is high. 10 of 100 messages")
    fill(db, delivery_by_channel_30d=BOUNCING, job_health=FAILING)
    result = command("attention", "--db", db, DASHBOARD_PUBLIC_URL="https://dash.example.org")
    assert result.returncode == 1
    critical, warning, link = result.stdout.splitlines()
    assert critical.startswith("CRITICAL Score sites is failing. 2 failed runs in a row: no [31mlogin (for ")
    assert warning.startswith("WARNING ")
    assert link == "See https://dash.example.org/"


def test_json_has_the_same_lines(db: Path, command: Command) -> None:
    fill(db, job_health=FAILING)
    result = command("attention", "--json", "--db", db)
    told = json.loads(result.stdout)
    assert (result.returncode, told["critical"], told["all_clear"]) == (1, 1, False)
    assert told["lines"][0]["rows"] == {
        "key": "cron/job_health",
        "column": "consecutive_failures",
        "cells": {"task_key": "score"},
    }


def test_an_expired_or_incomplete_cache_is_not_all_clear(db: Path, command: Command) -> None:
    execute(db, "update dashboard_cache set expires_at = '2020-01-01 00:00:00' where cache_key like 'cron/%'")
    execute(db, "delete from dashboard_cache where cache_key = 'overview/usual_today'")
    result = command("attention", "--db", db)
    assert (result.returncode, result.stdout.splitlines()) == (
        0,
        [
            "Nothing found in what could be judged",
            "Not judged: health of jobs, schedule of jobs (expired);"
            " errors and cost of today (not computed yet)",
        ],
    )


def test_a_failed_run_is_critical(db: Path, command: Command) -> None:
    execute(
        db,
        'insert into dashboard_runs ("trigger", scope, as_of, started_at, finished_at, duration_ms, datasets,'
        " entries, status, error) values ('full', 'all', ?, ?, ?, 1, 0, 0, 'failed', 'disk full')",
        ("2026-01-01 00:00:00",) * 3,
    )
    result = command("attention", "--db", db)
    assert result.returncode == 1
    assert "disk full" in result.stdout.splitlines()[0]


@pytest.mark.parametrize("arguments", [("--db", "absent.db"), ("--jsn",), ("--db", "empty.db")])
def test_an_error_exits_with_2_and_one_line(
    arguments: tuple[str, ...], tmp_path: Path, command: Command
) -> None:
    execute(tmp_path / "empty.db", "create table sites (id integer primary key)")
    migrate(tmp_path / "empty.db")
    result = command("attention", *arguments)
    assert (result.returncode, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith("dashboard: ")


@pytest.mark.parametrize("cache", ["", "sqlite://{folder}/cache.db"])
def test_before_the_first_run_it_says_what_computes(command: Command, tmp_path: Path, cache: str) -> None:
    db = make_source(tmp_path / "sites.db")
    place = cache.format(folder=tmp_path)
    result = command("attention", "--db", db, DASHBOARD_CACHE_URL=place)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == f"dashboard: {db}: nothing has been computed yet; run `dashboard precompute`\n"
    stats = command("cache", "stats", "--db", db, DASHBOARD_CACHE_URL=place)
    assert "run `dashboard migrate`" in stats.stderr
    cleared = command("cache", "clear", "--db", db, DASHBOARD_CACHE_URL=place)
    assert (cleared.returncode, cleared.stdout) == (0, "Deleted 0 entries.\n")
