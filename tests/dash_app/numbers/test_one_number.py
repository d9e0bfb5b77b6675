"""One notion has one number, on whichever page it stands; comparisons are of equal windows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dash_app.formatters.kpi import Kpi
from engine.model.clock import to_sqlite
from engine.runs.processes.engine_process import EngineProcess
from tests.dash_app.numbers.walk import by_measure, computed, numbers_of
from tests.engine.source_database import execute, make_source
from tests.hostile import HOSTILE_MOMENTS, make_hostile_database

NOW = datetime(2026, 11, 25, 19, 5, tzinfo=UTC)
SENT = "insert into outreaches (site_id, contact_method, status, sent_at) values (1, 'email', 'sent', ?)"
REPLY = (
    "insert into conversations (outreach_id, direction, channel, received_at)"
    " values (?, 'inbound', 'email', ?)"
)
RUN = "insert into cron_job_logs (job_name, status, started_at, finished_at) values (?, ?, ?, ?)"
JOB = (
    "insert into cron_jobs (name, task_key, interval_value, interval_unit, created_at) values (?, ?, ?, ?, ?)"
)
ENTRY = "insert into site_status (site_id, status, created_at) values (1, 'found', ?)"
REQUEST = "insert into http_errors (status_code, occurred_at) values (500, ?)"
CALL = (
    "insert into llm_usage (stage, provider, model, estimated_cost, created_at)"
    " values ('scoring', 'a', 'b', 0.25, ?)"
)
COSTS = ("unit_economics_30d", "cost_by_outcome_30d", "llm_cost_by_model_30d", "llm_cost_by_stage_30d")


def windows(folder: Path) -> Path:
    """Return a source in which whole hours and days give other numbers than two windows that end now."""
    db = make_source(folder / "sites.db")
    sent = (
        ["2026-11-24 19:30:00"] * 10
        + ["2026-11-25 17:00:00"]
        + ["2026-11-23 19:30:00"] * 10
        + ["2026-11-24 19:30:00"] * 5
        + ["2026-11-05 10:00:00"] * 5
    )
    execute(db, SENT, *[(at,) for at in sent])
    execute(db, REPLY, *[(row + 1, at) for row, at in enumerate(sent) if row < 21 or row >= 26])
    execute(db, JOB, ("Inbox", "inbox", 10, "minutes", "2026-11-01 00:00:00"))
    execute(
        db,
        RUN,
        ("inbox", "failed", "2026-11-25 18:50:00", "2026-11-25 18:51:00"),
        ("inbox", "running", "2026-11-25 19:04:00", None),
    )
    return db


def stats_of(numbers: list[tuple[str, Kpi]], measure: str) -> dict[str, Kpi]:
    return {page: stat for page, stat in numbers if stat.measure == measure}


def test_a_day_is_compared_with_the_day_before_on_every_card(engine: EngineProcess, tmp_path: Path) -> None:
    numbers = numbers_of(computed(engine, windows(tmp_path), NOW), NOW)
    sent, replies = stats_of(numbers, "outreaches_sent_24h"), stats_of(numbers, "replies_24h")
    assert sent.keys() == {"outreach"}
    assert replies.keys() == {"outreach", "conversations"}
    assert {(stat.value, stat.hint) for stat in sent.values()} == {("16", "+60% vs prior 24 h (10)")}
    assert {(stat.value, stat.hint) for stat in replies.values()} == {("11", "+10% vs prior 24 h (10)")}


def test_a_job_that_runs_again_after_a_failure_is_failing_on_every_page(
    engine: EngineProcess, tmp_path: Path
) -> None:
    numbers = numbers_of(computed(engine, windows(tmp_path), NOW), NOW)
    failing = stats_of(numbers, "failing_jobs")
    assert failing.keys() == {"errors", "cron"}
    assert {stat.value for stat in failing.values()} == {"1"}


@pytest.mark.parametrize("source", ["windows", "empty", "hostile", "hostile in another zone"])
def test_numbers_that_mean_the_same_are_the_same_on_all_pages(
    engine: EngineProcess, tmp_path: Path, source: str
) -> None:
    now, zone = NOW, "UTC"
    if source == "windows":
        db = windows(tmp_path)
    elif source == "empty":
        db = make_source(tmp_path / "sites.db")
    else:
        db = tmp_path / "sites.db"
        now, zone = HOSTILE_MOMENTS[2 if source == "hostile" else 4]
        make_hostile_database(db, 11, now, time_zone=zone)
    values = computed(engine, db, now, zone)
    numbers = by_measure(numbers_of(values, now, zone))
    assert {measure: texts for measure, texts in numbers.items() if len(texts) > 1} == {}
    assert {"failing_jobs", "replies_24h", "outreaches_sent_24h", "llm_cost_usd_30d"} <= set(numbers)

    def column(dataset: str, name: str) -> float:
        return sum(value or 0 for value in values[dataset][name])

    columns = values["activity_rolling"]
    windows_of = zip(columns["measure"], columns["window_hours"], strict=True)
    rolling = dict(zip(windows_of, columns["current"], strict=True))
    assert rolling["replies", 24] == column("conversation_stats", "inbound_24h")
    assert rolling["sites_found", 24] == values["daily_throughput"]["last_24h"][0]
    assert values["stage_flow"]["entered_24h"] == values["daily_throughput"]["last_24h"]
    assert values["stage_flow"]["sites"] == values["pipeline_funnel"]["sites"]
    assert values["pipeline_losses"]["in_it"] == values["pipeline_funnel"]["sites"]
    assert column("job_health", "failing") == column("active_errors_count", "failed_jobs")
    assert column("delivery_by_channel_30d", "sent") == column("unit_economics_30d", "outreaches_sent")
    cost = column("llm_daily_costs_30d", "cost_usd")
    for other in (
        "unit_economics_30d",
        "cost_by_outcome_30d",
        "llm_cost_by_model_30d",
        "llm_cost_by_stage_30d",
    ):
        assert column(other, "cost_usd") == pytest.approx(cost), other


@pytest.mark.parametrize(
    ("now", "zone"),
    [
        (datetime(2026, 11, 25, 0, 0, 1, tzinfo=UTC), "UTC"),
        (datetime(2026, 11, 25, 12, 31, 17, tzinfo=UTC), "Australia/Adelaide"),
        (datetime(2026, 11, 1, 5, 59, 59, tzinfo=UTC), "America/New_York"),
        (datetime(2026, 4, 4, 15, 17, tzinfo=UTC), "Australia/Lord_Howe"),
    ],
)
def test_a_steady_flow_shows_no_change_at_any_minute_in_any_zone(
    engine: EngineProcess, tmp_path: Path, now: datetime, zone: str
) -> None:
    db = make_source(tmp_path / "sites.db")
    # A row every half hour over 15 days, the last one 7 seconds ago.
    stamps = [to_sqlite(now - timedelta(seconds=7, minutes=30 * step)) for step in range(15 * 48)]
    for sql in (SENT, ENTRY, REQUEST, CALL):
        execute(db, sql, *[(stamp,) for stamp in stamps])
    execute(db, REPLY, *[(row + 1, stamp) for row, stamp in enumerate(stamps)])
    execute(db, RUN, *[("job", "failed", stamp, stamp) for stamp in stamps])
    compared = [
        stat
        for _, stat in numbers_of(computed(engine, db, now, zone), now, zone)
        if "prior" in stat.hint and not stat.measure.startswith("positive")
    ]
    assert len(compared) > 15
    assert {stat.hint.split(" vs ")[0] for stat in compared} == {"±0%"}
