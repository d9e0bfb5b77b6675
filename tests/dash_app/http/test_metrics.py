"""What Prometheus is told."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from dash_app.http.metrics import CONTENT_TYPE, metrics_text
from engine.attention.judging import Attention, Unjudged
from engine.model.catalogue.datasets import catalogue
from engine.store import ReadLog
from engine.store.reads import Outcome, ReadKind
from engine.store.writes import set_entry
from tests.dash_app.given import database
from tests.engine.source_database import NOW, current_generation, execute
from tests.engine.store.given_counts import MEMORY, STALE, given_run

FUNNEL = "pipeline/pipeline_funnel"


@pytest.fixture
def db(tmp_path: Path) -> Path:
    return database(tmp_path)


def samples(db: Path, log: ReadLog | None = None, live: int = 0) -> dict[tuple[str, ...], float]:
    """Return each sample by its name and the values of its labels, as Prometheus reads them."""
    text = metrics_text(db, log or ReadLog(), live, NOW).decode()
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_what_needs_attention_is_counted_by_how_bad_it_is(db: Path) -> None:
    found = Attention(critical=2, warning=1, unjudged=(Unjudged("bounces", "expired"),))
    text = metrics_text(db, ReadLog(), 0, NOW, attention=found).decode()
    assert 'dashboard_attention{level="critical"} 2.0' in text
    assert 'dashboard_attention{level="warning"} 1.0' in text
    assert "dashboard_attention_not_judged 1.0" in text
    assert "dashboard_attention" not in metrics_text(db, ReadLog(), 0, NOW).decode()


def test_every_metric_has_the_dashboards_prefix_and_a_line_of_help(db: Path) -> None:
    set_entry(db, FUNNEL, {"a": [1]}, 15, NOW)
    given_run(db, "schedule", "success", 900, hours_ago=1)
    families = list(text_string_to_metric_families(metrics_text(db, ReadLog(), 0, NOW).decode()))
    assert len(families) >= 12
    assert all(family.name.startswith("dashboard_") and family.documentation for family in families)
    assert CONTENT_TYPE.startswith("text/plain; version=0.0.4")


def test_reads_are_counted_by_page_key_and_outcome_since_the_process_started(db: Path) -> None:
    log = ReadLog()
    log.count({FUNNEL: MEMORY, "llm/x": MEMORY}, 70, NOW)
    log.count({FUNNEL: MEMORY}, 3000, NOW)
    log.count({FUNNEL: STALE}, 900, NOW)
    log.flush(db, NOW)
    found = samples(db, log)
    assert found["dashboard_reads_total", FUNNEL, "memory", "pipeline"] == 2
    assert found["dashboard_reads_total", FUNNEL, "stale", "pipeline"] == 1
    assert found["dashboard_reads_total", "llm/x", "memory", "llm"] == 1


def test_durations_are_a_histogram_in_seconds_by_outcome(db: Path) -> None:
    log = ReadLog()
    for microseconds in (10, 70, 3000, 20_000_000):
        log.count({FUNNEL: MEMORY}, microseconds, NOW)
    found = samples(db, log)
    name = "dashboard_read_duration_seconds"
    assert found[f"{name}_count", "memory"] == found[f"{name}_bucket", "+Inf", "memory"] == 4
    assert found[f"{name}_sum", "memory"] == pytest.approx(20.00308)
    assert [found[f"{name}_bucket", bound, "memory"] for bound in ("1.6e-05", "0.000128", "0.004096")] == [
        1, 2, 3,
    ]  # fmt: skip
    assert found[f"{name}_bucket", "8.388608", "memory"] == 3
    assert found[f"{name}_count", "error"] == 0


def test_buckets_only_ever_grow_towards_larger_bounds(db: Path) -> None:
    log = ReadLog()
    for power in range(28):
        log.count({FUNNEL: ReadKind(Outcome.CACHE)}, 1.9**power, NOW)
    text = metrics_text(db, log, 0, NOW).decode()
    counts = [
        (float(sample.labels["le"]), sample.value)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name.endswith("_bucket") and sample.labels["outcome"] == "cache"
    ]
    assert counts == sorted(counts)
    assert [count for _, count in counts] == sorted(count for _, count in counts)


def test_entries_are_told_by_state_and_each_by_age_size_and_computing_time(db: Path) -> None:
    set_entry(db, FUNNEL, {"a": ["x" * 900]}, 15, NOW - timedelta(minutes=10))
    set_entry(db, "llm/llm_daily_costs_30d", {"a": [1]}, 15, NOW - timedelta(hours=1))
    execute(db, "update dashboard_cache set compute_ms = 250 where cache_key = ?", (FUNNEL,))
    found = samples(db)
    assert found["dashboard_entries", "fresh"] == 1
    assert found["dashboard_entries", "expired"] == 1
    assert found["dashboard_entries", "missing"] == len(catalogue()) - 2
    assert found["dashboard_entry_age_seconds", FUNNEL, "pipeline"] == 600
    assert found["dashboard_entry_size_bytes", "raw", FUNNEL, "pipeline"] == 910
    assert 0 < found["dashboard_entry_size_bytes", "stored", FUNNEL, "pipeline"] < 100
    assert found["dashboard_entry_compute_seconds", FUNNEL, "pipeline"] == 0.25
    assert ("dashboard_entry_compute_seconds", "llm/llm_daily_costs_30d", "llm") not in found
    assert found["dashboard_cache_generation",] == current_generation(db)


@pytest.mark.parametrize(("status", "success"), [("success", 1), ("partial", 0), ("failed", 0)])
def test_the_latest_run_tells_when_how_long_and_whether_all_went_well(
    db: Path, status: str, success: int
) -> None:
    given_run(db, "schedule", "success", 1, hours_ago=9)
    given_run(db, "schedule", status, 1500, hours_ago=2)
    found = samples(db)
    assert found["dashboard_last_run_timestamp_seconds",] == (NOW - timedelta(hours=2)).timestamp()
    assert found["dashboard_last_run_duration_seconds",] == 1.5
    assert found["dashboard_last_run_success",] == success


def test_before_the_first_run_nothing_is_said_of_one(db: Path) -> None:
    assert not any("last_run" in name for name, *_ in samples(db))


def test_a_source_that_cannot_be_read_costs_only_what_is_known_from_it(tmp_path: Path) -> None:
    log = ReadLog()
    log.count({FUNNEL: ReadKind(Outcome.ERROR)}, 70, NOW)
    found = samples(tmp_path / "none.db", log, live=3)
    assert found["dashboard_source_readable",] == 0
    assert found["dashboard_live_connections",] == 3
    assert found["dashboard_reads_total", FUNNEL, "error", "pipeline"] == 1
    assert not any(name.startswith("dashboard_entr") for name, *_ in found)


def test_a_source_that_can_be_read_is_told_so(db: Path) -> None:
    assert samples(db)["dashboard_source_readable",] == 1
