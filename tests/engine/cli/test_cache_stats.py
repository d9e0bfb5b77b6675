"""``dashboard cache stats`` shows the analytics of the cache."""

from __future__ import annotations

import json
from datetime import datetime
from itertools import takewhile
from pathlib import Path

import pytest

import engine.cli.cache
from engine.store.reads import Cause
from engine.store.sqlite.migration import migrate
from engine.store.writes import set_entry
from tests.engine.programs import Command
from tests.engine.source_database import NOW
from tests.engine.store.given_counts import (
    CACHE,
    MEMORY,
    STALE,
    given_reads,
    given_run,
    given_writes,
    missed,
)

FUNNEL, COSTS = "pipeline/pipeline_funnel", "llm/llm_daily_costs_30d"


@pytest.fixture(autouse=True)
def _at_now(monkeypatch: pytest.MonkeyPatch) -> None:
    def now() -> datetime:
        return NOW

    monkeypatch.setattr(engine.cli.cache, "wall_clock", now)


@pytest.fixture
def db(source: Path) -> Path:
    migrate(source)
    return source


@pytest.fixture
def busy(db: Path) -> Path:
    """Return a database whose cache was read, missed, computed and run."""
    given_reads(db, FUNNEL, MEMORY, 6, microseconds=60)
    given_reads(db, FUNNEL, CACHE, 2, hours_ago=3, microseconds=900)
    given_reads(db, COSTS, STALE, 1, hours_ago=3)
    given_reads(db, COSTS, missed(Cause.NEVER), 1, hours_ago=50)
    given_writes(db, FUNNEL, 144, 12, 7_200_000, hours_ago=167)
    given_writes(db, "system/database_health", 1, 1, 2000)
    set_entry(db, FUNNEL, {"a": [1, 2]}, 15, NOW)
    given_run(db, "schedule", "success", 900, hours_ago=1)
    given_run(db, "page", "partial", 100, hours_ago=30, error="1 dataset failed")
    return db


def section(text: str, title: str) -> list[list[str]]:
    """Return the rows below a heading, each as a list of words."""
    _, _, after = text.partition(f"{title}\n")
    assert after, f"no section {title!r}"
    lines = after.splitlines()
    first = next(place for place, line in enumerate(lines) if "─" in line) + 1
    return [line.split() for line in takewhile(str.strip, lines[first:])]


def test_hits_outcomes_pages_and_misses_are_reported_in_sections(command: Command, busy: Path) -> None:
    printed = command("cache", "stats", "--db", busy).stdout
    hit_rates = section(printed, "Hit rate")
    assert hit_rates[0] == ["this", "hour", "6", "6", "100.0", "%", "100.0", "%", "0", "0", "0"]
    assert hit_rates[1][:6] == ["24", "hours", "9", "8", "88.9", "%"]
    assert hit_rates[2][:8] == ["7", "days", "10", "8", "80.0", "%", "90.0", "%"]
    outcomes = section(printed, "Reads by outcome, 7 days")
    assert [row[:3] for row in outcomes if row[1] != "0"] == [
        ["memory", "6", "60.0"],
        ["cache", "2", "20.0"],
        ["stale", "1", "10.0"],
        ["miss", "1", "10.0"],
        ["all", "10", "100.0"],
    ]
    assert [row[:2] for row in section(printed, "Reads by their page, 7 days")] == [
        ["pipeline", "8"],
        ["llm", "2"],
    ]
    assert ["never", "computed", "1", "50.0", "%"] in section(printed, "What misses come from, 7 days")
    assert section(printed, "Misses by hour of the day, 7 days (UTC)") == [
        ["17:00", "0", "1", "0", "0"],
        ["18:00", "1", "0", "0", "0"],
    ]


def test_each_entry_is_shown_with_its_worth_and_a_lifetime_that_fits(command: Command, busy: Path) -> None:
    rows = section(command("cache", "stats", "--db", busy).stdout, "What each entry is worth, 7 days")
    by_key = {row[0]: " ".join(row[1:]) for row in rows}
    assert by_key[FUNNEL].startswith("8 100.0 % 144 12 7200.00 397.84 ")
    assert by_key[FUNNEL].endswith(
        " 15 480 value changed in 12 of 144 computations, about every 14 h; read once a day"
    )
    assert by_key["system/database_health"].startswith("never read – 1 1 2.00 0.00 – 15 – ")


def test_runs_are_reported_with_their_errors_and_counted(command: Command, busy: Path) -> None:
    printed = command("cache", "stats", "--db", busy).stdout
    assert [row[2] for row in section(printed, "Recent runs")] == ["page", "schedule"]
    assert "1 dataset failed" in printed
    assert section(printed, "Runs by trigger, 7 days")[0] == ["page", "1", "1", "100.0"]
    assert "1 runs in 24 hours, 0 failed; 2 in 7 days, 1 failed" in printed


def test_a_cache_that_was_never_read_says_so(command: Command, db: Path) -> None:
    printed = command("cache", "stats", "--db", db).stdout
    assert "Nothing was read in the last 7 days." in printed
    assert "No run yet." in printed
    assert "0 entries, 0 fresh, 0 expired" in printed


def test_json_is_one_object_with_the_same_figures(command: Command, busy: Path) -> None:
    figures = json.loads(
        command("cache", "stats", "--json", "--db", busy, DASHBOARD_TIMEZONE="Australia/Adelaide").stdout
    )
    assert list(figures) == [
        "hit_rate", "outcomes", "misses", "by_page", "by_hour", "entries", "runs", "totals",
    ]  # fmt: skip
    assert {over: tally["hit_rate"] for over, tally in figures["hit_rate"].items()} == {
        "this_hour": 1.0,
        "last_24_hours": 8 / 9,
        "last_7_days": 0.8,
    }
    assert [row["outcome"] for row in figures["outcomes"]] == [
        "memory", "cache", "stale", "miss", "error", "all",
    ]  # fmt: skip
    assert figures["misses"]["by_cause"]["never computed"] == 1
    assert figures["misses"]["by_hour_of_day"][3]["expired"] == 1
    assert figures["by_page"][0]["page"] == "pipeline"
    assert (len(figures["by_hour"]), figures["by_hour"][-1]["hour"]) == (168, "2026-11-23T20:00:00Z")
    assert figures["runs"][0]["started_at"] == "2026-11-22T14:00:00Z"
    assert figures["totals"]["mean_run_ms_by_trigger"] == {"page": 100.0, "schedule": 900.0}


def test_json_has_for_each_entry_what_is_stored_and_what_it_is_worth(command: Command, busy: Path) -> None:
    figures = json.loads(command("cache", "stats", "--json", "--db", busy).stdout)
    entries = {entry["key"]: entry for entry in figures["entries"]}
    funnel, costs = entries[FUNNEL], entries[COSTS]
    assert (funnel["state"], funnel["raw_bytes"], funnel["expires_at"]) == (
        "fresh",
        11,
        "2026-11-23T20:15:00Z",
    )
    assert (funnel["computations"], funnel["changed"], funnel["saved_us"]) == (144, 12, 397_840)
    assert (funnel["lifetime_minutes"], funnel["suggested_minutes"]) == (15, 480)
    assert funnel["never_read"] is False
    assert (costs["state"], costs["raw_bytes"], costs["problem"]) == ("missing", None, None)
    assert (costs["reads"], costs["hit_rate"], costs["lifetime_minutes"]) == (2, 0.0, 60)
    assert entries["system/database_health"]["never_read"] is True
